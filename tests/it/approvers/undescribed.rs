//! Code that nobody described: no layout, no interface, no sources that were searched.

use crate::prelude::*;
use stylus_upgrades_tests::contracts::folder;

use super::adopted::{give, transparent_asking};
use super::fixture::Fixture;

alloy::sol! {
    interface IUnguarded {
        function initialize(address keeper, address logic, uint256 fee) external;
        function fee() external view returns (uint256);
    }
}

/// What of such code is asked for.
const ABSENT: [&str; 3] = ["absent:layout", "absent:interface", "absent:code"];

fn deployed(fixture: &Fixture, package: &str) -> String {
    let source = folder(package).display().to_string();
    text(&fixture.done(&format!("deploy {source}")), "address").to_owned()
}

/// Asserts that a command is refused for the want of all these.
fn asks(fixture: &Fixture, words: &str, ids: &[&str]) {
    let refused = fixture.run(words);
    assert_ne!(refused.document["executed"], true, "{refused:?}");
    let told = refused.document["error"].to_string();
    for id in ABSENT.iter().chain(ids) {
        assert_eq!(told.contains(id), ids.contains(id), "{id}: {told}");
    }
}

#[tokio::test]
async fn code_that_nobody_described_is_registered_and_adopted_by_name_alone() {
    let fixture = Fixture::new().await;
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    let source = folder("unguarded").display().to_string();
    let deployed_here = fixture.run(&format!("deploy {source}"));
    let warns = "initialize(address,address,uint256)";
    assert!(
        format!("{deployed_here:?}").contains(warns),
        "{deployed_here:?}"
    );
    let code = text(&deployed_here.document, "address").to_owned();
    let register = format!("register A 1.0 {code}");
    asks(&fixture, &register, &ABSENT);
    // Its crate shows its sources, and neither a layout nor an interface.
    asks(
        &fixture,
        &format!("{register} --layout {source}"),
        &ABSENT[..2],
    );
    let other = folder("owned").display().to_string();
    let refused = fixture.run(&format!("{register} --layout {other}"));
    assert_eq!(refused.error("name"), "LayoutOfOther", "{refused:?}");
    let accept = "--accept absent:layout,absent:interface,absent:code,absent:source,absent:steps";
    fixture.done(&format!("{register} {accept}"));
    // What comes after it is asked for again.
    let second = deployed(&fixture, "dead_branches");
    let migrate = format!("migrate A 2.0 {second} --accept not-compared,migration-omitted");
    asks(&fixture, &migrate, &ABSENT[1..]);
    // So is given code of the EVM.
    let given = fixture.create("given bytes", evm_code()).await;
    fixture.done("define B --migrate Admin");
    asks(&fixture, &format!("register B 1.0 {given}"), &ABSENT);

    // Whoever gives a proxy away learns who can take it, by a usual name.
    let program = code.parse().expect("an address");
    let (proxy, admin) = transparent_asking(&fixture, program, &IUnguarded::feeCall {}).await;
    give(&fixture, admin, "A").await;
    let adopt = format!("adopt A {proxy} 1.0");
    asks(&fixture, &adopt, &ABSENT);
    let refused = fixture.run(&format!("{adopt} {accept}"));
    let open = format!("stranger:{}", IUnguarded::initializeCall::SIGNATURE);
    assert!(refused.error("expected").contains(&open), "{refused:?}");
    let owner = fixture.owner(0).address();
    let (keeper, logic, fee) = (owner, owner, U256::from(7));
    fixture
        .send(proxy, &IUnguarded::initializeCall { keeper, logic, fee })
        .await;
    fixture.done(&format!("{adopt} {accept}"));
}

/// Creation code of a contract that answers nothing.
fn evm_code() -> Bytes {
    // PUSH2 6080 PUSH0 MSTORE PUSH1 2 PUSH1 30 RETURN
    Bytes::from_static(&[0x61, 0x60, 0x80, 0x5f, 0x52, 0x60, 0x02, 0x60, 0x1e, 0xf3])
}
