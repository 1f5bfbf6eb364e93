//! `trace` where it could name what is not so: code of two definitions.

use crate::governance::trace::{frames, incrementCall, sent, with_instance};
use crate::prelude::*;

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
    sandbox.chain(move |chain| chain.set_code(all, calls.into()));
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
