//! A sandbox: a folder with a manifest and the keys of a team, and a chain; commands run there as
//! processes.

use crate::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use stylus_devnode::{Chain, NodeHandle, spawn};

/// The manifest's name.
const MANIFEST: &str = "stylus-upgrades.toml";

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
pub(crate) const ROLLBACK: [&str; 12] = [
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
    "--accept",
    "function-removed:step()",
];

/// What nobody knows of code that is given without sources, accepted.
pub(crate) const ABSENT: &str =
    "--accept=absent:source,absent:interface,absent:steps,absent:live-instances";

/// The sandbox.
pub(crate) struct Sandbox {
    /// With the manifest and one key file per member of the team.
    pub(crate) folder: tempfile::TempDir,
    /// The chain.
    pub(crate) node: NodeHandle,
}

/// A sandbox as it was when nobody had used it yet, to begin others as.
struct Beginning {
    chain: Mutex<Chain>,
    endpoint: String,
    /// Files of the folder, with their permissions.
    files: Vec<(PathBuf, u32, Vec<u8>)>,
}

/// Beginnings by what was done, once in this process.
static BEGINNINGS: LazyLock<Mutex<BTreeMap<String, Arc<OnceLock<Beginning>>>>> =
    LazyLock::new(Mutex::default);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: Option<i32>,
    pub(crate) document: Value,
    pub(crate) stderr: String,
}

/// A command that runs, and what it says.
pub(crate) struct Heard {
    pub(crate) child: Child,
    stdout: File,
    stderr: File,
}

impl Heard {
    /// What it said, once it has ended.
    pub(crate) fn answer(mut self) -> Answer {
        let exit = self.child.wait().expect("it ends").code();
        let [stdout, stderr] = [self.stdout, self.stderr].map(|mut file| {
            let mut text = String::new();
            file.rewind().expect("a file");
            file.read_to_string(&mut text).expect("text");
            text
        });
        Answer::of(exit, &stdout, stderr)
    }
}

impl Answer {
    pub(crate) fn of(exit: Option<i32>, stdout: &str, stderr: String) -> Self {
        Self {
            exit,
            document: serde_json::from_str(stdout)
                .unwrap_or_else(|_| panic!("one document on stdout, not {stdout:?} {stderr}")),
            stderr,
        }
    }
}

impl Answer {
    /// Asserts that it ended with that exit code and that error.
    #[track_caller]
    pub(crate) fn is(&self, exit: i32, name: &str) {
        assert_eq!((self.exit, error(self)), (Some(exit), name), "{self:?}");
    }
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
        std::fs::write(folder.path().join(MANIFEST), manifest).expect("a manifest");
        Self { folder, node }
    }

    /// A sandbox of that kind for which `prepare` was run. That happens once for each `name`; what
    /// comes later begins as a copy, on a branch of the chain.
    pub(crate) fn prepared(name: &str, config: NodeConfig, prepare: impl FnOnce(&Self)) -> Self {
        let beginning = BEGINNINGS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_default()
            .clone();
        let beginning = beginning.get_or_init(|| {
            let sandbox = Self::bare();
            prepare(&sandbox);
            sandbox.beginning()
        });
        Self::begun_as(beginning, config)
    }

    fn beginning(&self) -> Beginning {
        let chain = self.node.with_chain(|chain| chain.branch());
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let inside = path.strip_prefix(self.folder.path()).expect("inside");
                let mode = path.metadata().expect("a file").permissions().mode();
                let content = std::fs::read(&path).expect("a file");
                files.push((inside.to_owned(), mode, content));
            }
        }
        Beginning {
            chain: Mutex::new(chain.expect("the chain")),
            endpoint: self.node.endpoint(),
            files,
        }
    }

    fn begun_as(beginning: &Beginning, config: NodeConfig) -> Self {
        let sandbox = Self::on(config);
        let mut chain = beginning
            .chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .branch();
        sandbox
            .node
            .with_chain(move |own| {
                chain.set_automine(own.automine());
                *own = chain;
            })
            .expect("the chain");
        for (inside, mode, content) in &beginning.files {
            let path = sandbox.path(inside);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, content).expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(*mode)).expect("set");
        }
        let manifest = std::fs::read_to_string(sandbox.path(MANIFEST)).expect("a manifest");
        let manifest = manifest.replace(&beginning.endpoint, &sandbox.node.endpoint());
        std::fs::write(sandbox.path(MANIFEST), manifest).expect("written");
        sandbox
    }

    /// A sandbox with a registry in its manifest.
    pub(crate) fn new() -> Self {
        Self::with_registry(NodeConfig::default())
    }

    /// The same on a chain of that kind.
    pub(crate) fn with_registry(config: NodeConfig) -> Self {
        Self::prepared("a registry", config, |sandbox| {
            sandbox.done("Admin", "registry deploy --save");
        })
    }

    /// A sandbox with a definition `A` under that policy, version 1.0 and `instances` instances.
    pub(crate) fn with_counter(policy: &str, instances: usize) -> Self {
        let name = format!("{instances} counters under {policy}");
        let config = NodeConfig::default();
        Self::prepared(&name, config, |sandbox| {
            sandbox.set_up_counter(policy, instances)
        })
    }

    fn set_up_counter(&self, policy: &str, instances: usize) {
        self.done("Admin", "registry deploy --save");
        let defined = format!("define A --migrate {policy} --policy Admin --create Admin");
        self.done("Admin", &defined);
        self.agreed(policy, "register A 1.0 counter-v1");
        for _ in 0..instances {
            self.done("Admin", &CREATE);
        }
    }

    /// Everybody whom the policy names types the command, until it is executed.
    pub(crate) fn agreed(&self, policy: &str, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        for name in TEAM.iter().filter(|name| names(policy, name)) {
            let answer = self.run(name, words);
            if answer.exit == Some(0) {
                return answer.document;
            }
            assert_eq!(answer.exit, Some(3), "{answer:?}");
        }
        panic!("{words:?} was not executed");
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the manifest has under that name.
    pub(crate) fn saved(&self, name: &str) -> String {
        let manifest = std::fs::read_to_string(self.path(MANIFEST)).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest");
        manifest[name].as_str().expect("saved").to_owned()
    }

    /// A command of this program in this folder, without the environment's keys.
    pub(crate) fn command(&self, words: &(impl Words + ?Sized)) -> Command {
        let words = &words.list()[..];
        let mut command = Command::new(super::PROGRAM);
        for name in stylus_upgrades_test_support::outer_variables() {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.folder.path());
        command.envs(crate::clone::variables());
        command
    }

    /// Runs a command as it stands.
    pub(crate) fn raw(&self, words: &(impl Words + ?Sized)) -> Output {
        self.command(words).output().expect("it starts")
    }

    /// As [`Self::start`], with `--json`: what it says is kept until it has ended.
    pub(crate) fn start_heard(&self, key: &str, words: &(impl Words + ?Sized)) -> Heard {
        let words = &words.list()[..];
        let words = [words, &["--json", "--private-key-path", key]].concat();
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile().expect("a file"));
        let into = |file: &File| Stdio::from(file.try_clone().expect("a file"));
        let mut command = self.command(&words);
        command.stdout(into(&stdout)).stderr(into(&stderr));
        Heard {
            child: command.spawn().expect("it starts"),
            stdout,
            stderr,
        }
    }

    /// Runs a command for people with somebody's key: its exit code and the lines of stdout.
    pub(crate) fn reported(
        &self,
        key: &str,
        words: &(impl Words + ?Sized),
    ) -> (Option<i32>, Vec<String>) {
        let words = &words.list()[..];
        let words = [words, &["--private-key-path", key]].concat();
        let output = self.raw(&words);
        let text = String::from_utf8(output.stdout).expect("text");
        (
            output.status.code(),
            text.lines().map(str::to_owned).collect(),
        )
    }

    /// Runs a command with `--json` and somebody's key.
    pub(crate) fn run(&self, key: &str, words: &(impl Words + ?Sized)) -> Answer {
        let words = &words.list()[..];
        let words = [words, &["--json", "--private-key-path", key]].concat();
        let output = self.raw(&words);
        let stdout = String::from_utf8(output.stdout).expect("text");
        let stderr = String::from_utf8(output.stderr).expect("text");
        Answer::of(output.status.code(), &stdout, stderr)
    }

    /// As [`Self::run`], and it must succeed.
    pub(crate) fn done(&self, key: &str, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let answer = self.run(key, words);
        assert_eq!(answer.exit, Some(0), "{words:?}: {answer:?}");
        answer.document
    }

    /// The same where others have to approve as well.
    pub(crate) fn proposed(&self, key: &str, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let answer = self.run(key, words);
        assert_eq!(answer.exit, Some(3), "{words:?}: {answer:?}");
        answer.document
    }

    /// Does something on the chain itself.
    pub(crate) fn chain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Chain) -> T + Send + 'static,
    ) -> T {
        self.node.with_chain(work).expect("the chain")
    }

    /// The number of the newest block.
    pub(crate) fn block(&self) -> u64 {
        self.chain(|chain| chain.block_number())
    }

    /// Transactions of `Admin` in blocks.
    pub(crate) fn nonce(&self) -> u64 {
        let admin = self.node.addresses()[0];
        let account = self.chain(move |chain| chain.account(admin, BlockId::latest()));
        account.expect("the account").nonce
    }

    /// Lets so many seconds pass on the chain.
    pub(crate) fn wait(&self, seconds: u64) {
        self.chain(move |chain| {
            chain.increase_time(seconds);
            chain.mine(1, None).expect("a block");
        });
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
