//! Whatever a view shows can be rebuilt from events and block times.

use super::fixture::Scenario;
use crate::prelude::*;
use crate::registry::fixture::{Fixture, account, is};

/// A lambda that says yes once its time has come: TIMESTAMP > limit.
fn says_yes_after(fixture: &mut Fixture, limit: u64) -> Address {
    let mut code = vec![0x67]; // PUSH8 limit
    code.extend(limit.to_be_bytes());
    // TIMESTAMP GT PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    code.extend([0x42, 0x11, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    fixture.deploy_evm(&code)
}

#[test]
fn the_start_of_a_delay_is_an_event_even_where_a_lambda_started_it() {
    let mut fixture = Fixture::new(&is(account(0)));
    let limit = 1_800_000_000 + 10_000;
    let lambda = says_yes_after(&mut fixture, limit);
    fixture.defined(&format!(
        "AND({},CALL({lambda:?}),AFTER(3600))",
        is(account(0))
    ));
    let order = calls::set_policy("A", "audit", is(account(7)));
    let action = fixture.records(0, &order);
    let readiness = IRegistry::readinessCall { action };
    assert_eq!(fixture.view(&readiness).expect("open").notBefore, 0);
    fixture.wait(20_000);
    let started = fixture.accepted(0, &order);
    let now = fixture.chain.next_timestamp();
    let open = fixture.view(&readiness).expect("open");
    assert!(open.notBefore > limit + 3_600 && open.notBefore <= now + 3_600);
    let answer = started.events::<IRegistry::Approved>();
    assert_eq!(answer.len(), 1, "an event tells of it");
    assert_eq!((answer[0].approver, answer[0].approvals), (account(0), 1));
    fixture.wait(3_700);
    let done = fixture.accepted(5, &order).returned;
    assert!(done.executed);
}

#[test]
fn value_sent_ahead_to_where_a_proxy_will_be_created_stops_nothing() {
    let mut scenario = Scenario::new();
    let creation = scenario.creation(2, "1.0");
    let query = calls::proxy_address("A", 0, B256::repeat_byte(2));
    let proxy = scenario.view(&query).expect("an address");
    scenario
        .raw(account(5), proxy, Bytes::new(), U256::from(7), 100_000)
        .expect("a gift");
    let instance = scenario.govern(&creation).expect("created").returned;
    assert_eq!(instance.proxy, proxy);
}
