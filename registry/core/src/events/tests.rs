use super::*;
use stylus_upgrades_interface::{
    ids::{CodeHash, StepKind},
    registry::Step as AlloyStep,
};

const D: B256 = B256::repeat_byte(0xdd);
const A: Address = Address::repeat_byte(0xa1);
const X: B256 = B256::repeat_byte(0x71);

/// An event as alloy encodes its type.
pub(super) fn by_alloy(event: &impl SolEvent) -> RegistryLog {
    let topics = event.encode_topics();
    let words = topics.iter().flat_map(|topic| topic.0.0);
    RegistryLog {
        topics: topics.len(),
        log: words.chain(event.encode_data()).collect(),
    }
}

/// Compares an event with alloy's encoding of its type.
fn same(found: RegistryLog, expected: impl SolEvent) {
    assert_eq!(found, by_alloy(&expected));
}

fn s(text: &str) -> String {
    text.into()
}

#[test]
fn every_event_is_encoded_as_its_type_says() {
    for (found, expected) in each() {
        assert_eq!(found, expected);
    }
}

#[test]
fn events_about_an_action_or_with_structs_are_encoded_as_their_types_say() {
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
fn the_events_of_a_version_are_encoded_as_their_types_say() {
    let code = VersionCode {
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
    let step = MigrationStep {
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
