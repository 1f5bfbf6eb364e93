use super::*;
use alloy::primitives::{B256, Bytes};
use stylus_upgrades_interface::registry::{Code, Step};

const DAY: u64 = 86_400;

fn nothing(from: &str) -> Step {
    Step {
        from: from.into(),
        kind: 0,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Bytes::new(),
    }
}

fn policy_changed(role: &str, expression: &str) -> Event {
    Event::PolicyChanged(abi::PolicyChanged {
        definition: B256::ZERO,
        role: role.into(),
        expression: expression.into(),
    })
}

fn created() -> Definition {
    let mut definition = Definition::before_events("A");
    let created = abi::DefinitionCreated {
        definition: B256::ZERO,
        name: "A".into(),
    };
    definition.feed(&Event::DefinitionCreated(created), 1);
    for role in ["migrate", "policy", "create"] {
        definition.feed(&policy_changed(role, &team(1)), 1);
    }
    definition
}

fn team(days: u64) -> String {
    let [a, b, c] = [1, 2, 3].map(|n| format!("{:#x}", Address::repeat_byte(n)));
    format!("AND(OutOf(2,{a},{b},{c}),AFTER({}))", days * DAY)
}

/// A proposal by account 1 in the first epoch and round.
fn proposal(action: B256, call: &impl SolCall, expires: u64) -> Event {
    Event::Proposed(abi::Proposed {
        definition: B256::ZERO,
        action,
        proposer: Address::repeat_byte(1),
        call: call.abi_encode().into(),
        epoch: 0,
        round: 0,
        expires,
    })
}

fn proposed(time: u64) -> Event {
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
    proposal(B256::repeat_byte(7), &call, time + 30 * DAY)
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
    let mut definition = created();
    assert_eq!((definition.sequence, definition.epoch("policy")), (0, 0));
    definition.feed(&policy_changed("policy", "NONE"), 2);
    assert_eq!((definition.sequence, definition.epoch("policy")), (1, 1));
    assert_eq!(definition.epoch("create"), 0);
}

#[test]
fn a_policy_change_ends_the_actions_of_its_role() {
    let mut definition = created();
    definition.feed(&proposed(5), 5);
    assert_eq!(definition.pending(6).count(), 1);
    definition.feed(&policy_changed("migrate", &team(2)), 6);
    assert_eq!(definition.pending(7).count(), 0);
}

#[test]
fn an_acceptance_ends_with_the_next_migrate_and_with_another_policy_of_that_role() {
    let expected = |event: Option<Event>| {
        let mut definition = created();
        let accepted = abi::TransferAccepted {
            definition: B256::ZERO,
            proxy: Address::repeat_byte(9),
            version: "1.0".into(),
            registry: Address::repeat_byte(8),
            nonce: 0,
        };
        definition.feed(&Event::TransferAccepted(accepted), 2);
        if let Some(event) = event {
            definition.feed(&event, 3);
        }
        definition.accepted.len()
    };
    let migrated = abi::CurrentChanged {
        definition: B256::ZERO,
        version: "2.0".into(),
        sequence: 2,
    };
    assert_eq!(expected(None), 1);
    assert_eq!(expected(Some(policy_changed("create", &team(2)))), 1);
    assert_eq!(expected(Some(policy_changed("migrate", &team(2)))), 0);
    assert_eq!(expected(Some(Event::CurrentChanged(migrated))), 0);
}

#[test]
fn an_action_lives_thirty_days_from_the_end_of_its_delay() {
    let mut definition = created();
    definition.feed(&proposed(0), 0);
    definition.feed(&approved(1), 0);
    assert_eq!(definition.pending(30 * DAY).count(), 1);
    assert_eq!(definition.pending(30 * DAY + 1).count(), 0);
    definition.feed(&approved(2), 10 * DAY);
    assert_eq!(definition.pending(41 * DAY).count(), 1);
    assert_eq!(definition.pending(41 * DAY + 1).count(), 0);
    let mut late = created();
    late.feed(&proposed(0), u64::MAX); // whatever time an endpoint says
    late.feed(&approved(1), u64::MAX);
    assert_eq!(late.pending(u64::MAX).count(), 1);
}

#[test]
fn a_version_that_can_only_be_created_has_no_way_in() {
    let mut definition = created();
    let added = abi::VersionAdded {
        definition: B256::ZERO,
        version: "1.0".into(),
        implementation: Address::repeat_byte(9),
        codehash: B256::repeat_byte(9),
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
        sequence: 1,
    };
    let step = abi::StepAdded {
        definition: B256::ZERO,
        to: "1.0".into(),
        step: nothing(""),
    };
    definition.feed(&Event::VersionAdded(added), 1);
    definition.feed(&Event::StepAdded(step), 1);
    assert_eq!(definition.versions.len(), 1);
    assert!(definition.versions[0].steps.is_empty());
    assert_eq!(definition.sequence, 1);
}

#[test]
fn a_migration_is_under_way_until_it_ends_or_is_rolled_back() {
    let mut one = created();
    let (definition, proxy) = (one.id().0, Address::with_last_byte(1));
    let [from, to] = ["1.0", "2.0"].map(String::from);
    let created = abi::ProxyCreated {
        definition,
        proxy,
        version: from.clone(),
        kind: 0,
    };
    one.feed(&Event::ProxyCreated(created), 1);
    let handler = Address::with_last_byte(9);
    let started = Event::MigrationStarted(abi::MigrationStarted {
        definition,
        proxy,
        from: from.clone(),
        to: to.clone(),
        handler,
    });
    let ended = Event::MigrationEnded(abi::MigrationEnded {
        definition,
        proxy,
        from: from.clone(),
        to: to.clone(),
    });
    let aborted = Event::MigrationAborted(abi::MigrationAborted {
        definition,
        proxy,
        from,
        to,
    });
    for end in [ended, aborted] {
        one.feed(&started, 77);
        assert_eq!(one.begun.get(&proxy).map(|begun| begun.time), Some(77));
        assert_eq!(one.instances[0].state, InstanceState::Migrating);
        let changed = abi::HandlerChanged {
            definition,
            proxy,
            handler: proxy,
        };
        one.feed(&Event::HandlerChanged(changed), 78);
        let handler = one.begun.get(&proxy).map(|begun| begun.handler);
        assert_eq!(handler, Some(proxy));
        one.feed(&end, 79);
        assert!(one.begun.is_empty());
        assert_eq!(one.instances[0].state, InstanceState::Live);
    }
}

#[test]
fn a_definition_is_frozen_by_its_policy_and_paused_whatever_that_is() {
    let mut one = created();
    let definition = one.id().0;
    assert_eq!(one.state, DefinitionState::Live);
    one.feed(&policy_changed("migrate", "NONE"), 2);
    assert_eq!(one.state, DefinitionState::Frozen);
    one.feed(&Event::Paused(abi::Paused { definition }), 3);
    one.feed(&policy_changed("create", "NONE"), 3);
    assert_eq!(one.state, DefinitionState::Paused);
    one.feed(&Event::Resumed(abi::Resumed { definition }), 4);
    assert_eq!(one.state, DefinitionState::Frozen);
}

#[test]
fn an_executed_abort_has_the_migration_go_back() {
    let mut one = created();
    let (definition, proxy) = (one.id().0, Address::repeat_byte(8));
    let action = B256::repeat_byte(5);
    one.arrives(proxy, "1.0", ProxyKind::Wasm);
    one.turns(proxy, InstanceState::Migrating);
    let name = String::from("A");
    let abort = abi::abortMigrationCall {
        name,
        proxy,
        nonce: 1,
    };
    one.feed(&proposal(action, &abort, 9), 1);
    assert_eq!(one.open[&action.into()].role, "migrate");
    assert_eq!(one.instances[0].state, InstanceState::Migrating);
    let executed = abi::Executed {
        definition,
        action,
        sequence: 0,
    };
    one.feed(&Event::Executed(executed), 2);
    assert_eq!(one.instances[0].state, InstanceState::TurningBack);
}

#[test]
fn every_governed_call_asks_for_a_role_and_nothing_else_does() {
    for (selector, name, _) in SOURCES {
        assert!(role_asked_for(&selector).is_some(), "{name}");
    }
    for calldata in [&[][..], &[1, 2, 3], &abi::rolloutCall::SELECTOR] {
        assert_eq!(role_asked_for(calldata), None);
    }
}
