//! `call` and `send`: what they know by name, and what they refuse.

use crate::prelude::*;

/// An account without code.
const NOBODY: &str = "0x00000000000000000000000000000000000000aa";

/// A sandbox with an instance that the manifest calls `counter`.
pub(crate) fn with_instance() -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", CREATE_SAVED);
    (sandbox, account(&created, "proxy"))
}

#[test]
fn a_function_is_called_by_its_signature_its_name_or_its_calldata() {
    let (sandbox, _) = with_instance();
    for function in ["value() returns (uint256)", "value()", "value"] {
        let answer = sandbox.done("Other", &["call", "counter", function]);
        answer.has(json!({"returned": ["7"], "function": "value()"}));
    }
    let answer = sandbox.done("Other", "call counter 0x3fa4f245");
    answer.has(json!({"returned": null, "data": format!("0x{:064x}", 7)}));

    let sent = sandbox.done("Other", "send counter increment");
    let is_mined = text(&sent, "tx").len() == 66 && sent["gas"].as_u64() > Some(21_000);
    assert!(is_mined, "{sent}");
    sandbox
        .done("Other", "call counter value")
        .has(json!({"returned": ["8"]}));
}

#[test]
fn what_is_not_known_is_not_guessed_and_what_is_refused_is_not_sent() {
    let (sandbox, _) = with_instance();
    let typed = format!("{NOBODY}\tvalue() returns (uint256)");
    let before = sandbox.block();
    let mut told = Vec::new();
    for (words, name) in [
        ("call\tcounter\tnothing", "Usage"),
        ("call\tcounter\tinitialize", "Usage"),
        ("call\tcounter\tinitialize(uint256)\t1", "NotInUpgrade"),
        ("send\tcounter\tinitialize(uint256)\t1", "NotInUpgrade"),
        (&format!("call\t{NOBODY}\tvalue"), "Missing"),
        (&format!("call\t{typed}"), "Missing"),
        (&format!("call\t{NOBODY}\tincrement()"), "Missing"),
        (&format!("send\t{NOBODY}\tincrement()"), "Missing"),
        (&format!("send\t{NOBODY}\t0x12345678"), "Missing"),
        ("send\tcounter\tincrement()\t--value\t1", "Revert"),
    ] {
        let words: Vec<&str> = words.split('\t').collect();
        let refused = sandbox.run("Other", &words);
        assert_eq!(error(&refused), name, "{words:?}: {refused:?}");
        told.push(format!("{}:\n{}", words.join(" "), refused.refusal()));
    }
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(before, sandbox.block(), "nothing was mined");
    let silent = sandbox.run("Other", "send counter value(uint8) 1");
    silent.is(1, "Revert");
    assert_snapshot!(silent.refusal(), @"
    message: value(uint8) was refused: it reverted without data
    expected: a contract that says why
    found: no data: a panic, no such function, a function that takes no ether, or a program that is not active (expired)
    next: stylus-upgrades doctor shows programs that are not active; where the function was typed, check its name and types, its arguments, and the value
    ");
    let person = sandbox.run("Other", "send Admin 0x12345678");
    assert_snapshot!(person.refusal(), @"
    message: Admin is an account without code
    expected: contract
    found: an account without code
    next: use a chain that has it, or deploy it there first
    ");
    // As cast does it: an account may be a precompile, which answers without code.
    let person = sandbox.run("Other", "call Admin 0x12345678");
    person.ends(0);
    assert_snapshot!(person.notes(), @"warning: call [address] returned nothing: there is no code");
    let sha256 = format!("{:#042x}", 2);
    let hash = sandbox.done("Other", &format!("call {sha256} 0x1234"));
    let expected = "0x3a103a4e5729ad68c02a678ae39accfbc0ae208096437401b7ceab63cca0622f";
    hash.has(json!({ "data": expected }));
    sandbox.done("Other", "send Admin 0x --value 1");
}

#[test]
fn a_program_that_has_expired_is_no_mistyped_function() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", &format!("{CREATE_SAVED} --kind evm"));
    let wasm = CREATE_SAVED.replace("counter", "wasm");
    sandbox.done("Admin", &format!("{wasm} --kind wasm"));
    sandbox.wait(366 * DAY);
    let mut told = Vec::new();
    for proxy in ["counter", "wasm"] {
        for words in [
            "call PROXY 0x3fa4f245",
            "send PROXY 0xd09de08a",
            "call PROXY value",
        ] {
            let refused = sandbox.run("Other", &words.replace("PROXY", proxy));
            refused.is(1, "ProgramExpired");
            told.push(refused.refusal());
        }
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"));
    // The registry has expired with them, and a command that only reads it ends as a call of it.
    let registry = sandbox.saved("registry");
    sandbox
        .run("Other", &format!("call {registry} 0x3fa4f245"))
        .is(1, "ProgramExpired");
    for words in ["status", "status A", "pending"] {
        sandbox.run("Other", words).is(1, "ProgramNotRunnable");
    }
    // The same code at another account activates it again, whichever registry knows it.
    sandbox.done("Other", "deploy counter-v1");
    let value = sandbox.done("Other", "call counter 0x3fa4f245");
    value.has(json!({"data": format!("0x{:064x}", 7)}));
}

#[test]
fn what_the_code_of_a_contract_breaks_is_not_blamed_on_the_endpoint() {
    let sandbox = Sandbox::new();
    let account = Address::repeat_byte(0xaa);
    let mut told = Vec::new();
    // INVALID; JUMPDEST, PUSH0, JUMP.
    for code in [vec![0xfe], vec![0x5b, 0x5f, 0x56]] {
        sandbox.set_code(account, code);
        let failed = sandbox.run("Other", &format!("call {account} foo()"));
        failed.is(1, "Halted");
        told.push(failed.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn who_sends_needs_a_key_and_who_reads_needs_none() {
    let (sandbox, _) = with_instance();
    let sent = sandbox.raw("send counter increment --json");
    assert_eq!(sent.status.code(), Some(2));
    let read = sandbox.raw("call counter value");
    assert_eq!(
        (read.status.code(), &read.stdout[..]),
        (Some(0), &b"7\n"[..])
    );
}
