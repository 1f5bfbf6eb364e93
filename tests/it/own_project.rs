//! A project of one's own, from an empty folder to an upgraded instance: what `new` makes is built,
//! registered, kept, changed, compared and upgraded by the program alone.

mod check;
mod init;
mod optimized;
mod publish;

use crate::prelude::*;
use std::fs;

use alloy::sol;
use stylus_devnode::NodeHandle;
use stylus_upgrades::versions::Versions;
use stylus_upgrades_harness::{home, step};
use stylus_upgrades_test_support::outer_variables;

use crate::command::key_file;

sol! {
    function initialize(uint256 value);
    function value() view returns (uint256);
    function changes() view returns (uint256);
    function change(uint256 value);
}

/// The folder of what was registered.
const VERSIONS: &str = "stylus-upgrades-versions";

/// A folder with nothing but keys in it, and a chain.
pub(crate) struct Empty {
    folder: tempfile::TempDir,
    pub(crate) node: NodeHandle,
}

impl Empty {
    pub(crate) fn new() -> Self {
        let empty = Self {
            folder: tempfile::tempdir().expect("a folder"),
            node: spawn(NodeConfig::default()).expect("a free port"),
        };
        for (number, signer) in empty.node.accounts().mnemonic().iter().take(2).enumerate() {
            key_file(&empty.path(&format!("{number}.key")), signer);
        }
        empty
    }

    /// With a project `note`.
    pub(crate) fn with_note() -> Self {
        let empty = Self::new();
        let clone = home().display().to_string();
        empty.done_in("", 0, &["new", "note", "--framework-path", &clone]);
        empty
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in a folder, with one of the keys.
    fn run(&self, folder: &str, key: usize, words: &(impl Words + ?Sized)) -> Answer {
        let output = self.command(folder, key, words).output();
        output.expect("it starts").into()
    }

    fn command(&self, folder: &str, key: usize, words: &(impl Words + ?Sized)) -> Command {
        let words = &words.list()[..];
        let mut command = Command::new(env!("CARGO_BIN_EXE_cli"));
        let variables = std::env::vars_os().map(|(name, _)| name);
        let variables = variables.filter(|name| name.to_string_lossy().starts_with("STYLUS_"));
        for name in variables.chain(outer_variables()) {
            command.env_remove(name);
        }
        command
            .args(words)
            .arg("--private-key-path")
            .arg(self.path(&format!("{key}.key")))
            .current_dir(self.path(folder))
            .env("ETH_RPC_URL", self.node.endpoint())
            .env("STYLUS_UPGRADES_STATE", self.path("state"))
            // What a contract depends on is compiled there already.
            .env("CARGO_TARGET_DIR", home().join("target"));
        command
    }

    /// The same with a document.
    fn json_in(&self, folder: &str, key: usize, words: &(impl Words + ?Sized)) -> Answer {
        let words = [&words.list()[..], &["--json"]].concat();
        Answer::of(self.command(folder, key, &words))
    }

    pub(crate) fn done_in(&self, folder: &str, key: usize, words: &(impl Words + ?Sized)) -> Value {
        let answer = self.json_in(folder, key, words);
        answer.ends_with(0);
        answer.document
    }

    /// In the project.
    pub(crate) fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        self.done_in("note", 0, words)
    }

    /// Whether a command in the project is refused under that name.
    #[track_caller]
    pub(crate) fn refused(&self, name: &str, words: &(impl Words + ?Sized)) -> Value {
        let answer = self.json_in("note", 0, words);
        assert_ne!(answer.exit, Some(0), "{answer:?}");
        assert_eq!(answer.error("name"), name, "{answer:?}");
        answer.document
    }

    /// Git in the project.
    pub(crate) fn git(&self, words: &(impl Words + ?Sized)) -> String {
        let words = &words.list()[..];
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(words)
            .current_dir(self.path("note"))
            .output()
            .expect("git");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Cargo, left to itself, has nothing to change in the lock file: it is part of the source hash.
    fn lock_stays(&self) {
        let lock = || fs::read(self.path("note/Cargo.lock")).expect("a lock file");
        let before = lock();
        for locked in [&[][..], &["--locked"]] {
            let output = Command::new("cargo")
                .args(["metadata", "--offline", "--format-version=1"])
                .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
                .args(locked)
                .current_dir(self.path("note"))
                .env_remove("RUSTUP_TOOLCHAIN")
                .output()
                .expect("cargo");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "cargo metadata {locked:?}: {said}");
            assert!(lock() == before, "cargo wrote another lock file");
        }
    }

    /// Replaces text in the contract.
    pub(crate) fn edit(&self, changes: &[(&str, &str)]) {
        let path = self.path("note/src/lib.rs");
        let mut text = fs::read_to_string(&path).expect("the contract");
        for (old, new) in changes {
            assert!(text.contains(old), "{old} in {text}");
            text = text.replace(old, new);
        }
        fs::write(path, text).expect("written");
    }

    /// A registry, the definition `Note` and version 1.0.
    fn registered(&self) {
        let me = self.node.addresses()[0].to_string();
        self.done("registry deploy --save");
        self.done(&format!("define Note --migrate {me}"));
        self.done("register Note 1.0 .");
    }

    /// The same, and an instance that has 11.
    pub(crate) fn live(&self) {
        self.registered();
        let create = "create-proxy Note 1.0 --save note";
        self.done(&format!("{create} --init initialize(uint256) 11"));
    }

    /// The place of a version.
    pub(crate) fn kept(&self, version: &str) -> PathBuf {
        let versions = self.path("note").join(VERSIONS);
        versions.join("local").join("Note").join(version)
    }

    fn record(&self, version: &str) -> Value {
        let text = fs::read(self.kept(version).join("version.json")).expect("a record");
        serde_json::from_slice(&text).expect("JSON")
    }
}

/// A second field, and a function that reads it.
pub(crate) const SECOND: [(&str, &str); 3] = [
    (
        "    value: StorageU256,\n}",
        "    value: StorageU256,\n    changes: StorageU256,\n}",
    ),
    (
        "    pub fn value(&self)",
        "    pub fn changes(&self) -> U256 {\n        self.changes.get()\n    }\n\n    pub fn value(&self)",
    ),
    (
        "        self.value.set(value);\n    }",
        "        self.value.set(value);\n        self.changes.set(self.changes.get() + U256::from(1));\n    }",
    ),
];

#[tokio::test]
async fn a_new_project_is_registered_kept_changed_and_upgraded() -> Result<(), HarnessError> {
    let empty = Empty::with_note();
    let clone = home().display().to_string();
    let again = format!("new note --framework-path {clone}");
    let refused = empty.json_in("", 0, &again);
    refused.ends_with(2);
    assert_eq!(refused.error("name"), "ProjectExists");
    empty.git("init --quiet");
    empty.lock_stays();
    empty.live();

    // The bytes of 1.0 are there, and are those on the chain.
    let record = empty.record("1.0");
    let code = fs::read(empty.kept("1.0").join("code.bin")).expect("the code");
    assert_eq!(record["codehash"], keccak256(&code).to_string());
    let on_chain = on_chain(&empty, &record);
    assert_eq!(on_chain, code);
    let layout = fs::read(empty.kept("1.0").join("layout.json")).expect("the layout");
    assert_eq!(record["layout_hash"], keccak256(layout).to_string());

    // What belongs into version control is what is there, and nothing lies elsewhere.
    empty.git("add .");
    let added = empty.git("status --porcelain");
    assert!(
        added.contains("1.0/code.bin") && !added.contains("layouts"),
        "{added}"
    );
    empty.git("commit --quiet --message=1.0");
    empty.git("tag v1.0");
    let beside = fs::read_dir(empty.path("")).expect("the folder").count();
    assert_eq!(
        beside, 4,
        "two keys, the project, and the user's state folder"
    );

    empty.edit(&SECOND);
    let changed = empty.git("status --porcelain");
    for old in ["Note@1.0", "Note@live", "git:v1.0", "git:HEAD"] {
        let diff = empty.done(&format!("layout diff {old} ."));
        assert_eq!(diff["findings"][0]["id"], "safe-append:changes", "{old}");
    }
    // The tag builds to what was registered.
    let old = empty.done("deploy git:v1.0");
    assert_eq!(old["codehash"], record["codehash"]);
    // The framework lies in another folder here, so no commit has all of the sources.
    assert_eq!(old["build"]["commit"]["dirty"], true);
    assert_eq!(empty.git("status --porcelain"), changed);
    empty.refused("Revision", "deploy git:no-such-tag");
    empty.refused("VersionUnknown", "layout diff Note@9.9 .");

    let migrated = empty.done("migrate Note 2.0 .");
    assert_eq!(migrated["storage"][0]["verdict"], "safe", "{migrated:#}");
    let status = empty.done("status note");
    assert_eq!(status["instance"]["version"], "2.0", "{status:#}");
    assert_eq!(empty.record("2.0")["version"], "2.0");
    empty.done("verify Note --source .");

    // A second run of the same command writes nothing.
    let before = modified(&empty.kept("2.0"));
    empty.done("migrate Note 2.0 .");
    assert_eq!(modified(&empty.kept("2.0")), before);

    from_the_bytes(&empty).await?;

    fs::write(empty.kept("1.0").join("layout.json"), "{}").expect("written");
    empty.refused("VersionsTampered", "layout diff Note@1.0 .");
    Ok(())
}

/// From the registered bytes of 1.0 to the source as it is, as the project's test does it.
async fn from_the_bytes(empty: &Empty) -> Result<(), HarnessError> {
    let harness = Harness::start().await?;
    let definition = harness.define("Note").await?;
    let versions = || Versions::beside(&empty.path("note"));
    let first = harness.registered_in(versions(), "Note", "1.0").await?;
    let first = first.expect("kept");
    let next = harness.build_and_deploy(empty.path("note")).await?;
    assert_eq!(first.codehash.to_string(), empty.record("1.0")["codehash"]);
    assert_ne!(first.codehash, next.codehash);

    definition.add_first(&first).await?;
    let [value, other] = [11, 12].map(U256::from);
    let initialize = initializeCall { value };
    let proxy = definition.create_proxy("1.0", &initialize).await?;
    let step = step::nothing("1.0");
    definition.add_version("next", &next, step).await?;
    proxy.upgrade("next").await?;
    assert_eq!(proxy.read(&valueCall {}).await?, value);
    proxy.send(&changeCall { value: other }).await?;
    assert_eq!(proxy.read(&changesCall {}).await?, U256::from(1));

    let code = empty.kept("1.0").join("code.bin");
    let bytes = fs::read(&code).expect("the code");
    fs::write(&code, &bytes[1..]).expect("written");
    let refused = harness.registered_in(versions(), "Note", "1.0").await;
    let refused = refused.expect_err("changed").to_string();
    assert!(refused.starts_with("VersionsTampered"), "{refused}");
    fs::write(&code, bytes).expect("written");
    let unknown = harness.registered_in(versions(), "Note", "3.0").await?;
    assert!(unknown.is_none());
    Ok(())
}

#[test]
#[ignore = "nightly: compiles a project of an author, about 20 s"]
fn what_is_registered_is_kept_by_the_machine_that_executed_it_and_by_the_same_command_again() {
    let empty = Empty::with_note();
    let [me, other] = [0, 1].map(|at| empty.node.addresses()[at].to_string());
    let deployed = empty.done("registry deploy --save");
    let policy = format!("AND({me},{other})");
    let defined = empty.done(&format!("define Note --migrate {policy}"));
    let found = &defined["as_migrate"];
    assert_eq!(*found, serde_json::json!(["policy", "create"]));
    let proposed = empty.json_in("note", 0, "register Note 1.0 .").document;
    let action = text(&proposed, "action");
    assert!(!empty.kept("1.0").exists(), "nobody approved yet");

    // The other approver has a folder of his own, and says before it is sent what was not checked.
    fs::create_dir(empty.path("other")).expect("made");
    let registry = deployed["registry"].as_str().expect("an address");
    let words = format!("approve {action} --registry {registry}");
    let refused = empty.run("other", 1, &words);
    assert!(
        refused.stderr.contains("--accept absent:interface"),
        "{refused:?}"
    );
    let words = format!("{words} --accept absent:interface");
    let approved = empty.run("other", 1, &words);
    let said = &approved.ends_with(0).stderr;
    let at = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text}: {said}"));
    assert!(at("source partial") < at("is kept in"), "{said}");
    empty.done("status");
    assert!(
        !empty.kept("1.0").exists(),
        "a command that reads writes nothing"
    );
    empty.done("register Note 1.0 .");
    let record = empty.record("1.0");
    let code = fs::read(empty.kept("1.0").join("code.bin")).expect("it");
    assert_eq!(on_chain(&empty, &record), code);

    // What is current already changes nothing, and other code under its label is refused.
    let plan = empty.done("plan Note 1.0 .");
    assert_eq!(
        (&plan["is_current"], &plan["ok"]),
        (&true.into(), &true.into())
    );
    let lines = empty.run("note", 0, "plan Note 1.0").printed;
    let current = "✓ it is current already: nothing would change";
    assert!(lines.contains(current), "{lines}");
    empty.edit(&SECOND);
    empty.refused("VersionExists", "plan Note 1.0 .");
}

/// The code that the chain has where the record says.
fn on_chain(empty: &Empty, record: &Value) -> Bytes {
    let account: Address = text(record, "implementation").parse().expect("an address");
    let of = move |chain: &mut stylus_chain::Chain| chain.account(account, BlockId::latest());
    let found = empty.node.with_chain(of);
    found.expect("the chain").expect("an account").code
}

/// When each file of a folder was written.
fn modified(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let files = fs::read_dir(folder).expect("the folder");
    let mut files: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .map(|path| {
            let time = path.metadata().and_then(|found| found.modified());
            (path, time.expect("a time"))
        })
        .collect();
    files.sort();
    files
}
