//! A folder with a manifest and a key, and a chain; commands run there as processes.

use crate::prelude::*;

use stylus_devnode::NodeHandle;
use stylus_upgrades::client::Client;
use stylus_upgrades_test_support::compilers;

use crate::command::{command, key_file};

/// Version 1 of a note, in another workspace.
pub(crate) const V1: &str = "tests/fixtures/outside/v1";
/// Version 2, which appends a field.
pub(crate) const V2: &str = "tests/fixtures/outside/v2";
/// A version 2 that would take the count for the note.
pub(crate) const SWAPPED: &str = "tests/fixtures/outside/swapped";
/// The answer of the note, which that crate reads in another slot, accepted.
pub(crate) const MOVED_ANSWER: &str = "--accept answer-changed:note()";
/// What callers lose with the way back.
pub(crate) const LOST: &str = "function-removed:changes()";
/// Back to version 1, which has one function less.
pub(crate) const BACK: &str =
    "rollback Note --to 1.0 --label 3.0 --accept function-removed:changes()";
/// The migration to version 2.
pub(crate) const COUNT: &str = "--call countFrom(uint256) 40";

pub(crate) fn home(path: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    home.join(path).display().to_string()
}

/// A chain, and a folder with a manifest and a key in it.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) node: NodeHandle,
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
        key_file(&project.path("key"), signer);
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
        let create = "create-proxy Note 1.0 --save note";
        project.done(&format!("{create} --init initialize(uint256) 7"));
        project
    }

    /// Who decides together: Admin and account 1.
    pub(crate) fn together(&self) -> String {
        format!("AND(Admin,{})", self.node.addresses()[1])
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command in a folder, with another home if one is given. The compilers stay where they
    /// are.
    pub(crate) fn run_in(
        &self,
        folder: &Path,
        home: Option<&Path>,
        words: &(impl Words + ?Sized),
    ) -> Answer {
        Answer::of(self.command(folder, home, words))
    }

    /// The same, not started yet.
    pub(crate) fn command(
        &self,
        folder: &Path,
        home: Option<&Path>,
        words: &(impl Words + ?Sized),
    ) -> Command {
        let mut command = command(folder, words);
        if let Some(home) = home {
            command.envs(compilers()).env("HOME", home);
        }
        command.args(["--json", "--private-key-path"]);
        command.arg(self.path("key"));
        command
    }

    /// Runs a command that has to be refused under that name, and sends nothing.
    pub(crate) fn refused(&self, name: &str, words: &(impl Words + ?Sized)) -> Answer {
        let before = self.nonce();
        let answer = self.run(words);
        answer.is_refused(name);
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

impl Runs for Project {
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer {
        self.run_in(self.folder.path(), None, words)
    }
}

pub(crate) fn hash(value: &Value, name: &str) -> B256 {
    text(value, name).parse().expect("a hash")
}
