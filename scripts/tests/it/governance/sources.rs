//! Somebody in another folder, with nothing but an endpoint, a key and a checkout of the author's
//! sources, approves and verifies what was registered elsewhere.

use crate::prelude::*;
use crate::sources::project::{Project, home};
use std::process::Command;
use stylus_upgrades_test_support::compilers;

/// What nobody says of the contract of these sources, which derives no layout and declares no functions.
const UNDESCRIBED: &str = "--accept absent:layout,absent:interface";

/// A folder with a key in it, and another home than the first folder's.
struct Stranger<'s> {
    folder: tempfile::TempDir,
    sandbox: &'s Sandbox,
}

impl<'s> Stranger<'s> {
    fn of(sandbox: &'s Sandbox, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(sandbox.path(name), folder.path().join("key")).expect("a key");
        Self { folder, sandbox }
    }

    fn run(&self, words: &str) -> Answer {
        let (endpoint, registry) = (self.sandbox.node.endpoint(), self.sandbox.registry());
        let words = format!("{words} --rpc-url {endpoint} --registry {registry}");
        let mut command = self.sandbox.command_of("key", &words);
        command.current_dir(self.folder.path()).envs(compilers());
        let output = command
            .env("HOME", self.folder.path().join("home"))
            .output();
        Answer::of(output.expect("it starts"))
    }
}

/// The youngest artifact that the cache holds for sources: earlier builders may have kept others.
fn kept(source_hash: &str) -> (PathBuf, Value) {
    let folder = home().join("target/contracts/artifacts");
    let mut found = None;
    for entry in std::fs::read_dir(&folder).expect("the cache").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("tiny-") || !name.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("a record");
        let record: Value = serde_json::from_str(&text).expect("a record");
        if record["info"]["source_hash"] == source_hash {
            let at = entry.metadata().and_then(|one| one.modified());
            found = found.max(Some((at.expect("a time"), entry.path())));
        }
    }
    let (_, path) = found.unwrap_or_else(|| panic!("no build of {source_hash}"));
    let record = std::fs::read(&path).expect("a record");
    (path, serde_json::from_slice(&record).expect("a record"))
}

/// Has the cache answer with the artifact of `genuine` for the sources of `other`.
fn plant(genuine: &str, other: &str) {
    let (_, mut lie) = kept(genuine);
    let (to, record) = kept(other);
    lie["key"] = record["key"].clone();
    std::fs::write(to, lie.to_string()).expect("planted");
}

#[test]
fn another_folder_with_an_endpoint_and_a_key_approves_and_verifies_by_the_source_alone() {
    const EDITED: &str = "work/contract/src/tests/mod.rs";
    let sandbox = Sandbox::new();
    sandbox.done("Admin", &format!("define A --migrate {BOTH}"));
    let (author, checkout) = (Project::new(), Project::new());
    let [authors, there] = [&author, &checkout].map(|it| it.contract().display().to_string());
    let proposed = sandbox.proposed("Admin", &format!("register A 1.0 {authors} {UNDESCRIBED}"));
    let action = text(&proposed, "action");
    let genuine = text(&proposed, "source_hash").to_owned();

    // The same sources but for one file, below `src/tests`: other code, and nobody approves it.
    let other = Stranger::of(&sandbox, "Admin2");
    let right = std::fs::read_to_string(checkout.path(EDITED)).expect("it");
    checkout.write(EDITED, "pub const VALUE: &str = \"tests: edited\";\n");
    let approve = format!("approve {action} --source {there} {UNDESCRIBED}");
    other.run(&approve).is(1, "ArtifactDiffers");
    let deployed = sandbox.done("Admin", &format!("deploy {there}"));
    let edited = text(&deployed, "source_hash");
    assert_ne!(edited, genuine);

    // Nor if the cache says that they are the same.
    plant(&genuine, edited);
    let lied = sandbox.done("Admin", &format!("deploy {there}"));
    assert_eq!(text(&lied, "codehash"), text(&proposed, "codehash"));
    other.run(&approve).is(1, "ArtifactDiffers");

    checkout.write(EDITED, &right);
    other.run(&approve).ends(0).has(json!({"executed": true}));

    // This contract declares neither a layout nor steps.
    let absent = "--accept absent:layout --accept absent:steps";
    let verify = format!("verify A --version 1.0 --source {there} {absent}");
    let verified = other.run(&verify);
    let held = checks(verified.ends(0), true).into_iter();
    let about = held.filter(|what| what.starts_with(&there));
    assert_eq!(about.count(), 2, "code and source hash: {verified:?}");
    checkout.write("work/contract/notes.md", "changes no code");
    other.run(&verify).ends(1);
}

#[test]
fn a_file_of_wasm_is_no_source() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", &format!("define A --migrate {BOTH}"));
    let project = Project::new();
    let folder = project.contract().display().to_string();
    let proposed = sandbox.proposed("Admin", &format!("register A 1.0 {folder} {UNDESCRIBED}"));
    let (_, record) = kept(text(&proposed, "source_hash"));
    let wasm = project.path("tiny.wasm");
    let code = hex::decode(text(&record, "wasm")).expect("digits");
    std::fs::write(&wasm, code).expect("written");
    let action = text(&proposed, "action");
    let approve = format!("approve {action} --source {}", wasm.display());
    sandbox.run("Admin2", &approve).ends(2);
}

/// What a source hash names has to be found by others: on a public chain it names the sources of a commit.
#[test]
fn sources_of_no_commit_have_no_source_hash_on_a_public_chain() {
    const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";
    let mut config = NodeConfig::default();
    config.chain.chain_id = 421_614;
    let sandbox = Sandbox::on(config);
    sandbox.done("Admin", "registry deploy --save");
    sandbox.done("Admin", &format!("define A --migrate {BOTH}"));
    let project = Project::new();
    let folder = project.contract().display().to_string();
    let git = |words: &str| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        let status = git
            .args(words.list())
            .current_dir(project.path(""))
            .status();
        assert!(status.expect("git").success(), "{words}");
    };
    git("init --quiet");
    git("add --all");
    git("commit --quiet -m x");
    project.write("work/contract/src/more.rs", "// not committed");
    let deploy = format!("deploy {folder}");
    let register = format!("register A 1.0 {folder} {UNDESCRIBED}");
    let dirty = sandbox.run("Admin", &register);
    assert_snapshot!(dirty.notes(), @"
    others cannot verify tiny: Stylus.toml is not beside the manifest of its workspace
    the source hash of tiny is zero: its sources are not those of a commit
    sending deploy tiny: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    sending activate tiny: about [amount] ETH, [number] L1+L2 gas
    tiny is at [address]: it is new
    register A 1.0  (decided by migrate)
    sending register A 1.0: about [amount] ETH, [number] L1+L2 gas
    ");
    let dirty = dirty.ends(3);
    assert_eq!(text(dirty, "source_hash"), ZERO);
    // An approver who has these files has the same code, and is told that nobody names them.
    let action = text(dirty, "action").to_owned();
    let approve = format!("approve {action} --source {folder} {UNDESCRIBED}");
    let approved = sandbox.run("Admin2", &approve);
    assert_snapshot!(approved.notes());
    approved.ends(0).has(json!({"executed": true}));

    // A commit of the same files has a hash, and the code that is registered already.
    let codehash = text(dirty, "codehash");
    git("add --all");
    git("commit --quiet -m y");
    let clean = sandbox.done("Admin", &deploy);
    assert_eq!(text(&clean, "codehash"), codehash);
    assert_ne!(text(&clean, "source_hash"), ZERO);
    let absent = "--accept absent:layout --accept absent:steps --accept absent:source";
    sandbox
        .run(
            "Admin",
            &format!("verify A --version 1.0 --source {folder} {absent}"),
        )
        .ends(0);
}
