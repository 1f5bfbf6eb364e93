use super::*;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use proptest::prelude::*;
use stylus_upgrades_interface::{
    ids::{CodeHash, StepKind},
    instance::{IInstanceRegistry::beginUpgradeCall, PathStep},
    registry::{self as alloy, IRegistry},
};

use crate::version::{MigrationStep, VersionCode};

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::new)
}

fn word() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::new)
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..100)
}

prop_compose! {
    fn step()(from in "[ -~]{0,64}", kind: u8, script in address(), script_codehash in word(), data in data()) -> MigrationStep {
        MigrationStep {
            from: from.into_bytes(),
            kind: StepKind(kind),
            script,
            script_codehash: CodeHash(script_codehash),
            data,
        }
    }
}

prop_compose! {
    fn code()(implementation in address(), codehash in word(), layout_hash in word(), source_hash in word()) -> VersionCode {
        VersionCode { implementation, codehash: CodeHash(codehash), layout_hash, source_hash }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("generated as ASCII")
}

fn alloy_step(step: &MigrationStep) -> alloy::Step {
    alloy::Step {
        from: text(&step.from),
        kind: step.kind.0,
        script: step.script,
        scriptCodehash: step.script_codehash.0,
        data: step.data.clone().into(),
    }
}

fn alloy_code(code: &VersionCode) -> alloy::Code {
    alloy::Code {
        implementation: code.implementation,
        codehash: code.codehash.0,
        layoutHash: code.layout_hash,
        sourceHash: code.source_hash,
    }
}

proptest! {
    #[test]
    fn a_call_with_structs_reads_as_alloy_wrote_it(name in "[ -~]{0,70}", version in "[ -~]{0,70}", code in code(), step in step()) {
        let calldata = IRegistry::addVersionCall {
            name: name.clone(),
            version: version.clone(),
            code: alloy_code(&code),
            step: alloy_step(&step),
        }.abi_encode();
        let arguments = Reader::arguments(&calldata);
        prop_assert_eq!(arguments.bytes(0).unwrap(), name.as_bytes());
        prop_assert_eq!(arguments.bytes(1).unwrap(), version.as_bytes());
        prop_assert_eq!(VersionCode::read(&arguments, 2).unwrap(), code);
        prop_assert_eq!(MigrationStep::read(&arguments, 6).unwrap(), step);
    }

    #[test]
    fn a_list_of_addresses_reads_as_alloy_wrote_it(name in "[ -~]{0,70}", approvers in proptest::collection::vec(address(), 0..9)) {
        let calldata = IRegistry::satisfiesCall { name, role: "r".into(), approvers: approvers.clone() }.abi_encode();
        prop_assert_eq!(Reader::arguments(&calldata).addresses(2).unwrap(), approvers);
    }

    #[test]
    fn path_steps_encode_as_alloy_reads_them(steps in proptest::collection::vec((step(), code()), 0..4)) {
        let members: Vec<[Value<'_>; 6]> = steps.iter().map(|(step, code)| [
            (&step.from).into(), (&step.data).into(), code.implementation.into(), step.kind.into(), step.script.into(), (&step.data).into(),
        ]).collect();
        let path: Vec<_> = members.iter().map(|step| Value::Struct(step)).collect();
        let expected: Vec<PathStep> = steps.iter().map(|(step, code)| PathStep {
            from: text(&step.from),
            to: String::new(),
            implementation: code.implementation,
            kind: step.kind.0,
            script: step.script,
            data: step.data.clone().into(),
        }).collect();
        let answer = encode(&[], &[3u8.into(), Address::ZERO.into(), Value::Array(&path)]);
        let found = beginUpgradeCall::abi_decode_returns(&answer).unwrap();
        prop_assert_eq!((found.order, found.registry), (3, Address::ZERO));
        // `data` stands in for the label, which alloy would read as UTF-8
        let found: Vec<PathStep> = found.steps.into_iter().map(|step| PathStep { to: String::new(), ..step }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn values_encode_as_alloy_encodes_them(name in "[ -~]{0,70}", number: u64, code in code(), steps in proptest::collection::vec(step(), 0..4), words in proptest::collection::vec(word(), 0..4)) {
        let members: Vec<_> = steps.iter().map(MigrationStep::values).collect();
        let structs: Vec<_> = members.iter().map(|step| Value::Struct(step)).collect();
        let list: Vec<_> = words.iter().map(|word| Value::Word(*word)).collect();
        let [a, b, c, d] = code.values();
        let encoded = encode(&[], &[name.as_bytes().into(), number.into(), a, b, c, d, Value::Array(&structs), Value::Array(&list)]);
        let expected = (
            Bytes::from(name.into_bytes()),
            U256::from(number),
            alloy_code(&code),
            steps.iter().map(alloy_step).collect::<Vec<_>>(),
            words,
        ).abi_encode_params();
        prop_assert_eq!(encoded, expected);
    }

    #[test]
    fn nothing_makes_the_reader_panic(calldata in proptest::collection::vec(prop_oneof![Just(0u8), Just(0x20), any::<u8>()], 0..400), n in 0usize..12) {
        let arguments = Reader::arguments(&calldata);
        let _ = (arguments.word(n), arguments.u8(n), arguments.address(n), arguments.bytes(n), arguments.addresses(n));
        let _ = (VersionCode::read(&arguments, n), MigrationStep::read(&arguments, n));
    }
}
