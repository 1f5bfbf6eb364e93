//! A build-info is its writer's word, until the compiler that it names makes it again on this machine.

use crate::prelude::*;

use super::adopted::ABSENT;
use super::exchanged;
use super::fixture::Fixture;
use crate::command::{Answer, command, key_file};

const OUTPUTS: [&str; 5] = [
    "storageLayout",
    "abi",
    "metadata",
    "evm.bytecode",
    "evm.deployedBytecode",
];

/// Proxies of Solidity with two approvers, and a proposal whose build-info lies.
struct Proposal {
    fixture: Fixture,
    /// With `solc` and the build-infos.
    tools: tempfile::TempDir,
    action: String,
    next: String,
}

impl Proposal {
    /// Of that contract; `file` is what the proposer gives.
    async fn of(next: &str, file: &str) -> Self {
        let fixture = Fixture::new().await;
        let tools = tempfile::tempdir().expect("a folder");
        let info = exchanged::compiled(tools.path(), &OUTPUTS);
        let mut forged = info.clone();
        // The new version is said to have the layout of the old one.
        let contracts = &mut forged["output"]["contracts"]["Exchanged.sol"];
        contracts["After"]["storageLayout"] = contracts["Before"]["storageLayout"].clone();
        for (name, info) in [("honest", &info), ("forged", &forged)] {
            let path = fixture.path(&format!("{name}.json"));
            std::fs::write(path, info.to_string()).expect("written");
        }
        let code = |name: &str| exchanged::code(&info, name);
        exchanged::compiler(tools.path());

        let before = fixture.create("Before", code("Before")).await;
        let code = fixture.create(next, code(next)).await;

        let together = fixture.owner(1);
        key_file(&fixture.path("together"), &together);
        fixture.decided_with(together.address());
        fixture.done("policy update A Admin");
        let first = format!("migrate A 1.0 {before} --layout honest.json:Before {ABSENT}");
        fixture.done(&first);
        fixture.done("policy update A AND(Admin,Together)");
        let second = format!("migrate A 2.0 {code} --layout {file}:{next} {ABSENT}");
        let proposed = fixture.run(&second);
        proposed.ends_with(3);
        Self {
            action: text(&proposed.document, "action").to_owned(),
            next: next.to_owned(),
            fixture,
            tools,
        }
    }

    /// The other approver approves with that file, and perhaps with a compiler in `PATH`.
    fn approve(&self, file: &str, has_solc: bool, accept: &str) -> Answer {
        let approve = format!(
            "approve {} --layout {file}:{} --private-key-path together --dry-run --json {accept}",
            self.action, self.next
        );
        let mut command = command(self.fixture.folder(), &approve);
        command.env("HOME", self.tools.path());
        if has_solc {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = [self.tools.path().join("bin")];
            let path = folders.into_iter().chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(path).expect("folders"));
        }
        Answer::of(command)
    }
}

#[tokio::test]
async fn a_build_info_counts_where_its_compiler_made_it_again() {
    let lie = Proposal::of("After", "forged.json").await;
    let mut told = Vec::new();
    for file in ["forged.json", "honest.json"] {
        let refused = lie.approve(file, true, "");
        refused.is_refused("LayoutDiffers");
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    let truth = Proposal::of("Later", "honest.json").await;
    let approved = truth.approve("honest.json", true, "");
    approved.ends_with(0);
    assert_eq!(approved.document["storage"][0]["verdict"], "safe");
    let said = &approved.document["storage"][0]["partial"];
    let said = said.as_array().expect("a list").iter();
    let of_new = said
        .filter_map(Value::as_str)
        .find(|one| one.starts_with("2.0"));
    assert_eq!(of_new, None, "{approved:?}");
}

#[tokio::test]
async fn a_build_info_whose_compiler_is_not_here_proves_nothing() {
    let lie = Proposal::of("After", "forged.json").await;
    let refused = lie.approve("forged.json", false, "");
    refused.is_refused("NotChecked");
    for accept in ["--accept absent:interface", "--accept absent:code"] {
        assert!(refused.error("next").contains(accept), "{refused:?}");
    }
    let accepted = "--accept absent:interface,absent:code";
    let accepted = lie.approve("forged.json", false, accepted);
    accepted.ends_with(0);
    let why = accepted.document["not_checked"].as_array().expect("a list");
    let why: Vec<&str> = why.iter().filter_map(Value::as_str).collect();
    assert_snapshot!(masked(&why.join("\n")), @"
    checked    layout partial: as the given file says, which was not compiled here (solc [version] is not on this machine: put it into PATH, or run `forge build --use 0.8.37`); 2.0: its layout is the word of a file, which no build compared with the code
    checked    interface absent: the interface of 2.0 is not proven: only its layout document says so, which its proposer wrote; a build proves it (--source)
    checked    code absent: OpenZeppelin's validator did not judge the sources of [address]: the given file was not compiled here (solc [version] is not on this machine: put it into PATH, or run `forge build --use 0.8.37`)
    checked    interface partial: it was built without the framework's attributes; its constants were looked at
    checked    source partial: the hash of the sources is named; only a build compares them with the code (--source)
    ");
}

/// Sources that were not judged are not the same as sources without findings: there is no file, a file without an AST,
/// or a file that no compiler made again here.
#[tokio::test]
async fn what_was_not_judged_is_accepted_by_its_own_id() {
    let proposal = Proposal::of("Allowing", "honest.json").await;
    let action = &proposal.action;
    let looks = format!("pending {action}");
    let shown = proposal.fixture.done(&looks);
    let found = shown["findings"].as_array().expect("findings").iter();
    let code: Vec<&Value> = found.filter(|one| one["id"] == "absent:code").collect();
    assert_eq!(code.len(), 1, "{shown:#}");
    assert_snapshot!(masked(text(code[0], "message")), @"not checked: OpenZeppelin's validator did not judge the sources of [address]: no build-info shows them");

    let stripped = proposal.fixture.path("honest.json");
    let info = std::fs::read_to_string(stripped).expect("read");
    let mut info: Value = serde_json::from_str(&info).expect("JSON");
    let sources = info["output"]["sources"].as_object_mut().expect("sources");
    for source in sources.values_mut() {
        source.as_object_mut().expect("a source").remove("ast");
    }
    let path = proposal.fixture.path("stripped.json");
    std::fs::write(path, info.to_string()).expect("written");

    let without = format!("approve {action} --private-key-path together --dry-run --json");
    let approve = |accept: &str| {
        let words = format!("{without} {accept}");
        Answer::of(command(proposal.fixture.folder(), &words))
    };
    let others = "--accept absent:interface";
    let unsafe_code = "--accept oz-allowed:delegatecall";
    let given = |file: &str, accept: &str| proposal.approve(file, false, accept);
    let mut told = Vec::new();
    for refused in [
        approve(others),
        given("stripped.json", others),
        given("honest.json", others),
    ] {
        refused.is_refused("NotChecked");
        let next = refused.error("next");
        assert!(next.ends_with("--accept absent:code"), "{next}");
        told.push(refused.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    let accepted = format!("{others} --accept absent:code");
    approve(&accepted).ends_with(0);
    given("stripped.json", &accepted).ends_with(0);
    let judged = proposal.approve("honest.json", true, unsafe_code);
    judged.ends_with(0);
    assert_eq!(judged.document["coverage"]["code"], "complete");
}

/// A tag is its author's word: an approver does not take it for granted.
#[tokio::test]
async fn what_a_tag_allows_is_accepted_by_each_approver() {
    let proposal = Proposal::of("Allowing", "honest.json").await;
    let refused = proposal.approve("honest.json", true, "");
    refused.is_refused("UnsafeCode");
    assert_snapshot!(refused.refusal(), @"
    message: [address] has operations that OpenZeppelin's validator refuses behind a proxy:
      oz-allowed:delegatecall  its author allows delegatecall in run(address,bytes) (Exchanged.sol) (@custom:oz-upgrades-unsafe-allow)
    expected: code that passes the validations of OpenZeppelin Upgrades
    found: oz-allowed:delegatecall
    next: to refuse the action, so that everybody sees it: stylus-upgrades revoke [hex]. The rest is for who proposed it, or accepts it; read each in the sources, and accept only what you would allow; to accept it: --accept oz-allowed:delegatecall
    ");
    let id = "oz-allowed:delegatecall";
    assert!(refused.error("next").contains(id), "{refused:?}");
    let approved = proposal.approve("honest.json", true, &format!("--accept {id}"));
    approved.ends_with(0);
}
