//! Findings of OpenZeppelin's validator in a version, compared with the previous version.

use crate::prelude::*;
use alloy::hex;

use super::adopted::ABSENT;
use super::exchanged::compiler;
use super::fixture::Fixture;
use crate::layouts::build_infos::build_info;

#[tokio::test]
async fn what_the_live_version_has_as_well_asks_for_nothing() {
    let fixture = Fixture::new().await;
    let tools = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "metadata", "evm"];
    let info = build_info(tools.path(), "solidity/Judged.sol", &outputs).expect("compiled");
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    let bin = compiler(tools.path());
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    let accepted = ABSENT.replace(",absent:code", "");
    let migrate = async |version: &str, name: &'static str, more: &str| {
        let contract = &info["output"]["contracts"]["Judged.sol"][name]["evm"]["bytecode"];
        let code = hex::decode(text(contract, "object")).expect("code");
        let code = fixture.create(name, code.into()).await;
        let words =
            format!("migrate A {version} {code} --layout info.json:{name} {accepted}{more}");
        fixture.run_with_solc(&words, &[&bin])
    };
    let run = "oz:delegatecall:run(address,bytes)";
    let refused = migrate("1.0", "Teller", "").await;
    refused.is_refused("UnsafeCode");
    assert!(refused.error("next").contains(run), "{refused:?}");
    migrate("1.0", "Teller", &format!(",{run}"))
        .await
        .ends_with(0);

    // Nothing is accepted here, and the finding is reported.
    let kept = migrate("2.0", "Cashier", "").await;
    kept.ends_with(0);
    let notes = kept.document.to_string();
    assert!(
        notes.contains("finds what 1.0 has as well: delegatecall (Teller.run(address,bytes))"),
        "{notes}"
    );

    let refused = migrate("3.0", "Closer", "").await;
    refused.is_refused("UnsafeCode");
    assert_snapshot!(refused.refusal(), @"
    message: [address] has operations that OpenZeppelin's validator refuses behind a proxy:
      oz:selfdestruct:close(address)  close(address) (Judged.sol): Use of selfdestruct is not allowed
    expected: code that passes the validations of OpenZeppelin Upgrades
    found: oz:selfdestruct:close(address)
    next: change the source; if the operation is safe here, allow it there (/// @custom:oz-upgrades-unsafe-allow KIND); to accept it: --accept 'oz:selfdestruct:close(address)'
    ");
}
