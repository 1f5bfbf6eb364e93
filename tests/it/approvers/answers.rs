//! View functions that answer otherwise after an upgrade, although the layouts of both versions are the same.

use crate::prelude::*;

use super::adopted::ABSENT;
use super::fixture::Fixture;
use crate::layouts::build_infos::build_info;

const OUTPUTS: [&str; 4] = ["storageLayout", "abi", "metadata", "evm"];

/// Two instances of `VaultV1`, and the code of other versions.
struct Vaults {
    fixture: Fixture,
    info: Value,
}

impl Vaults {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let tools = tempfile::tempdir().expect("a folder");
        let info = build_info(tools.path(), "solidity/Answers.sol", &OUTPUTS).expect("compiled");
        std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
        let vaults = Self { fixture, info };
        let fixture = &vaults.fixture;
        let first = vaults.create("VaultV1").await;
        fixture.decided_with(fixture.owner(1).address());
        fixture.done("policy update A Admin");
        let flags = format!("--layout info.json:VaultV1 {ABSENT}");
        fixture.done(&format!("register A 1.0 {first} {flags}"));
        let init = "--init initialize(address) Admin";
        for _ in 0..2 {
            fixture.done(&format!("create-proxy A 1.0 --kind evm {init} {ABSENT}"));
        }
        vaults
    }

    /// Deploys the code of a version.
    async fn create(&self, name: &str) -> Address {
        let contract = &self.info["output"]["contracts"]["Answers.sol"][name];
        let code = text(&contract["evm"]["bytecode"], "object");
        let code: Bytes = alloy::hex::decode(code).expect("code").into();
        self.fixture.create(name, code).await
    }

    /// The flags of a version.
    async fn version(&self, name: &str) -> String {
        let code = self.create(name).await;
        format!("A 2.0 {code} --layout info.json:{name} {ABSENT}")
    }
}

/// The ids and messages of changed answers in the document of a plan, a line for each.
fn changed_answers(document: &Value) -> String {
    let findings = ["problems", "notes"].map(|list| document[list].as_array().cloned());
    let findings = findings.into_iter().flatten().flatten();
    let changed = findings.filter(|finding| text(finding, "id").starts_with("answer-changed"));
    let lines = changed.map(|finding| {
        let (id, message) = (text(&finding, "id"), text(&finding, "message"));
        format!("{id}: {message}")
    });
    masked(&lines.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn a_version_that_reads_other_slots_or_has_other_decimals_is_refused_by_its_answers() {
    let vaults = Vaults::new().await;
    let fixture = &vaults.fixture;
    let planned = fixture.run(&format!("plan {}", vaults.version("OtherDecimals").await));
    assert_snapshot!(planned.refusal());

    let version = vaults.version("OtherSlots").await;
    let planned = fixture.run(&format!("plan {version}"));
    planned.ends_with(1);
    let found = changed_answers(&planned.document);
    assert_snapshot!(found);

    // Each is accepted by its function.
    let refused = fixture.run(&format!("migrate {version}"));
    refused.ends_with(1);
    assert_eq!(refused.error("name"), "AnswerChanged", "{refused:?}");
    let accepts = refused.accepts();
    fixture.done(&format!("migrate {version} {accepts}"));
}

#[tokio::test]
async fn an_honest_migration_lists_what_it_changes_and_is_not_refused() {
    let vaults = Vaults::new().await;
    let fixture = &vaults.fixture;
    let version = vaults.version("VaultV2").await;
    let migration = format!("{version} --foreign --call migrate(uint256) 7");
    let planned = fixture.done(&format!("plan {migration}"));
    // The time, the block and the sender are the same before and after.
    let found = changed_answers(&planned);
    assert_snapshot!(found);
    let done = fixture.done(&format!("migrate {migration}"));
    assert!(done.to_string().contains("limit(): 10 → 20"), "{done}");
}

#[tokio::test]
async fn an_approver_reads_changed_answers_and_an_expectation_declares_one() {
    let vaults = Vaults::new().await;
    let fixture = &vaults.fixture;
    fixture.done("policy update A AND(Admin,Together)");
    let version = vaults.version("OtherDecimals").await;
    let id = "answer-changed:decimals()";
    let proposed = fixture.run(&format!("migrate {version} --accept {id}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action").to_owned();
    let pending = fixture.run_as_together(&format!("pending {action}"));
    assert!(pending.document.to_string().contains(id), "{pending:?}");
    let approve = format!("approve {action} --layout info.json:OtherDecimals {ABSENT}");
    let refused = fixture.run_as_together(&approve);
    refused.ends_with(1);
    assert!(refused.error("next").contains(id), "{refused:?}");
    fixture
        .run_as_together(&format!("{approve} --accept {id}"))
        .ends_with(0);

    let vaults = Vaults::new().await;
    let fixture = &vaults.fixture;
    let expected = "expect = [\"equal decimals() 18\"]\n";
    std::fs::write(fixture.path("expect.toml"), expected).expect("written");
    let version = vaults.version("OtherDecimals").await;
    let planned = fixture.done(&format!("plan {version} --expect expect.toml"));
    let found = changed_answers(&planned);
    assert_snapshot!(found);
}
