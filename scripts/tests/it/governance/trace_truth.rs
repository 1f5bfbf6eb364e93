//! `trace` where it could name or add up what is not so: gas that was paid back, code of two definitions.

use crate::governance::relay::Relay;
use crate::governance::sandbox::text;
use crate::governance::trace::{frames, incrementCall, sent, with_instance};
use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolCall;
use serde_json::{Value, json};

#[test]
fn transfers_of_arbos_and_unknown_kinds_of_frames_are_shown_and_end_with_0() {
    let (sandbox, proxy) = with_instance();
    let tx = sent(&sandbox, proxy, &incrementCall {});
    // As a Nitro node shows what an activation pays, and as one may show what is to come.
    let frame = |kind: &str| {
        json!({"type": kind, "from": Address::ZERO, "to": proxy, "gas": "0x0", "gasUsed": "0x0",
            "input": "0xd09de08a", "value": "0x5", "calls": null})
    };
    let added = [frame("INVALID"), frame("EXTCALL")];
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        if request["params"][1]["tracer"] == "callTracer" {
            let calls = answer["result"]["calls"].as_array_mut();
            calls.expect("calls").extend(added.clone());
        }
    });
    let words = ["trace", &tx, "--rpc-url", &relay.endpoint()];
    let answer = sandbox.done("Other", &words);
    let [.., transfer, other] = &frames(&answer)[..] else {
        panic!("too few frames in {answer}");
    };
    assert_eq!(text(transfer, "type"), "INVALID");
    assert_eq!(transfer["function"], Value::Null);
    assert_eq!(
        (text(other, "type"), text(other, "contract")),
        ("EXTCALL", proxy.to_string().as_str())
    );
    assert_eq!(other["function"], Value::Null);
    let (_, lines) = sandbox.reported("Other", &words);
    let whole = lines.join("\n");
    for part in [
        format!(
            "TRANSFER counter (instance of \"A\"): by ArbOS, from {} with 5 wei",
            Address::ZERO
        ),
        format!("\"EXTCALL\" {proxy} [stylus]: 0xd09de08a"),
    ] {
        assert!(whole.contains(&part), "{part}: {whole}");
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
    let answer = sandbox.done("Other", &format!("trace {tx}"));
    let number = |value: &Value| value.as_u64().expect("a number");
    let (gas, refund) = (number(&answer["gas"]), number(&answer["refund"]));
    let alone: u64 = frames(&answer)
        .iter()
        .map(|one| number(&one["gas_alone"]))
        .sum();
    assert_eq!(alone, gas + refund, "{answer}");
    assert!(refund > 10_000 && refund <= gas / 4, "{answer}");
    let (_, lines) = sandbox.reported("Other", &format!("trace {tx}"));
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
    let answer = sandbox.done("Other", &format!("trace {counted}"));
    let code = text(&frames(&answer)[1], "to").to_owned();
    sandbox.done("Admin", "define B --migrate Admin --create Admin");
    sandbox.done("Admin", &format!("register B 1.0 {code}"));
    let create = "create-proxy B 1.0 --init initialize(uint256) 1";
    let created = sandbox.done("Admin", &create);
    let second: Address = text(&created, "proxy").parse().expect("an address");
    let code: Address = code.parse().expect("an address");
    // Calls both instances, and the code without one.
    let all = Address::repeat_byte(0xa1);
    let calls: Vec<u8> = [first, second, code]
        .into_iter()
        .flat_map(|to: Address| {
            let calldata = [&[0x63][..], &incrementCall::SELECTOR, &[0x5f, 0x52]].concat();
            let call = [0x5f, 0x5f, 0x60, 0x04, 0x60, 0x1c, 0x5f, 0x73];
            [&calldata, &call[..], to.as_slice(), &[0x5a, 0xf1, 0x50]].concat()
        })
        .collect();
    let set = sandbox
        .node
        .with_chain(move |chain| chain.set_code(all, calls.into()));
    set.expect("the chain");
    // The interface of code that was built here is kept by its hash: B's code was named by its address.
    let unnamed = "0xd09de08a (0 bytes of arguments)";
    let of_both = "one of \"A\" \"1.0\", \"B\" \"1.0\"";
    let bare = code.to_string();
    for (to, contract, definition, versions, call) in [
        (
            first,
            "\"A\" \"1.0\"",
            json!("A"),
            json!(["1.0"]),
            "increment()",
        ),
        (
            second,
            "\"B\" \"1.0\"",
            json!("B"),
            json!(["1.0"]),
            "increment()",
        ),
        // Called without an instance, beside instances of both, it is the code of both.
        (all, of_both, Value::Null, json!([]), "increment()"),
        // Which definitions have it is asked of the instances that a transaction calls.
        (code, bare.as_str(), Value::Null, json!([]), unnamed),
    ] {
        let tx = sent(&sandbox, to, &incrementCall {});
        let answer = sandbox.done("Other", &format!("trace {tx}"));
        let last = frames(&answer).last().expect("a frame");
        assert_eq!(last["contract"], contract, "{answer}");
        assert_eq!(
            (&last["definition"], &last["versions"]),
            (&definition, &versions)
        );
        assert_eq!(last["call"], call, "{answer}");
    }
}
