//! A definition whose policy is two of three, and its governed calls.

use super::fixture::{Fixture, account, add_version, initial_step, is, new_proxy};
use crate::prelude::*;

/// Three who decide, of whom two are enough.
pub(super) const TEAM: [usize; 3] = [0, 1, 2];
pub(super) const STRANGER: usize = 5;

pub(super) fn two_of(team: &[usize]) -> String {
    let team: Vec<_> = team.iter().map(|who| is(account(*who))).collect();
    format!("OutOf(2,{})", team.join(","))
}

/// "A" with 1.0, where two of the team decide everything.
pub(super) fn fixture() -> (Fixture, Code) {
    let mut fixture = Fixture::of(&two_of(&TEAM));
    let code = fixture.deploy("counter-v1");
    let first = add_version(&code, "1.0", initial_step());
    together(&mut fixture, &first);
    (fixture, code)
}

/// The first two of the team send it.
pub(super) fn together<C: SolCall<Return = Progress>>(fixture: &mut Fixture, call: &C) {
    let first = fixture.accepted(0, call).returned;
    let second = fixture.accepted(1, call).returned;
    assert!(!first.executed && second.executed);
}

pub(super) fn migration(code: &Code, label: &str, step: Step) -> IRegistry::migrateCall {
    calls::migrate("A", label, code, step)
}

pub(super) fn creation(n: u8, value: u64) -> IRegistry::createProxyCall {
    new_proxy(0, n, calls::initialize_counter(value).abi_encode())
}

/// Both of them create an instance.
pub(super) fn create(fixture: &mut Fixture, n: u8) -> Address {
    let call = creation(n, 7);
    fixture.accepted(0, &call);
    let done = fixture.accepted(1, &call).returned;
    assert!(done.progress.executed);
    done.proxy
}
