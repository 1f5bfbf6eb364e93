//! Implementations that others verify: the real cargo-stylus, at the paths of its container, builds what the command line
//! deployed on a chain that counts as a public one.

use crate::prelude::*;
use std::fs;

use stylus_chain::ChainConfig;
use stylus_devnode::NodeHandle;
use stylus_upgrades_tests::snapshot;
use stylus_upgrades_tests::tools::figures::tools;

use crate::command::{command, key_file};
use crate::tools::installed;

/// The version that explorers run.
const VERSION: &str = "0.10.10";
/// Arbitrum Sepolia's id: no local chain's.
const PUBLIC: u64 = 421_614;

/// The folder of cargo-stylus.
pub(crate) fn tool() -> PathBuf {
    installed("cargo-stylus", VERSION, "cargo-stylus")
}

/// A new project in a repository of git, and two chains: a public one and a local one.
struct Project {
    folder: tempfile::TempDir,
    public: NodeHandle,
    local: NodeHandle,
}

fn chain(chain_id: u64) -> NodeHandle {
    let chain = ChainConfig {
        chain_id,
        ..ChainConfig::default()
    };
    spawn(NodeConfig {
        chain,
        ..NodeConfig::default()
    })
    .expect("a free port")
}

impl Project {
    fn new() -> Self {
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
            public: chain(PUBLIC),
            local: chain(ChainConfig::default().chain_id),
        };
        let signer = &project.public.accounts().mnemonic()[0];
        key_file(&project.folder.path().join("key"), signer);
        let made = command(project.folder.path(), "new note").output();
        assert!(made.expect("it starts").status.success());
        let manifest = format!("[aliases]\nAdmin = \"{}\"\n", signer.address());
        fs::write(project.path("stylus-upgrades.toml"), manifest).expect("written");
        project.git("init --quiet");
        project.commit();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("note").join(name)
    }

    fn git(&self, words: &str) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        let status = git.args(words.list()).current_dir(self.path("")).status();
        assert!(status.expect("git").success(), "{words}");
    }

    fn commit(&self) {
        self.git("add --all");
        self.git("commit --quiet -m x");
    }

    fn on(&self, node: &NodeHandle, words: &str) -> Answer {
        let endpoint = node.endpoint();
        let words = format!("{words} --json --private-key-path ../key --rpc-url {endpoint}");
        Answer::of(command(&self.path(""), &words))
    }

    /// What `cargo stylus verify` says of a deployment, where the project is at `/source` and cargo where its container
    /// has it.
    fn verified(&self, tx: &str) -> String {
        let endpoint = self.public.endpoint();
        let home = std::env::home_dir().expect("a home");
        let of_user = |name: &str| home.join(name).display().to_string();
        let mounts = [
            (self.path("").display().to_string(), "/source"),
            (of_user(".cargo"), "/usr/local/cargo"),
            (of_user(".rustup"), "/usr/local/rustup"),
        ];
        let mounts = mounts.map(|(from, to)| format!("mkdir -p {to} && mount --bind {from} {to}"));
        let tool = tool().display().to_string();
        let target = self.folder.path().join("target").display().to_string();
        let mounts = mounts.join(" && ");
        let script = format!(
            "{mounts} && cd /source && mkdir -p {target} target && mount --bind {target} target && \
             {tool}/cargo-stylus stylus verify --no-verify --skip-clean -e {endpoint} --deployment-tx {tx} 2>&1"
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["-rm", "bash", "-c", &script]).env_clear();
        unshare.env("PATH", "/usr/local/cargo/bin:/usr/local/bin:/usr/bin:/bin");
        unshare
            .env("CARGO_HOME", "/usr/local/cargo")
            .env("RUSTUP_HOME", "/usr/local/rustup");
        unshare.env("RUSTUP_AUTO_INSTALL", "0").env("HOME", &home);
        let output = unshare.output().expect("unshare");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

#[test]
#[ignore = "nightly: installs cargo-stylus, about 300 s"]
fn cargo_stylus_verifies_what_is_deployed_and_every_chain_has_the_same_code() {
    let project = Project::new();
    let public = &project.public;
    let deployed = project.on(public, "deploy .");
    deployed.ends_with(0);
    let deployed = deployed.document;
    let tx = deployed["tx"].as_str().expect("a hash");
    let said = project.verified(tx);
    assert!(said.contains("Verification successful"), "{said}");
    let local = project.on(&project.local, "deploy .").document;
    assert_eq!(local["codehash"], deployed["codehash"]);

    // What is registered is that code, at an address that follows from it; how it was built is published.
    for words in [
        "registry deploy --save",
        "define Note --migrate Admin",
        "register Note 1.0 .",
    ] {
        project.on(public, words).ends_with(0);
    }
    let shown = project.on(public, "verify Note --source .");
    shown.ends_with(0);
    let codehash = deployed["codehash"].as_str().expect("a hash");
    let info = &shown.document["builds"][codehash]["build_info"];
    assert_eq!(info["build_command"][1], "stylus", "{shown:?}");
    assert!(info["build_environment"].to_string().contains(VERSION));
    let nowhere = "--source-code-snapshot git+https://example.org/note#00";
    let refused = project.on(public, &format!("deploy . {nowhere}"));
    refused.ends_with(2);
    assert_eq!(
        refused.document["error"]["name"], "NotVerifiable",
        "{refused:?}"
    );

    // Another source is not it, and what is not committed is said to be nothing that others verify.
    let lib = project.path("src/lib.rs");
    let text = fs::read_to_string(&lib).expect("the source");
    fs::write(&lib, format!("{text}\n// changed\n")).expect("written");
    let edited = project.on(public, "deploy .");
    assert!(
        edited.stderr.contains("others cannot verify note: "),
        "{edited:?}"
    );
    assert_ne!(edited.document["codehash"], deployed["codehash"]);
    let said = project.verified(tx);
    assert!(said.contains("Verification failed"), "{said}");
    record();
}

/// Writes when this went through the last time, and with which tools.
fn record() {
    let mut tools = tools().expect("the tools");
    tools.retain(|name, _| name == "rustc");
    tools.insert("cargo-stylus".into(), VERSION.into());
    let figures = [
        ("implementations that cargo stylus says are verified", 1),
        ("implementations of other sources that it says are not", 1),
    ];
    let figures = figures.map(|(sentence, count)| (sentence.to_owned(), count));
    snapshot::record("verifiable", &tools, &figures.into()).expect("recorded");
}
