//! A governed call that is sent twice: what it decides holds already, so the second one sends nothing.

use crate::governance::complex::{MIGRATE as COMPLEX, registers};
use crate::governance::earlier::killed;
use crate::governance::transfer::{Two, arrival};
use crate::prelude::*;

/// Asserts that a command sends nothing, because what it decides holds already; what it says of that.
#[track_caller]
fn holds_already(sandbox: &Sandbox, who: &str, words: &str) -> String {
    let before = sandbox.block();
    let again = sandbox.done(who, words);
    again.has(json!({"executed": true}));
    assert_eq!(again.get("tx"), None, "{again:#}");
    let shown = sandbox.shown(who, words, 0);
    assert_eq!(sandbox.block(), before, "something was sent");
    masked(&shown)
}

/// Sends a command, and the same once more; what is said of the second.
#[track_caller]
fn twice(sandbox: &Sandbox, who: &str, words: &str) -> String {
    let before = sandbox.block();
    sandbox.done(who, words);
    assert!(sandbox.block() > before, "nothing was sent");
    holds_already(sandbox, who, words)
}

#[test]
fn a_handler_and_an_abort() {
    let (sandbox, proxies) = registers(1);
    let proxy = &proxies[0];
    sandbox.run("Admin", COMPLEX).ends(5);
    let named = format!("run-migration {proxy} --handler Other");
    assert_snapshot!(twice(&sandbox, "Admin", &named), @"
    Other ([address]) is the handler of [address] already
    next: stylus-upgrades run-migration [address], by the handler
    ");
    let back = format!("run-migration {proxy} --handler Admin");
    assert_snapshot!(twice(&sandbox, "Admin", &back), @"
    Admin ([address]) is the handler of [address] already
    next: stylus-upgrades run-migration [address], by the handler
    ");

    let abort = format!("run-migration {proxy} --abort");
    sandbox.done("Admin", &abort);
    assert_snapshot!(holds_already(&sandbox, "Admin", &abort), @"
    the migration of [address] is aborted already
    next: stylus-upgrades run-migration [address], by the handler
    ");
    let run = sandbox.run("Admin", &format!("run-migration {proxy}"));
    assert!(matches!(run.exit, Some(0 | 1)), "{run:?}");
    assert_eq!(sandbox.version(proxy), "1.0");
    assert_snapshot!(holds_already(&sandbox, "Admin", &abort), @"the migration of [address] is aborted already");
    // What is in no migration has no handler.
    sandbox.run("Admin", &named).is(1, "NotMigrating");
}

#[test]
fn an_acceptance_its_withdrawal_and_a_transfer() {
    let two = Two::new();
    let Two {
        sandbox,
        first,
        second,
    } = &two;
    let mut told = Vec::new();
    for kind in ["wasm", "evm"] {
        let proxy = two.created(kind);
        let came = arrival(&proxy);
        let accept =
            format!("adopt A {proxy} 1.0 --from {first} --registry {second} --accept {came}");
        told.push(twice(sandbox, "Admin2", &accept));
        let withdraw = format!("adopt A {proxy} 1.0 --withdraw --registry {second}");
        told.push(twice(sandbox, "Admin2", &withdraw));
        sandbox.done("Admin2", &accept);
        let transfer = format!("transfer {proxy} {second}");
        told.push(twice(sandbox, "Admin", &transfer));
        // It went elsewhere, and to another definition it did not go.
        for other in [
            format!("transfer {proxy} {second} B"),
            format!("transfer {proxy} Other"),
            format!("transfer {proxy} --remove"),
        ] {
            sandbox.run("Admin", &other).is(1, "NotAnInstance");
        }
    }
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn a_removal() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let proxy = sandbox.proxies()[0];
    sandbox.set_code(proxy, Bytes::new());
    let remove = format!("transfer {proxy} --remove");
    assert_snapshot!(twice(&sandbox, "Admin", &remove), @"[address] is removed already");
    sandbox
        .run("Admin", &format!("transfer {proxy} Other"))
        .is(1, "NotAnInstance");
    let never = Address::repeat_byte(0xb1);
    sandbox
        .run("Admin", &format!("transfer {never} --remove"))
        .is(1, "NotAnInstance");
}

#[test]
fn a_policy_that_holds_is_not_sent_again_after_something_else_was_decided() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let policy = "policy update A OR(Admin,Admin2)";
    killed(&sandbox, policy, "mined:1");
    sandbox.done("Admin2", "pause A");
    let again = sandbox.run("Admin", policy);
    again.ends(0);
    assert!(
        !again.stderr.contains("the same call is sent again"),
        "{again:?}"
    );
}
