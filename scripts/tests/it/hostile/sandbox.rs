//! A folder in which the program is run as a process.

use crate::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use stylus_devnode::{NodeHandle, spawn};

/// The manifest's name.
pub(crate) const MANIFEST: &str = "stylus-upgrades.toml";

/// A folder.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    /// With a key file `key` and the manifest of a chain: its endpoint, and `Admin`, whose key it is.
    pub(crate) fn with_node(node: &NodeHandle) -> Self {
        let sandbox = Self::new();
        let signer = &node.accounts().mnemonic()[0];
        sandbox.write_private("key", &signer.to_bytes().to_string());
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{}\"\n",
            node.endpoint(),
            signer.address()
        );
        sandbox.write(MANIFEST, &manifest);
        sandbox
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
        self.set_mode(name, 0o644);
    }

    /// A file that nobody else may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
        self.set_mode(name, 0o600);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(mode)).expect("set");
    }

    /// A command of the program in this folder, without the environment's keys and endpoints.
    pub(crate) fn command(&self, words: &(impl Words + ?Sized)) -> Command {
        let words = &words.list()[..];
        let mut command = Command::new(env!("CARGO_BIN_EXE_stylus-upgrades"));
        for name in stylus_upgrades_test_support::outer_variables() {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.folder());
        command.envs(crate::clone::variables());
        command
    }

    pub(crate) fn run(&self, words: &(impl Words + ?Sized)) -> Run {
        Run::of(&mut self.command(words))
    }

    /// With the key file, and it must succeed.
    pub(crate) fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let run = self.run(&[words, &["--private-key-path", "key", "--json"]].concat());
        assert_eq!(run.exit, Some(0), "{words:?}: {run:?}");
        run.document()
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("it starts");
        Self {
            exit: status.code(),
            stdout: String::from_utf8(stdout).expect("text"),
            stderr: String::from_utf8(stderr).expect("text"),
        }
    }

    /// The one document on stdout.
    pub(crate) fn document(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("one document: {self:?}"))
    }

    /// A field of the error on stdout.
    pub(crate) fn error(&self, field: &str) -> String {
        let value = &self.document()["error"][field];
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("no {field} of an error: {self:?}"))
    }
}

/// A chain.
pub(crate) fn node() -> NodeHandle {
    spawn(NodeConfig::default()).expect("a free port")
}
