use super::{Exported, Format, account_on, safe};
use crate::error::Explain;
use crate::governance::named_function;
use alloy::json_abi::{InternalType, Param, StateMutability};
use alloy::primitives::{Address, B256, Bytes, U256, address};
use alloy::sol_types::SolCall;
use serde_json::{Value, json};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};
use stylus_upgrades_interface::signed::SOURCES;

/// The file and the checksum in the tests of Safe's own builder.
fn vector() -> Value {
    let account = "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6";
    json!({
        "version": "1.0",
        "chainId": "4",
        "createdAt": 1_646_321_521_061_u64,
        "meta": {
            "name": "test batch file",
            "txBuilderVersion": "1.4.0",
            "checksum": "",
            "createdFromSafeAddress": "0xDF8a1Ce35c9a6ACE153B4e0767942f1E2291a1Aa",
            "createdFromOwnerAddress": account,
        },
        "transactions": [
            {
                "to": account,
                "value": "0",
                "contractMethod": {
                    "inputs": [{"internalType": "address", "name": "paramAddress", "type": "address"}],
                    "name": "testAddress",
                    "payable": false,
                },
                "contractInputsValues": {"paramAddress": account},
            },
            {
                "to": account,
                "value": "0",
                "contractMethod": {
                    "inputs": [{"internalType": "bool", "name": "paramBool", "type": "bool"}],
                    "name": "testBool",
                    "payable": false,
                },
                "contractInputsValues": {"paramAddress": "", "paramBool": "false"},
            },
            {
                "to": account,
                "value": "2000000000000000000",
                "data": "0x42f4579000000000000000000000000049d4450977e2c95362c13d3a31a09311e0ea26a6",
            },
        ],
    })
}

#[test]
fn the_checksum_is_that_of_safes_own_vector_whatever_the_name() {
    let known = "0x86c81826dbf7e8a37612153294cc85fdf5c81998dd0a44b86d945502a7eace7c";
    let known: B256 = known.parse().expect("a hash");
    let mut batch = vector();
    assert_eq!(safe::checksum(&batch), known);
    batch["meta"]["name"] = "another".into();
    assert_eq!(safe::checksum(&batch), known);
    batch["transactions"][0]["value"] = "1".into();
    assert_ne!(safe::checksum(&batch), known);
}

fn migrate() -> Bytes {
    let call = abi::migrateCall {
        name: "A \"quoted\", [listed]".into(),
        version: "2.0".into(),
        code: Code {
            implementation: Address::repeat_byte(0xab),
            codehash: B256::repeat_byte(1),
            layoutHash: B256::ZERO,
            sourceHash: B256::repeat_byte(2),
        },
        step: Step {
            from: "1.0".into(),
            kind: 1,
            script: Address::ZERO,
            scriptCodehash: B256::ZERO,
            data: Bytes::from_static(&[0xde, 0xad]),
        },
    };
    call.abi_encode().into()
}

fn exported(data: Bytes) -> Exported {
    Exported {
        chain_id: 42_161,
        from: address!("0xDF8a1Ce35c9a6ACE153B4e0767942f1E2291a1Aa"),
        to: address!("0x49d4450977E2c95362C13D3a31a09311E0Ea26A6"),
        value: U256::from(7),
        data,
        gas: 1,
    }
}

#[test]
fn a_safe_file_has_the_method_and_no_calldata_and_a_checksum_that_holds() {
    let text = exported(migrate())
        .text(Format::Safe, "migrate A", 5)
        .expect("a file");
    let batch: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(batch["chainId"], "42161");
    assert_eq!(batch["meta"]["createdFromOwnerAddress"], "");
    let call = &batch["transactions"][0];
    assert_eq!(call["data"], Value::Null);
    assert_eq!(call["value"], "7");
    assert_eq!(call.get("operation"), None);
    let method = &call["contractMethod"];
    assert_eq!(
        (&method["name"], &method["payable"]),
        (&json!("migrate"), &json!(false))
    );
    assert_eq!(method["inputs"][2]["type"], "tuple");
    assert_eq!(method["inputs"][2]["components"][1]["name"], "codehash");
    let step = call["contractInputsValues"]["step"].as_str().expect("text");
    let zero = "0x0000000000000000000000000000000000000000";
    assert_eq!(
        serde_json::from_str::<Value>(step).expect("a list"),
        json!(["1.0", "1", zero, B256::ZERO.to_string(), "0xdead"]),
    );
    let kept: B256 = batch["meta"]["checksum"]
        .as_str()
        .expect("text")
        .parse()
        .expect("it");
    assert_eq!(safe::checksum(&batch), kept);
}

#[test]
fn plain_calldata_is_what_would_have_been_sent() {
    let call = exported(migrate());
    let text = call.text(Format::Text, "", 0).expect("text");
    assert_eq!(
        text.trim().parse::<Bytes>().expect("hexadecimal"),
        migrate()
    );
    let json = call.text(Format::Json, "", 0).expect("text");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["chainId"], 42_161);
    assert_eq!(json["value"], "7");
    assert_eq!(json["data"], migrate().to_string());
}

#[test]
fn calls_that_approvers_do_not_send_are_refused() {
    for data in [
        Bytes::new(),
        abi::rolloutCall {
            name: "A".into(),
            proxies: vec![Address::ZERO],
        }
        .abi_encode()
        .into(),
    ] {
        require_unknown(data);
    }
    require_unknown(migrate().slice(..40));
}

fn require_unknown(data: Bytes) {
    let refused = exported(data).text(Format::Safe, "", 0);
    let refused = refused.expect_err("no approver's call");
    assert_eq!(refused.name(), "ExportUnknown", "{refused:?}");
}

#[test]
fn the_names_of_arguments_are_those_of_the_interface() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../interface/src/registry.rs"
    );
    let source = std::fs::read_to_string(path).expect("the interface");
    let about_actions = [abi::revokeCall::SELECTOR, abi::cancelCall::SELECTOR];
    let governed = SOURCES.iter().map(|(selector, ..)| *selector);
    for selector in governed.chain(about_actions) {
        let function = named_function(&selector).expect("a function");
        assert_eq!(function.selector(), selector, "{function:?}");
        let kind = |input: &Param| match &input.internal_type {
            Some(InternalType::Struct { ty, .. } | InternalType::Other { ty, .. }) => ty.clone(),
            other => panic!("{other:?}"),
        };
        let named = |input: &Param| format!("{} {}", kind(input), input.name);
        let inputs: Vec<_> = function.inputs.iter().map(named).collect();
        let is_payable = function.state_mutability == StateMutability::Payable;
        let payable = if is_payable { " payable" } else { "" };
        let (name, inputs_text) = (&function.name, inputs.join(", "));
        let line = format!("function {name}({inputs_text}) external{payable}");
        assert!(source.contains(&line), "{line}");
        for input in function.inputs.iter().filter(|one| one.ty == "tuple") {
            let name = kind(input);
            let (_, text) = source.split_once(&format!("struct {name} {{")).expect("it");
            let (text, _) = text.split_once('}').expect("its end");
            let found: Vec<_> = text
                .lines()
                .map(str::trim)
                .filter(|line| line.ends_with(';'))
                .collect();
            let members = input.components.iter();
            let members: Vec<_> = members.map(|one| format!("{};", named(one))).collect();
            assert_eq!(found, members);
        }
    }
}

#[test]
fn an_account_may_stand_after_its_chain_which_must_be_the_registrys() {
    let plain = "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6";
    assert_eq!(account_on(1, plain).ok(), Some(plain));
    fn refused(here: u64, text: &str) -> Result<&str, String> {
        account_on(here, text).map_err(|error| error.name())
    }
    for (text, chain) in [("arb1:Safe", 42_161), ("eip155:412346:Safe", 412_346)] {
        assert_eq!(refused(chain, text), Ok("Safe"));
        assert_eq!(refused(421_614, text), Err("ExportChainId".into()));
    }
    for text in ["eth:0x00", "eip155::Safe", "eip155:x:Safe"] {
        assert_eq!(refused(1, text), Err("ExportChainName".into()));
    }
}

#[test]
fn a_file_that_is_no_export_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("call");
    let call = abi::cancelCall {
        action: B256::repeat_byte(1),
    };
    let call = Exported {
        chain_id: 1,
        from: Address::repeat_byte(1),
        to: Address::repeat_byte(2),
        value: U256::ZERO,
        data: call.abi_encode().into(),
        gas: 1,
    };
    let write = |format| call.write(&file, format, "cancel", 1);
    for before in [Format::Safe, Format::Json, Format::Text] {
        for after in [Format::Safe, Format::Json, Format::Text] {
            write(before).expect("the first");
            write(after).expect("the next");
        }
    }
    for content in [
        "",
        "fn main() {}",
        "{}",
        "0x1234",
        "0x",
        "{\"transactions\": []}",
    ] {
        std::fs::write(&file, content).expect("written");
        let refused = write(Format::Safe).expect_err(content);
        assert_eq!(refused.name(), "ExportExists", "{refused:?}");
        let left = std::fs::read_to_string(&file).expect("it");
        assert_eq!(left, content);
    }
}
