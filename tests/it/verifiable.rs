//! Implementations that others verify: cargo-stylus, as anybody installs it, reruns the build of
//! what the command line deployed on a chain that counts as a public one.

use crate::prelude::*;
use std::fs;
use std::process::Output;

use stylus_chain::ChainConfig;
use stylus_devnode::NodeHandle;
use stylus_upgrades_harness::home;
use stylus_upgrades_tests::snapshot;
use stylus_upgrades_tests::tools::figures::tools;

use crate::authors::Author;
use crate::command::{command, key_file};
use crate::tools::installed;

/// The version that explorers run.
const VERSION: &str = "0.10.10";
/// Arbitrum Sepolia's id: no local chain's.
const CHAIN: u64 = 421_614;
/// What cargo-stylus wants to know of a project.
const STYLUS: &str = "[workspace.networks]\n\n[contract.deployments]\n";
/// Small enough for one program.
const PROFILE: &str = "\n[profile.release]\ncodegen-units = 1\nlto = true\nopt-level = \"s\"\n\
                       panic = \"abort\"\nstrip = true\n";

/// The folder of cargo-stylus.
pub(crate) fn tool() -> PathBuf {
    installed("cargo-stylus", VERSION, "cargo-stylus")
}

/// An author's workspace with a chain, a key and cargo-stylus.
struct Project {
    folder: tempfile::TempDir,
    author: Author,
    node: NodeHandle,
    tools: PathBuf,
}

impl Project {
    fn new(tools: PathBuf) -> Self {
        let node = spawn(NodeConfig {
            chain: ChainConfig {
                chain_id: CHAIN,
                ..ChainConfig::default()
            },
            ..NodeConfig::default()
        });
        let line = format!("path = {:?}", home().join("migratable/upgradeable"));
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
            author: Author::new(&line),
            node: node.expect("a free port"),
            tools,
        };
        project.author.append(PROFILE);
        let toolchain = home().join("rust-toolchain.toml");
        let copied = fs::copy(toolchain, project.author.path("rust-toolchain.toml"));
        copied.expect("our toolchain");
        for package in [".", "v1", "v2"] {
            let file = project.author.path(package).join("Stylus.toml");
            fs::write(file, STYLUS).expect("written");
        }
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--format-version", "1"]);
        cargo.env_remove("RUSTUP_TOOLCHAIN");
        let locked = cargo.current_dir(project.author.path(".")).output();
        assert!(locked.expect("cargo").status.success(), "the lock file");
        let signer = &project.node.accounts().mnemonic()[0];
        key_file(&project.folder.path().join("key"), signer);
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{}\"\n",
            project.node.endpoint(),
            signer.address()
        );
        let file = project.folder.path().join("stylus-upgrades.toml");
        fs::write(file, manifest).expect("a manifest");
        project.done("registry deploy --save");
        project.done("define Note --migrate Admin");
        project
    }

    fn source(&self, package: &str) -> String {
        self.author.path(package).display().to_string()
    }

    fn with_tools<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let path = std::env::var("PATH").unwrap_or_default();
        for name in stylus_upgrades_test_support::outer_variables() {
            command.env_remove(name);
        }
        command.env("PATH", format!("{}:{path}", self.tools.display()))
    }

    /// cargo-stylus in the folder of a package.
    fn stylus(&self, package: &str, words: &(impl Words + ?Sized)) -> Output {
        let words = &words.list()[..];
        let mut command = Command::new("cargo-stylus");
        for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
            command.env_remove(name);
        }
        self.with_tools(&mut command)
            .arg("stylus")
            .args(words)
            .args(["--contract", package])
            .current_dir(self.author.path(package))
            .output()
            .expect("it starts")
    }

    /// What `cargo stylus verify` says of a deployment.
    fn verified(&self, package: &str, tx: &str) -> String {
        let endpoint = self.node.endpoint();
        let words = format!("verify --no-verify --skip-clean -e {endpoint} --deployment-tx {tx}");
        let output = self.stylus(package, &words.list());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    }
}

impl Runs for Project {
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        let mut command = command(self.folder.path(), words);
        command.args(["--json", "--private-key-path", "key"]);
        self.with_tools(&mut command);
        Answer::of(command)
    }
}

/// The transaction of a document that deployed something.
fn deployment(document: &Value) -> &str {
    let all = document["transactions"].as_array().expect("transactions");
    let is_deployment = |one: &&Value| {
        let name = one["name"].as_str();
        name.is_some_and(|name| name.starts_with("deploy "))
    };
    let one = all.iter().find(is_deployment).expect("a deployment");
    one["tx"].as_str().expect("a hash")
}

#[test]
#[ignore = "nightly: installs cargo-stylus, about 300 s"]
fn cargo_stylus_verifies_what_was_registered_on_a_public_chain() {
    let project = Project::new(tool());
    let v1 = project.source("v1");
    let registered = project.done(&format!("register Note 1.0 {v1}"));
    let tx = deployment(&registered).to_owned();
    let said = project.verified("v1", &tx);
    assert!(said.contains("Verification successful"), "{said}");

    // How it was built is published with its layout.
    let shown = project.done("verify Note");
    let codehash = registered["codehash"].as_str().expect("a hash");
    let info = &shown["builds"][codehash]["build_info"];
    assert_eq!(info["build_command"][1], "stylus", "{shown:#}");
    assert!(info["build_environment"].to_string().contains(VERSION));
    let nowhere = "--source-code-snapshot git+https://example.org/note#00";
    let refused = project.run(&format!("deploy {v1} {nowhere}"));
    refused.ends_with(2);
    assert_eq!(refused.error("name"), "NotVerifiable", "{refused:?}");

    // The same is found again: nothing is deployed twice, and our own verification takes it too.
    let again = project.done(&format!("deploy {v1}"));
    assert_eq!(again["codehash"], registered["codehash"]);
    project.done(&format!("verify Note --source {v1}"));

    // Another source is not it.
    let lib = project.author.path("v1/src/lib.rs");
    let text = fs::read_to_string(&lib).expect("the source");
    fs::write(&lib, format!("{text}\n// changed\n")).expect("written");
    let said = project.verified("v1", &tx);
    assert!(said.contains("Verification failed"), "{said}");
    fs::write(&lib, text).expect("written");

    // Init code that was made elsewhere.
    let file = project.folder.path().join("initcode");
    let file = file.display().to_string();
    let made = project.stylus("v2", &format!("get-initcode --output {file}"));
    assert!(made.status.success(), "{made:?}");
    let deployed = project.done(&["deploy", &project.source("v2"), "--initcode", &file]);
    let said = project.verified("v2", deployed["tx"].as_str().expect("a hash"));
    assert!(said.contains("Verification successful"), "{said}");
    record();
}

/// Writes when this went through the last time, and with which tools.
fn record() {
    let mut tools = tools().expect("the tools");
    tools.retain(|name, _| name == "rustc");
    tools.insert("cargo-stylus".into(), VERSION.into());
    let figures = [
        ("implementations that cargo stylus says are verified", 2),
        ("implementations of other sources that it says are not", 1),
    ];
    let figures = figures.map(|(sentence, count)| (sentence.to_owned(), count));
    snapshot::record("verifiable", &tools, &figures.into()).expect("recorded");
}

#[test]
#[ignore = "nightly: builds with other tools, about 18 s"]
fn what_cannot_be_verified_is_refused_on_a_public_chain_unless_that_is_meant() {
    let project = Project::new(PathBuf::from("/nowhere"));
    let v1 = project.source("v1");
    fs::remove_file(project.author.path("v1/Stylus.toml")).expect("removed");
    let Answer { exit, document, .. } = project.run(&format!("register Note 1.0 {v1}"));
    assert_eq!(exit, Some(2), "{document}");
    assert_eq!(document["error"]["name"], "NotVerifiable", "{document}");
    let code = project.folder.path().join("no-initcode");
    fs::write(&code, "7f00").expect("written");
    let code = code.display().to_string();
    let Answer { exit, document, .. } = project.run(&format!("deploy {v1} --initcode {code}"));
    assert_eq!(exit, Some(2), "{document}");
    assert_eq!(document["error"]["name"], "NotVerifiable", "{document}");
    let done = project.done(&format!("register Note 1.0 {v1} --not-verifiable"));
    assert_eq!(done["executed"], true);
}
