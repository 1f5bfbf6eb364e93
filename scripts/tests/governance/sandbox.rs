//! A sandbox: a folder with a manifest and the keys of a team, and a chain; commands run there as
//! processes.

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

/// Who sits there, by key file and alias.
pub(crate) const TEAM: [&str; 4] = ["Admin", "Admin2", "Admin3", "Other"];

/// An instance of [`Sandbox::with_counter`]'s definition, at version 1.
pub(crate) const CREATE: [&str; 6] = [
    "create-proxy",
    "A",
    "1.0",
    "--init",
    "initialize(uint256)",
    "7",
];
/// The same, kept in the manifest as `counter`.
pub(crate) const CREATE_SAVED: [&str; 8] = [
    "create-proxy",
    "A",
    "1.0",
    "--init",
    "initialize(uint256)",
    "7",
    "--save",
    "counter",
];
/// The same definition to version 2.
pub(crate) const MIGRATE: [&str; 7] = [
    "migrate",
    "A",
    "2.0",
    "counter-v2",
    "--call",
    "migrate(uint256)",
    "5",
];
/// And back.
pub(crate) const ROLLBACK: [&str; 10] = [
    "rollback",
    "A",
    "--to",
    "1.0",
    "--as",
    "3.0",
    "--script",
    "counter-back",
    "--call",
    "back()",
];

/// The sandbox.
pub(crate) struct Sandbox {
    /// With the manifest and one key file per member of the team.
    pub(crate) folder: tempfile::TempDir,
    /// The chain.
    pub(crate) node: NodeHandle,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: Option<i32>,
    pub(crate) document: Value,
    pub(crate) aside: String,
}

impl Sandbox {
    /// A sandbox without a registry.
    pub(crate) fn bare() -> Self {
        Self::on(NodeConfig::default())
    }

    /// The same on a chain of that kind.
    pub(crate) fn on(config: NodeConfig) -> Self {
        let node = spawn(config).expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let mut manifest = format!("rpc = {:?}\n\n[aliases]\n", node.endpoint());
        for (name, signer) in TEAM.iter().zip(node.accounts().mnemonic()) {
            let key = signer.to_bytes().to_string();
            let path = folder.path().join(name);
            std::fs::write(&path, key).expect("a key file");
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).expect("set");
            manifest.push_str(&format!("{name} = \"{}\"\n", signer.address()));
        }
        std::fs::write(folder.path().join("stylus-upgrades.toml"), manifest).expect("a manifest");
        Self { folder, node }
    }

    /// A sandbox with a registry in its manifest.
    pub(crate) fn new() -> Self {
        let sandbox = Self::bare();
        sandbox.done("Admin", &["registry", "deploy", "--save"]);
        sandbox
    }

    /// A sandbox with a definition `A` under that policy, version 1.0 and `instances` instances.
    pub(crate) fn with_counter(policy: &str, instances: usize) -> Self {
        let sandbox = Self::new();
        let defined = [
            "define",
            "A",
            "--migrate",
            policy,
            "--policy",
            "Admin",
            "--create",
            "Admin",
        ];
        sandbox.done("Admin", &defined);
        sandbox.agreed(policy, &["register", "A", "1.0", "counter-v1"]);
        for _ in 0..instances {
            sandbox.done("Admin", &CREATE);
        }
        sandbox
    }

    /// Everybody whom the policy names types the command, until it is executed.
    pub(crate) fn agreed(&self, policy: &str, words: &[&str]) -> Value {
        for name in TEAM.iter().filter(|name| names(policy, name)) {
            let answer = self.run(name, words);
            if answer.exit == Some(0) {
                return answer.document;
            }
            assert_eq!(answer.exit, Some(3), "{answer:?}");
        }
        panic!("{words:?} was not executed");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of this program in this folder, without the environment's keys.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"));
        for (name, _) in std::env::vars() {
            if name.starts_with("ETH_") || name.ends_with("PRIVATE_KEY") {
                command.env_remove(name);
            }
        }
        command.args(words).current_dir(self.folder.path());
        command
    }

    /// Runs a command as it stands.
    pub(crate) fn raw(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("it starts")
    }

    /// Starts a command with somebody's key and lets it run.
    pub(crate) fn start(&self, key: &str, words: &[&str]) -> Child {
        let words = [words, &["--private-key-path", key]].concat();
        self.command(&words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    }

    /// Runs a command for people with somebody's key: its exit code and the lines of stdout.
    pub(crate) fn reported(&self, key: &str, words: &[&str]) -> (Option<i32>, Vec<String>) {
        let words = [words, &["--private-key-path", key]].concat();
        let output = self.raw(&words);
        let text = String::from_utf8(output.stdout).expect("text");
        (
            output.status.code(),
            text.lines().map(str::to_owned).collect(),
        )
    }

    /// Runs a command with `--json` and somebody's key.
    pub(crate) fn run(&self, key: &str, words: &[&str]) -> Answer {
        let words = [words, &["--json", "--private-key-path", key]].concat();
        let output = self.raw(&words);
        let stdout = String::from_utf8(output.stdout).expect("text");
        let aside = String::from_utf8(output.stderr).expect("text");
        Answer {
            exit: output.status.code(),
            document: serde_json::from_str(&stdout)
                .unwrap_or_else(|_| panic!("one document on stdout, not {stdout:?} {aside}")),
            aside,
        }
    }

    /// As [`Self::run`], and it must succeed.
    pub(crate) fn done(&self, key: &str, words: &[&str]) -> Value {
        let answer = self.run(key, words);
        assert_eq!(answer.exit, Some(0), "{words:?}: {answer:?}");
        answer.document
    }

    /// Lets so many seconds pass on the chain.
    pub(crate) fn wait(&self, seconds: u64) {
        self.node
            .with_chain(move |chain| {
                chain.increase_time(seconds);
                chain.mine(1, None).expect("a block");
            })
            .expect("the chain");
    }
}

/// Whether the policy names exactly that alias.
fn names(policy: &str, name: &str) -> bool {
    policy
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word == name)
}

/// A field as text.
pub(crate) fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {document}"))
}

/// The name of the error that ended a command.
pub(crate) fn error(answer: &Answer) -> &str {
    answer.document["error"]["name"]
        .as_str()
        .unwrap_or_else(|| panic!("no error in {answer:?}"))
}
