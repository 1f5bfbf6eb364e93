//! A folder in which the program is run as a process.

use crate::prelude::*;
use std::process::Command;
use stylus_devnode::{NodeHandle, spawn};

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
        let (rpc, admin) = (node.endpoint(), signer.address());
        let manifest = format!("rpc = {rpc:?}\n\n[aliases]\nAdmin = \"{admin}\"\n");
        sandbox.write(MANIFEST, &manifest);
        sandbox
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
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
        crate::clone::command(self.folder(), &words.list())
    }

    pub(crate) fn run(&self, words: &(impl Words + ?Sized)) -> Run {
        Run::of(&mut self.command(words))
    }

    /// With the key file and `--json`.
    pub(crate) fn run_with_key(&self, words: &(impl Words + ?Sized)) -> Run {
        Run::of(
            self.command(words)
                .args(["--private-key-path", "key", "--json"]),
        )
    }

    /// The same, and it must succeed.
    pub(crate) fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        let run = self.run_with_key(words);
        assert_eq!(run.exit, Some(0), "{:?}: {run:?}", words.list());
        run.document()
    }
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("it starts");
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
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

    /// Asserts that it ended with that exit code and that error.
    #[track_caller]
    pub(crate) fn is(&self, exit: i32, name: &str) -> &Self {
        let found = (self.exit, self.error("name"));
        assert_eq!(found, (Some(exit), name.to_owned()), "{self:?}");
        self
    }

    /// Asserts that its error says what was expected, what was found and what to do next.
    pub(crate) fn is_explained(&self) -> &Self {
        for field in ["expected", "found", "next"] {
            assert!(!self.error(field).is_empty(), "{self:?}");
        }
        self
    }

    /// The sentences of its error, for a snapshot.
    pub(crate) fn refusal(&self) -> String {
        refusal(&self.document())
    }

    /// Its notes and warnings, for a snapshot.
    pub(crate) fn notes(&self) -> String {
        notes(&self.stderr)
    }

    /// Asserts that a field of its error contains that text.
    #[track_caller]
    pub(crate) fn says(&self, field: &str, part: &str) -> &Self {
        contains(&self.error(field), &[part]);
        self
    }

    /// Asserts that nothing that it said contains that text.
    #[track_caller]
    pub(crate) fn hides(&self, secret: &str) {
        let is_hidden = !self.stdout.contains(secret) && !self.stderr.contains(secret);
        assert!(is_hidden, "{secret}: {self:?}");
    }
}

/// A chain.
pub(crate) fn node() -> NodeHandle {
    spawn(NodeConfig::default()).expect("a free port")
}

/// Transactions of an account in blocks.
pub(crate) fn nonce(node: &NodeHandle, who: Address) -> u64 {
    let account = node.with_chain(move |chain| chain.account(who, BlockId::latest()));
    account.expect("the chain").expect("an account").nonce
}

pub(crate) fn blocks(node: &NodeHandle) -> u64 {
    let number = node.with_chain(|chain| chain.block_number());
    number.expect("the chain")
}
