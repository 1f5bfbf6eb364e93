//! Which actions end with which call, as a table.

use super::*;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::model::{BlockedBy, Readiness, RecordedCode, Version};
use alloy::primitives::{Address, B256, Bytes};
use stylus_upgrades_interface::registry::{Code, Step};

fn code(byte: u8) -> Code {
    Code {
        implementation: Address::repeat_byte(byte),
        codehash: B256::repeat_byte(byte),
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    }
}

fn version(label: &str, byte: u8) -> Version {
    Version {
        version: label.into(),
        code: RecordedCode {
            implementation: Address::repeat_byte(byte),
            codehash: CodeHash(B256::repeat_byte(byte)),
            layout: LayoutHash::ZERO,
            source: SourceHash::ZERO,
        },
        sequence: 0,
        steps: Vec::new(),
    }
}

fn step(from: &str) -> Step {
    Step {
        from: from.into(),
        kind: 0,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Bytes::new(),
    }
}

/// The bytes of a call from `FUNCTION ARGUMENTS`, about definition A.
fn bytes(text: &str) -> Bytes {
    let words: Vec<&str> = text.split(' ').collect();
    let name = || String::from("A");
    let bytes = match words.as_slice() {
        ["migrate", label, byte] => abi::migrateCall {
            name: name(),
            version: (*label).into(),
            code: code(byte.parse().expect("a number")),
            step: step("1.0"),
        }
        .abi_encode(),
        ["register", label, byte] => abi::addVersionCall {
            name: name(),
            version: (*label).into(),
            code: code(byte.parse().expect("a number")),
            step: step("1.0"),
        }
        .abi_encode(),
        ["step", label] => abi::addStepCall {
            name: name(),
            version: (*label).into(),
            step: step("1.0"),
        }
        .abi_encode(),
        ["policy", role] => abi::setPolicyCall {
            name: name(),
            role: (*role).into(),
            expression: Address::repeat_byte(7).to_string(),
        }
        .abi_encode(),
        ["create", label] => abi::createProxyCall {
            name: name(),
            version: (*label).into(),
            kind: 0,
            salt: B256::ZERO,
            initData: Bytes::new(),
        }
        .abi_encode(),
        ["pause"] => abi::pauseCall {
            name: name(),
            first: Vec::new(),
        }
        .abi_encode(),
        ["resume", label] => abi::resumeCall {
            name: name(),
            version: (*label).into(),
        }
        .abi_encode(),
        other => panic!("no call: {other:?}"),
    };
    bytes.into()
}

fn open(text: &str) -> PendingAction {
    let call = bytes(text);
    PendingAction {
        action: ActionId(alloy::primitives::keccak256(&call)),
        definition: "A".into(),
        proposer: Address::ZERO,
        says: Call::decode(&call).ok(),
        call,
        unreadable: None,
        readiness: Readiness {
            approvals: 1,
            required: 2,
            approved: Vec::new(),
            missing: Vec::new(),
            not_before: 0,
            expires: 9,
            blocked_by: BlockedBy::Approvals,
        },
        refused: Vec::new(),
    }
}

/// Every action that is open in the tests.
const OPEN: [&str; 8] = [
    "migrate 9.0 9",
    "step 2.0",
    "create 1.0",
    "create 2.0",
    "create 3.0",
    "pause",
    "resume 1.0",
    "policy create",
];

/// A definition at 1.0, whose code 3.0 has too, with the policies of these roles.
fn definition(roles: &[&str]) -> Definition {
    let mut definition = Definition::named("A");
    definition.current = "1.0".into();
    definition.versions = vec![version("1.0", 1), version("2.0", 2), version("3.0", 1)];
    let policies = roles.iter().map(|role| ((*role).to_owned(), "0x07".into()));
    definition.policies = policies.collect();
    definition
}

#[test]
fn an_action_ends_where_another_role_decides_it_or_its_approvals_count_no_more() {
    let by_migrate = ["migrate 9.0 9", "step 2.0", "create 2.0", "resume 1.0"];
    let with = |more: &[&'static str]| -> BTreeSet<&str> {
        by_migrate.iter().chain(more).copied().collect()
    };
    let none = BTreeSet::new();
    for (call, roles, expected) in [
        // a new version ends what `migrate` decides, the pause too where that role is not set
        ("register 4.0 4", &["pause"][..], with(&[])),
        ("register 4.0 4", &[], with(&["pause"])),
        // and a new current one also what `create` decides about code that is not current any more
        (
            "migrate 4.0 4",
            &["pause"],
            with(&["create 1.0", "create 3.0"]),
        ),
        ("migrate 4.0 1", &["pause"], with(&[])),
        // a version that is there is only activated: no approval of `migrate` ends but where another role decides
        ("register 2.0 2", &["pause"], none.clone()),
        ("migrate 3.0 1", &["pause"], none.clone()),
        (
            "migrate 2.0 2",
            &["pause"],
            BTreeSet::from(["create 1.0", "create 2.0", "create 3.0"]),
        ),
        // a policy ends what `migrate` decides, and what its own role does
        ("policy migrate", &["pause"], with(&[])),
        ("policy ops", &["pause"], with(&[])),
        (
            "policy create",
            &["pause", "create"],
            with(&["create 1.0", "create 3.0"]),
        ),
        ("policy pause", &["pause"], with(&["pause"])),
        ("policy pause", &[], with(&["pause"])),
        ("policy policy", &["pause"], with(&["policy create"])),
        ("step 2.0", &["pause"], none.clone()),
        ("pause", &["pause"], none.clone()),
    ] {
        let encoded = bytes(call);
        let decoded = Call::decode(&encoded).expect("a call");
        let all = OPEN.map(open);
        let others: Vec<&PendingAction> =
            all.iter().filter(|action| action.call != encoded).collect();
        let ended = select_ended(&decoded, &others, &definition(roles));
        let named = OPEN.into_iter().filter(|text| {
            let id = open(text).action;
            ended.iter().any(|ended| ended.action == id)
        });
        let named: BTreeSet<&str> = named.collect();
        assert_eq!(named, expected, "{call} {roles:?}");
        if !can_end_others(&decoded) {
            assert!(ended.is_empty(), "{call}: asks nobody for what ends");
        }
    }
}

#[test]
fn a_finding_names_what_ends() {
    assert_eq!(ends_others(&[]), None);
    let all = [open("create 2.0")];
    let others: Vec<&PendingAction> = all.iter().collect();
    let call = Call::decode(&bytes("policy ops")).expect("a call");
    let ended = select_ended(&call, &others, &definition(&[]));
    let found = ends_others(&ended).expect("a finding");
    let digits = first_digits(all[0].action);
    let says = format!(
        "ends 1 open action, which must be proposed again: {} ({digits})",
        title(&all[0].call)
    );
    assert_eq!(found.message, says);
}
