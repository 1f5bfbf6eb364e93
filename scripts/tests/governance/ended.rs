//! What is reported of an action that has ended, of what comes next, and by which names.

use crate::sandbox::{CREATE_SAVED, MIGRATE, Sandbox, text};
use alloy::primitives::Address;

#[test]
fn who_approves_what_was_executed_learns_by_whom_and_sends_nothing() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let open = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&open, "action");
    let pending = sandbox.done("Other", &["pending", "A"]);
    let next =
        format!("stylus-upgrades review {action}, then stylus-upgrades approve {action} by Admin2");
    assert_eq!(text(&pending["actions"][0], "next"), next);
    let executed = sandbox.done("Admin2", &["approve", action]);
    let (exit, late) = sandbox.reported("Admin", &["approve", action]);
    assert_eq!(exit, Some(0), "{late:?}");
    let tx = text(&executed, "tx");
    assert!(
        late[0].contains("executed already, by Admin2 (") && late[0].contains(tx),
        "{late:?}"
    );
    assert_eq!(late[1], "nothing was sent");
    let late = sandbox.done("Other", &["approve", action]);
    assert_eq!(late["executed"], true);
    assert_eq!(late["executed_by"]["tx"], executed["tx"]);
    assert!(late.get("tx").is_none(), "{late}");
}

#[test]
fn an_instance_is_named_by_its_alias() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", &CREATE_SAVED);
    let proxy: Address = text(&created, "proxy").parse().expect("an address");
    let (exit, lines) = sandbox.reported("Other", &["status", "A"]);
    let named = format!("instance counter ({proxy})");
    assert_eq!(exit, Some(0));
    assert!(lines.iter().any(|line| line.contains(&named)), "{lines:?}");
}
