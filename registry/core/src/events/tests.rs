use super::*;
use stylus_upgrades_interface::{
    ids::{CodeHash, StepKind},
    registry::Step as AlloyStep,
};

const D: B256 = B256::repeat_byte(0xdd);
const A: Address = Address::repeat_byte(0xa1);
const X: B256 = B256::repeat_byte(0x71);

/// Compares an event with alloy's encoding of its type.
fn same(found: Event, expected: impl SolEvent) {
    let topics: Vec<u8> = expected
        .encode_topics()
        .iter()
        .flat_map(|topic| topic.0.0)
        .collect();
    assert_eq!(found.topics * 32, topics.len());
    assert_eq!(found.log, [topics, expected.encode_data()].concat());
}

fn s(text: &str) -> String {
    text.into()
}

#[test]
fn every_event_is_encoded_as_its_type_says() {
    same(
        definition_created(DefinitionId(D), b"A"),
        Registry::DefinitionCreated {
            definition: D,
            name: s("A"),
        },
    );
    same(
        current_changed(DefinitionId(D), b"2.0", 5),
        Registry::CurrentChanged {
            definition: D,
            version: s("2.0"),
            sequence: 5,
        },
    );
    same(
        proposed(DefinitionId(D), ActionId(X), A, b"call", 1, 2, 3),
        Registry::Proposed {
            definition: D,
            action: X,
            proposer: A,
            call: b"call".into(),
            epoch: 1,
            round: 2,
            expires: 3,
        },
    );
    same(
        migration_started(DefinitionId(D), A, b"1.0", b"2.0", A),
        Registry::MigrationStarted {
            definition: D,
            proxy: A,
            from: s("1.0"),
            to: s("2.0"),
            handler: A,
        },
    );
    same(
        migration_ended(DefinitionId(D), A, b"1.0", b"2.0"),
        Registry::MigrationEnded {
            definition: D,
            proxy: A,
            from: s("1.0"),
            to: s("2.0"),
        },
    );
    same(
        migration_aborted(DefinitionId(D), A, b"1.0", b"2.0"),
        Registry::MigrationAborted {
            definition: D,
            proxy: A,
            from: s("1.0"),
            to: s("2.0"),
        },
    );
    same(
        handler_changed(DefinitionId(D), A, A),
        Registry::HandlerChanged {
            definition: D,
            proxy: A,
            handler: A,
        },
    );
    same(
        proxy_created(DefinitionId(D), A, b"1.0", 2),
        Registry::ProxyCreated {
            definition: D,
            proxy: A,
            version: s("1.0"),
            kind: 2,
        },
    );
    same(
        instance_adopted(DefinitionId(D), A, 4),
        Registry::InstanceAdopted {
            definition: D,
            proxy: A,
            kind: 4,
        },
    );
    same(
        instance_transferred(DefinitionId(D), A, A),
        Registry::InstanceTransferred {
            definition: D,
            proxy: A,
            to: A,
        },
    );
    same(
        instance_removed(DefinitionId(D), A),
        Registry::InstanceRemoved {
            definition: D,
            proxy: A,
        },
    );
    same(
        transfer_accepted(DefinitionId(D), A, b"1.0", 1, A),
        Registry::TransferAccepted {
            definition: D,
            proxy: A,
            version: s("1.0"),
            kind: 1,
            registry: A,
        },
    );
    same(
        relay_changed(A, A),
        Registry::RelayChanged {
            proxy: A,
            registry: A,
        },
    );
    same(
        revoked(DefinitionId(D), ActionId(X), A),
        Registry::Revoked {
            definition: D,
            action: X,
            approver: A,
        },
    );
    same(
        cancelled(DefinitionId(D), ActionId(X)),
        Registry::Cancelled {
            definition: D,
            action: X,
        },
    );
    same(
        executed(DefinitionId(D), ActionId(X), 9),
        Registry::Executed {
            definition: D,
            action: X,
            sequence: 9,
        },
    );
    same(
        instance_upgraded(DefinitionId(D), A, b"1.0", b"2.0", 4),
        Registry::InstanceUpgraded {
            definition: D,
            proxy: A,
            from: s("1.0"),
            to: s("2.0"),
            sequence: 4,
        },
    );
    same(
        instance_skipped(DefinitionId(D), A, &[1, 2, 3]),
        Registry::InstanceSkipped {
            definition: D,
            proxy: A,
            reason: vec![1, 2, 3].into(),
        },
    );
    same(
        policy_changed(DefinitionId(D), b"migrate", b"NONE"),
        Registry::PolicyChanged {
            definition: D,
            role: s("migrate"),
            expression: s("NONE"),
        },
    );
    let progress = Progress {
        action: X,
        approvals: 1,
        required: 2,
        executed: false,
    };
    same(
        approved(DefinitionId(D), A, progress.approvals, &progress),
        Registry::Approved {
            definition: D,
            action: X,
            approver: A,
            approvals: 1,
            required: 2,
        },
    );
}

#[test]
fn the_event_of_a_layout_is_encoded_as_its_type_says() {
    same(
        layout_published(X, b"{}"),
        Registry::LayoutPublished {
            layoutHash: X,
            document: b"{}".into(),
        },
    );
}

#[test]
fn the_events_of_a_version_are_encoded_as_their_types_say() {
    let code = Code {
        implementation: A,
        codehash: CodeHash(X),
        layout_hash: B256::repeat_byte(1),
        source_hash: B256::repeat_byte(2),
    };
    same(
        version_added(DefinitionId(D), b"2.0", &code, 8),
        Registry::VersionAdded {
            definition: D,
            version: s("2.0"),
            implementation: A,
            codehash: X,
            layoutHash: code.layout_hash,
            sourceHash: code.source_hash,
            sequence: 8,
        },
    );
    let step = Step {
        from: b"1.0".to_vec(),
        kind: StepKind::SCRIPT,
        script: A,
        script_codehash: CodeHash(X),
        data: vec![7; 40],
    };
    let expected = AlloyStep {
        from: s("1.0"),
        kind: 2,
        script: A,
        scriptCodehash: X,
        data: vec![7; 40].into(),
    };
    same(
        step_added(DefinitionId(D), b"2.0", &step),
        Registry::StepAdded {
            definition: D,
            to: s("2.0"),
            step: expected,
        },
    );
}
