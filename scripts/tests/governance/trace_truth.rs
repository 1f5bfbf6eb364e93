//! `trace` where it could name or add up what is not so: an endpoint that contradicts itself, gas that
//! was paid back, code of two definitions.

use crate::relay::Relay;
use crate::sandbox::{Answer, Sandbox, text};
use crate::trace::{frames, incrementCall, sent, with_instance};
use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};

/// What is said where the endpoint changes what it knows of the transaction.
fn lying(
    sandbox: &Sandbox,
    tx: &str,
    lie: impl Fn(&mut Value, &Value) + Send + Sync + 'static,
) -> Answer {
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        if let Some(result) = answer.get_mut("result") {
            lie(result, request);
        }
    });
    sandbox.run("Other", &["trace", tx, "--rpc-url", &relay.endpoint()])
}

#[test]
fn an_endpoint_whose_receipt_and_calls_contradict_each_other_is_not_believed() {
    let (sandbox, proxy) = with_instance();
    let tx = sent(&sandbox, proxy, &incrementCall {});
    let honest = sandbox.done("Other", &["trace", &tx]);
    assert_eq!(honest["contradictions"], json!([]));
    let receipt = |field: &'static str, value: Value| {
        lying(&sandbox, &tx, move |answer, request| {
            if request["method"] == "eth_getTransactionReceipt" {
                answer[field] = value.clone();
            }
        })
    };
    let calls = |path: &'static str, value: Value| {
        lying(&sandbox, &tx, move |answer, request| {
            if request["params"][1]["tracer"] == "callTracer" {
                *answer.pointer_mut(path).expect("it is there") = value.clone();
            }
        })
    };
    let other = json!(Address::repeat_byte(7));
    for (answer, words) in [
        (
            receipt("transactionHash", json!(B256::ZERO)),
            "the receipt of",
        ),
        (receipt("from", other.clone()), "a transaction from"),
        (receipt("to", other.clone()), "a transaction to"),
        (
            receipt("status", json!("0x0")),
            "by its call tree it succeeded",
        ),
        (receipt("gasUsed", json!("0x5208")), "says 21000 gas"),
        (calls("/from", other), "a transaction from"),
        (calls("/gasUsed", json!("0x5209")), "its call tree 21001"),
        (
            calls("/calls/0/gasUsed", json!("0xffffff")),
            "frame 0, CALL to",
        ),
    ] {
        assert_eq!(answer.exit, Some(1), "{words}: {answer:?}");
        let found = answer.document["contradictions"].to_string();
        assert!(found.contains(words), "{words}: {found}");
    }
}

#[test]
fn gas_that_was_paid_back_is_a_line_of_its_own_with_which_the_sums_add_up() {
    let (sandbox, _) = with_instance();
    let (caller, cleared) = (Address::repeat_byte(0xca), Address::repeat_byte(0xc1));
    // Ten slots that are not zero become so; the caller does nothing but call.
    let clears: Vec<u8> = (0..10).flat_map(|slot| [0x5f, 0x60, slot, 0x55]).collect();
    let call = [
        &[0x5f; 5][..],
        &[0x73],
        cleared.as_slice(),
        &[0x5a, 0xf1, 0x00],
    ]
    .concat();
    let set = sandbox.node.with_chain(move |chain| {
        chain.set_code(cleared, clears.into());
        chain.set_code(caller, call.into());
        for slot in 0..10 {
            chain.set_storage_at(cleared, U256::from(slot), B256::with_last_byte(1));
        }
    });
    set.expect("the chain");
    let tx = sent(&sandbox, caller, &incrementCall {});
    let answer = sandbox.done("Other", &["trace", &tx]);
    let number = |value: &Value| value.as_u64().expect("a number");
    let (gas, refund) = (number(&answer["gas"]), number(&answer["refund"]));
    let alone: u64 = frames(&answer)
        .iter()
        .map(|one| number(&one["gas_alone"]))
        .sum();
    assert_eq!(alone, gas + refund, "{answer}");
    assert!(refund > 10_000 && refund <= gas / 4, "{answer}");
    let (_, lines) = sandbox.reported("Other", &["trace", &tx]);
    let line = lines.last().expect("lines").trim_start();
    assert!(
        line.starts_with("-1") && line.contains("paid back"),
        "{lines:?}"
    );
}

#[test]
fn code_of_two_definitions_is_named_by_the_definition_of_the_instance_that_runs_it() {
    let (sandbox, first) = with_instance();
    let counted = sent(&sandbox, first, &incrementCall {});
    let answer = sandbox.done("Other", &["trace", &counted]);
    let code = text(&frames(&answer)[1], "to").to_owned();
    sandbox.done(
        "Admin",
        &["define", "B", "--migrate", "Admin", "--create", "Admin"],
    );
    sandbox.done("Admin", &["register", "B", "1.0", &code]);
    let create = [
        "create-proxy",
        "B",
        "1.0",
        "--init",
        "initialize(uint256)",
        "1",
    ];
    let created = sandbox.done("Admin", &create);
    let second = text(&created, "proxy").parse().expect("an address");
    let code = code.parse().expect("an address");
    // No interface is kept of code that was registered by its address.
    let unnamed = "0xd09de08a (0 bytes of arguments)";
    let of_both = "one of \"A\" \"1.0\", \"B\" \"1.0\"";
    for (to, contract, definition, versions, call) in [
        (
            first,
            "\"A\" \"1.0\"",
            json!("A"),
            json!(["1.0"]),
            "increment()",
        ),
        (second, "\"B\" \"1.0\"", json!("B"), json!(["1.0"]), unnamed),
        // Called without an instance, it is the code of both.
        (code, of_both, Value::Null, json!([]), "increment()"),
    ] {
        let tx = sent(&sandbox, to, &incrementCall {});
        let answer = sandbox.done("Other", &["trace", &tx]);
        let last = frames(&answer).last().expect("a frame");
        assert_eq!(last["contract"], contract, "{answer}");
        assert_eq!(
            (&last["definition"], &last["versions"]),
            (&definition, &versions)
        );
        assert_eq!(last["call"], call, "{answer}");
    }
}
