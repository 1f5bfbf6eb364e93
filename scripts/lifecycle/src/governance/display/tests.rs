use super::{Call, Display};
use crate::error::Explain;
use crate::ids::{CalldataHash, CodeHash};
use crate::names::Names;
use crate::registry::{call, initial, nothing};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

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
    let calldata = "0x01020304 (4 bytes)";
    for part in ["migrate of A", "2.0", "0x0303", "0x0404", "1.0", calldata] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_display_that_differs_from_its_payload_is_refused() {
    let honest = migrate().abi_encode();
    let display = shown(&honest);
    assert!(
        display
            .require_same_text(&honest, &Names::default())
            .is_ok()
    );
    let mut other = migrate();
    other.code.codehash = B256::repeat_byte(9);
    let refused = display.require_same_text(&other.abi_encode(), &Names::default());
    let refused = refused.expect_err("it differs");
    assert_eq!(refused.name(), "DisplayDiffers");
    let shown = refused.found().expect("it");
    let actual = refused.expected().expect("it");
    assert!(
        shown.contains("0303") && actual.contains("0909"),
        "{shown} {actual}"
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
    assert!(
        longer
            .require_same_text(&honest, &Names::default())
            .is_err()
    );
    let mut other = shown(&honest);
    other.payload = CalldataHash::ZERO;
    assert!(other.require_same_text(&honest, &Names::default()).is_err());
}

#[test]
fn bytes_that_say_the_same_in_another_way_are_shown_to_nobody() {
    let mut longer = migrate().abi_encode();
    longer.extend_from_slice(&[0; 32]);
    let refused =
        |bytes: &[u8]| Display::of(bytes, &Names::default()).map_err(|error| error.name());
    assert_eq!(refused(&longer), Err("Ambiguous".into()));
    let cut = &migrate().abi_encode()[..100];
    assert!(Display::of(cut, &Names::default()).is_err());
    assert_eq!(refused(&[1, 2, 3, 4]), Err("NotGoverned".into()));
}

#[test]
fn every_subject_is_named_with_the_hash_that_is_approved() {
    let mut with_script = migrate();
    with_script.step.script = Address::repeat_byte(7);
    with_script.step.scriptCodehash = B256::repeat_byte(8);
    // What a step names is its script where its kind runs one, else its check.
    let named = (Address::repeat_byte(7), CodeHash(B256::repeat_byte(8)));
    for (kind, what) in [
        (step::SCRIPT, "script"),
        (step::COMPLEX, "script"),
        (step::NONE, "check"),
        (step::CALL, "check"),
        (step::FOREIGN_CALL, "check"),
    ] {
        with_script.step.kind = kind;
        let bytes = with_script.abi_encode();
        let call = Call::decode(&bytes).expect("it decodes");
        let subjects = call.subjects();
        assert_eq!(subjects.len(), 2);
        assert_eq!(subjects[1], (what, named.0, named.1), "{kind}");
        let fields = fields(&bytes);
        assert!(has(&fields, what, &named.0.to_string()), "{fields:?}");
    }
    let bare = abi::addStepCall {
        name: "A".into(),
        version: "2.0".into(),
        step: nothing("1.0"),
    };
    let bare = Call::decode(&bare.abi_encode()).expect("it decodes");
    assert!(bare.subjects().is_empty());
}

/// Labels and values.
fn fields(calldata: &[u8]) -> Vec<(String, String)> {
    let fields = shown(calldata).fields.into_iter();
    fields.map(|field| (field.name, field.value)).collect()
}

fn has(fields: &[(String, String)], label: &str, value: &str) -> bool {
    let mut fields = fields.iter();
    fields.any(|(name, shown)| name == label && shown.starts_with(value))
}

/// A call is shown with each of these labels, and with values that begin so.
#[track_caller]
fn shows(call: &impl SolCall, wanted: &[(&str, &str)]) {
    let fields = fields(&call.abi_encode());
    for (label, value) in wanted {
        assert!(has(&fields, label, value), "{label} {value}: {fields:?}");
    }
}

/// A step with a script, its hash and calldata, from that version.
fn script(from: &str) -> Step {
    Step {
        kind: step::SCRIPT,
        script: Address::repeat_byte(7),
        scriptCodehash: B256::repeat_byte(8),
        ..call(from, Bytes::from_static(&[0x11, 0x22, 0x33, 0x44]))
    }
}

#[test]
fn a_step_is_shown_in_full_whatever_the_versions_are_called() {
    let script_of = Address::repeat_byte(7).to_string();
    let hash = B256::repeat_byte(8).to_string();
    for from in ["0x", "0x0", "0x00", "0", "00", "1.0", ""] {
        let step = script(from);
        let add = abi::addStepCall {
            name: "A".into(),
            version: "0x0".into(),
            step: step.clone(),
        };
        let version = abi::addVersionCall {
            name: "A".into(),
            version: "0x0".into(),
            code: migrate().code,
            step: step.clone(),
        };
        let mut with_script = migrate();
        with_script.version = "0x0".into();
        with_script.step = step;
        let calls = [
            add.abi_encode(),
            version.abi_encode(),
            with_script.abi_encode(),
        ];
        for call in calls {
            let fields = fields(&call);
            match from {
                "" => assert!(has(&fields, "reached", "only by creation"), "{fields:?}"),
                _ => {
                    assert!(fields.contains(&("from".into(), from.into())), "{fields:?}");
                    assert!(!has(&fields, "reached", ""), "{fields:?}");
                }
            }
            for (label, value) in [
                ("version", "0x0"),
                ("migration", "a script"),
                ("script", &script_of),
                ("script hash", &hash),
                ("calldata", "0x11223344 "),
            ] {
                assert!(has(&fields, label, value), "{label}: {fields:?}");
            }
        }
    }
}

#[test]
fn only_what_is_empty_is_left_out() {
    let mut created = migrate();
    created.step = initial();
    let labels = fields(&created.abi_encode());
    let last = ("reached".to_owned(), "only by creation".to_owned());
    assert_eq!(labels.last(), Some(&last));
    // One field at a time that is not empty, after an empty `from`.
    type Change = fn(&mut Step);
    let more: [(&str, Change); 4] = [
        ("migration", |step| step.kind = 1),
        ("check", |step| step.script = Address::with_last_byte(1)),
        ("check hash", |step| {
            step.scriptCodehash = B256::with_last_byte(1)
        }),
        ("calldata", |step| step.data = Bytes::from_static(&[0; 4])),
    ];
    for (label, change) in more {
        created.step = initial();
        change(&mut created.step);
        shows(&created, &[(label, "")]);
    }
    let mut code = migrate();
    code.code.layoutHash = B256::with_last_byte(1);
    code.code.sourceHash = B256::ZERO;
    let fields = fields(&code.abi_encode());
    assert!(has(&fields, "layout hash", "0x00"), "{fields:?}");
    assert!(!has(&fields, "source hash", ""), "{fields:?}");
}

#[test]
fn calldata_of_zeros_are_shown_and_none_are_none() {
    for (bytes, text) in [
        (&[][..], "none"),
        (&[0], "0x00 (1 bytes)"),
        (&[0; 4], "0x00000000 (4 bytes)"),
    ] {
        let create = abi::createProxyCall {
            name: "A".into(),
            version: "0x0".into(),
            kind: 0,
            salt: B256::ZERO,
            initData: Bytes::copy_from_slice(bytes),
        };
        let salt = ("salt", &*B256::ZERO.to_string());
        shows(&create, &[("version", "0x0"), ("kind", ""), salt]);
        let fields = fields(&create.abi_encode());
        let is_shown = fields.contains(&("initializer".into(), text.into()));
        assert!(is_shown, "{fields:?}");
        let mut with_step = migrate();
        with_step.step = call("0x00", Bytes::copy_from_slice(bytes));
        let fields = self::fields(&with_step.abi_encode());
        let is_shown = fields.contains(&("calldata".into(), text.into()));
        assert_eq!(is_shown, !bytes.is_empty(), "{fields:?}");
    }
}

#[test]
fn names_roles_accounts_and_policies_that_look_empty_are_shown() {
    for text in ["0x", "0x0", "0x00"] {
        let role = abi::setPolicyCall {
            name: text.into(),
            role: text.into(),
            expression: text.into(),
        };
        shows(&role, &[("of role", text), ("expression", text)]);
        let zero = Address::ZERO.to_string();
        let adopt = abi::adoptCall {
            name: text.into(),
            proxy: Address::ZERO,
            kind: 0,
            version: text.into(),
        };
        shows(&adopt, &[("proxy", &zero), ("version", text)]);
        let handler = abi::setHandlerCall {
            name: text.into(),
            proxy: Address::ZERO,
            handler: Address::ZERO,
            nonce: 3,
        };
        shows(&handler, &[("handler", &zero), ("nonce", "3")]);
        assert_eq!(shown(&handler.abi_encode()).definition, text);
    }
}

#[test]
fn every_account_that_a_call_names_is_told_those_of_policies_too() {
    let [one, two, three] = [1, 2, 3].map(Address::with_last_byte);
    let accept = Call::AcceptTransfer(abi::acceptTransferCall {
        name: "A".into(),
        proxy: one,
        version: "1.0".into(),
        registry: two,
        nonce: 1,
    });
    assert_eq!(accept.accounts(), [one, two]);
    let pause = abi::pauseCall {
        name: "A".into(),
        first: vec![one, two],
    };
    let first = format!("{one}, {two}");
    assert!(has(&fields(&pause.abi_encode()), "stops first", &first));
    assert_eq!(Call::Pause(pause).accounts(), [one, two]);
    let policy = Call::SetPolicy(abi::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: format!("OR({one},AND({two},CALL({three})))"),
    });
    assert_eq!(policy.accounts(), [one, two, three]);
    let mut migrate = migrate();
    migrate.step = script("1.0");
    let named = [migrate.code.implementation, migrate.step.script];
    assert_eq!(Call::Migrate(migrate).accounts(), named);
}
