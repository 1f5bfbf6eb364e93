use super::Rebuilt;
use crate::registry::{initial, nothing};
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::Code;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

const DAY: u64 = 86_400;

fn policy_changed(role: &str, expression: &str) -> Event {
    Event::PolicyChanged(abi::PolicyChanged {
        definition: B256::ZERO,
        role: role.into(),
        expression: expression.into(),
    })
}

fn created() -> Rebuilt {
    let mut rebuilt = Rebuilt::of("A");
    rebuilt.feed(
        &Event::DefinitionCreated(abi::DefinitionCreated {
            definition: B256::ZERO,
            name: "A".into(),
        }),
        1,
    );
    for role in ["migrate", "policy", "create"] {
        rebuilt.feed(&policy_changed(role, &team(1)), 1);
    }
    rebuilt
}

fn team(days: u64) -> String {
    let [a, b, c] = [1, 2, 3].map(|n| format!("{:#x}", Address::repeat_byte(n)));
    format!("AND(OutOf(2,{a},{b},{c}),AFTER({}))", days * DAY)
}

fn proposed(epoch: u64, time: u64) -> Event {
    let code = Code {
        implementation: Address::ZERO,
        codehash: B256::ZERO,
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    };
    let call = abi::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code,
        step: nothing("1.0"),
    };
    Event::Proposed(abi::Proposed {
        definition: B256::ZERO,
        action: B256::repeat_byte(7),
        proposer: Address::repeat_byte(1),
        call: call.abi_encode().into(),
        epoch,
        round: 0,
        expires: time + 30 * DAY,
    })
}

fn approved(by: u8) -> Event {
    Event::Approved(abi::Approved {
        definition: B256::ZERO,
        action: B256::repeat_byte(7),
        approver: Address::repeat_byte(by),
        approvals: 1,
        required: 2,
    })
}

#[test]
fn the_policies_of_the_creation_do_not_raise_the_sequence_and_later_ones_do() {
    let mut rebuilt = created();
    assert_eq!((rebuilt.sequence, rebuilt.epoch("policy")), (0, 0));
    rebuilt.feed(&policy_changed("policy", "NONE"), 2);
    assert_eq!((rebuilt.sequence, rebuilt.epoch("policy")), (1, 1));
    assert_eq!(rebuilt.epoch("create"), 0);
}

#[test]
fn a_policy_change_ends_the_actions_of_its_role() {
    let mut rebuilt = created();
    rebuilt.feed(&proposed(0, 5), 5);
    assert_eq!(rebuilt.pending(6).count(), 1);
    rebuilt.feed(&policy_changed("migrate", &team(2)), 6);
    assert_eq!(rebuilt.pending(7).count(), 0);
}

#[test]
fn an_action_lives_thirty_days_from_the_end_of_its_delay() {
    let mut rebuilt = created();
    rebuilt.feed(&proposed(0, 0), 0);
    rebuilt.feed(&approved(1), 0);
    assert_eq!(rebuilt.pending(30 * DAY).count(), 1);
    assert_eq!(rebuilt.pending(30 * DAY + 1).count(), 0);
    rebuilt.feed(&approved(2), 10 * DAY);
    assert_eq!(rebuilt.pending(41 * DAY).count(), 1);
    assert_eq!(rebuilt.pending(41 * DAY + 1).count(), 0);
}

#[test]
fn a_version_that_can_only_be_created_has_no_way_in() {
    let mut rebuilt = created();
    rebuilt.feed(
        &Event::VersionAdded(abi::VersionAdded {
            definition: B256::ZERO,
            version: "1.0".into(),
            implementation: Address::repeat_byte(9),
            codehash: B256::repeat_byte(9),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
            sequence: 1,
        }),
        1,
    );
    rebuilt.feed(
        &Event::StepAdded(abi::StepAdded {
            definition: B256::ZERO,
            to: "1.0".into(),
            step: initial(),
        }),
        1,
    );
    assert_eq!(rebuilt.versions.len(), 1);
    assert!(rebuilt.versions[0].steps.is_empty());
    assert_eq!(rebuilt.sequence, 1);
}
