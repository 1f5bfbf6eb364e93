use super::super::error::GovernanceError;
use super::{Call, Display, Names};
use crate::registry::{call, nothing};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::Code;
use stylus_upgrades_interface::registry::IRegistry as abi;

fn migrate() -> abi::migrateCall {
    abi::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: Code {
            implementation: Address::repeat_byte(2),
            codehash: B256::repeat_byte(3),
            layoutHash: B256::ZERO,
            sourceHash: B256::repeat_byte(4),
        },
        step: call("1.0", Bytes::from_static(&[1, 2, 3, 4])),
    }
}

fn shown(calldata: &[u8]) -> Display {
    Display::of(calldata, &Names::default()).expect("a governed call")
}

#[test]
fn a_migration_is_shown_with_code_hashes_and_calldata() {
    let text = shown(&migrate().abi_encode()).lines().join("\n");
    for part in [
        "migrate of A",
        "2.0",
        "0x0303",
        "0x0404",
        "1.0",
        "0x01020304 (4 bytes)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_display_that_differs_from_its_payload_is_refused() {
    let honest = migrate().abi_encode();
    let display = shown(&honest);
    assert!(display.require(&honest, &Names::default()).is_ok());
    let mut other = migrate();
    other.code.codehash = B256::repeat_byte(9);
    let refused = display.require(&other.abi_encode(), &Names::default());
    assert!(
        matches!(refused, Err(GovernanceError::DisplayDiffers { shown, actual }) if shown.contains("0303") && actual.contains("0909"))
    );
}

#[test]
fn a_display_with_a_line_more_or_another_payload_is_refused() {
    let honest = migrate().abi_encode();
    let mut longer = shown(&honest);
    longer.fields.push(super::Field {
        name: "note".into(),
        value: "harmless".into(),
    });
    assert!(longer.require(&honest, &Names::default()).is_err());
    let mut other = shown(&honest);
    other.payload = B256::ZERO;
    assert!(other.require(&honest, &Names::default()).is_err());
}

#[test]
fn bytes_that_say_the_same_in_another_way_are_shown_to_nobody() {
    let mut longer = migrate().abi_encode();
    longer.extend_from_slice(&[0; 32]);
    assert!(matches!(
        Display::of(&longer, &Names::default()),
        Err(GovernanceError::Ambiguous { .. })
    ));
    let cut = &migrate().abi_encode()[..100];
    assert!(Display::of(cut, &Names::default()).is_err());
    assert!(matches!(
        Display::of(&[1, 2, 3, 4], &Names::default()),
        Err(GovernanceError::NotGoverned { .. })
    ));
}

#[test]
fn every_subject_is_named_with_the_hash_that_is_approved() {
    let mut with_script = migrate();
    with_script.step.script = Address::repeat_byte(7);
    with_script.step.scriptCodehash = B256::repeat_byte(8);
    let call = Call::decode(&with_script.abi_encode()).expect("it decodes");
    let subjects = call.subjects();
    assert_eq!(subjects.len(), 2);
    assert_eq!(
        subjects[1],
        ("script", Address::repeat_byte(7), B256::repeat_byte(8))
    );
    let bare = abi::addStepCall {
        name: "A".into(),
        version: "2.0".into(),
        step: nothing("1.0"),
    };
    assert!(
        Call::decode(&bare.abi_encode())
            .expect("it decodes")
            .subjects()
            .is_empty()
    );
}
