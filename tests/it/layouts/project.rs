//! A folder with a manifest and a key, and a chain; commands run there as processes.

use crate::prelude::*;
use std::process::Output;

use stylus_devnode::NodeHandle;
use stylus_upgrades::client::Client;
use stylus_upgrades_harness::command_line;
use stylus_upgrades_test_support::compilers;

/// Version 1 of a note, in another workspace.
pub(crate) const V1: &str = "tests/fixtures/outside/v1";
/// Version 2, which appends a field.
pub(crate) const V2: &str = "tests/fixtures/outside/v2";
/// A version 2 that would take the count for the note.
pub(crate) const SWAPPED: &str = "tests/fixtures/outside/swapped";
/// Back to version 1, which has one function less.
pub(crate) const BACK: [&str; 8] = [
    "rollback",
    "Note",
    "--to",
    "1.0",
    "--as",
    "3.0",
    "--accept",
    "function-removed:changes()",
];
/// The migration to version 2.
pub(crate) const COUNT: [&str; 3] = ["--call", "countFrom(uint256)", "40"];

pub(crate) fn home(path: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    home.join(path).display().to_string()
}

/// A chain, and a folder with a manifest and a key in it.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) node: NodeHandle,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: Option<i32>,
    pub(crate) document: Value,
    pub(crate) stderr: String,
}

impl Answer {
    /// Of a command that ended with one document.
    pub(crate) fn of(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).expect("text");
        let stderr = String::from_utf8(output.stderr).expect("text");
        Self {
            exit: output.status.code(),
            document: serde_json::from_str(&stdout)
                .unwrap_or_else(|_| panic!("one document on stdout, not {stdout:?} {stderr}")),
            stderr,
        }
    }
}

impl Project {
    /// With a registry and a definition `Note`.
    pub(crate) fn new() -> Self {
        let node = spawn(NodeConfig::default()).expect("a free port");
        let project = Self {
            folder: tempfile::tempdir().expect("a folder"),
            node,
        };
        let signer = &project.node.accounts().mnemonic()[0];
        let key = signer.to_bytes().to_string();
        std::fs::write(project.path("key"), key).expect("a key file");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(project.path("key"), private).expect("set");
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{}\"\n",
            project.node.endpoint(),
            signer.address()
        );
        std::fs::write(project.path("stylus-upgrades.toml"), manifest).expect("a manifest");
        project.done("registry deploy --save");
        project.done("define Note --migrate Admin");
        project
    }

    /// With version 1.0 and an instance that notes 7.
    pub(crate) fn with_note() -> Self {
        let project = Self::new();
        project.done(&["register", "Note", "1.0", &home(V1)]);
        let create = ["create-proxy", "Note", "1.0", "--save", "note"];
        project.done(&[&create[..], &["--init", "initialize(uint256)", "7"]].concat());
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_in(self.folder.path(), None, words)
    }

    /// Runs a command in a folder, with another home if one is given. The compilers stay where they
    /// are.
    pub(crate) fn run_in(
        &self,
        folder: &Path,
        home: Option<&Path>,
        words: &(impl Words + ?Sized),
    ) -> Answer {
        let output = self.command(folder, home, words).output();
        Answer::of(output.expect("it starts"))
    }

    /// The same, not started yet.
    pub(crate) fn command(
        &self,
        folder: &Path,
        home: Option<&Path>,
        words: &(impl Words + ?Sized),
    ) -> Command {
        let words = &words.list()[..];
        let program = Path::new(env!("CARGO_BIN_EXE_cli"));
        let mut command = command_line(program).expect("the workspace");
        for name in stylus_upgrades_test_support::outer_variables() {
            command.env_remove(name);
        }
        if let Some(home) = home {
            command.envs(compilers()).env("HOME", home);
        }
        let key = self.path("key").display().to_string();
        command
            .args([words, &["--json", "--private-key-path", &key]].concat())
            .current_dir(folder);
        command
    }

    pub(crate) fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let answer = self.run(words);
        assert_eq!(answer.exit, Some(0), "{words:?}: {answer:?}");
        answer.document
    }

    /// Runs a command that has to be refused under that name, and sends nothing.
    pub(crate) fn refused(&self, name: &str, words: &(impl Words + ?Sized)) -> Answer {
        let before = self.nonce();
        let answer = self.run(words);
        let found = &answer.document["error"];
        assert_eq!(
            (answer.exit, text(found, "name")),
            (Some(1), name),
            "{answer:?}"
        );
        assert_eq!(self.nonce(), before, "something was sent");
        answer
    }

    /// Transactions of the key so far.
    pub(crate) fn nonce(&self) -> u64 {
        let account = self.node.addresses()[0];
        let nonce = self
            .node
            .with_chain(move |chain| chain.account(account, stylus_chain::BlockId::latest()));
        nonce.expect("the chain").expect("an account").nonce
    }

    /// What the registry recorded of a version.
    pub(crate) async fn code(&self, version: &str) -> Code {
        self.code_of("Note", version).await
    }

    /// What the registry recorded for a version of a definition.
    pub(crate) async fn code_of(&self, name: &str, version: &str) -> Code {
        let client = Client::connect(&self.node.endpoint())
            .await
            .expect("the chain");
        let registry = self.saved("registry").parse().expect("an address");
        let call = calls::get_version(name, version);
        client.call(registry, &call).await.expect("a version").code
    }

    /// The registry's address in the manifest.
    pub(crate) fn saved(&self, name: &str) -> String {
        let manifest = std::fs::read_to_string(self.path("stylus-upgrades.toml")).expect("it");
        let manifest: toml::Table = manifest.parse().expect("a manifest");
        manifest[name].as_str().expect("saved").to_owned()
    }

    /// The note, read as the version that runs reads it.
    pub(crate) fn note(&self) -> U256 {
        let shown = self.done("status note");
        let proxy = text(&shown["instance"], "proxy")
            .parse()
            .expect("an address");
        let slot = U256::ZERO;
        let word = self
            .node
            .with_chain(move |chain| chain.storage(proxy, slot, stylus_chain::BlockId::latest()));
        word.expect("the chain").expect("a word").into()
    }
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

pub(crate) fn hash(value: &Value, name: &str) -> B256 {
    text(value, name).parse().expect("a hash")
}
