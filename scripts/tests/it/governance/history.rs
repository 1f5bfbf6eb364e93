//! What happened and whether it still holds, by commands and by the library beneath.

use crate::prelude::*;

/// A definition with everything in its history: approvals, a cancelled action, an open one, a
/// policy update, a migration and the way back.
fn eventful() -> Sandbox {
    let sandbox = Sandbox::with_counter(BOTH, 2);
    let open = sandbox.action("Admin", MIGRATE);
    // The code of 3.0 declares the initializer of 1.0 alone.
    sandbox.transcript(&format!(
        "Admin  0 | revoke {open}
         Admin  0 | cancel {open}
         Admin  3 | {MIGRATE}
         Admin2 0 | {MIGRATE}
         Admin  0 | policy update A OR(Admin,Admin2)
         Admin2 0 | {ROLLBACK}
         Admin  0 | policy update A --role create AND(Admin,Other)
         Other  3 | create-proxy A 3.0 --accept=initializer-omitted"
    ));
    sandbox
}

#[test]
fn history_reports_who_did_what_when_under_which_policy() {
    let sandbox = eventful();
    let history = sandbox.done("Other", "history A");
    let entries = list(&history, "entries");
    let whats = texts(entries, "what");
    for what in [
        "definition A created",
        "approved migration to 2.0 (1/2)",
        "revoked migration to 2.0",
        "cancelled migration to 2.0",
        "approved migration to 2.0 (2/2)",
        "executed migration to 2.0",
        "2.0 is current",
        "policy of migrate is OR(Admin,Admin2)",
        "executed migration to 3.0",
        "approved an instance at 3.0 (1/2)",
    ] {
        assert!(whats.contains(&what), "{what:?} in {whats:?}");
    }
    let first = |field: &str, value: &str| {
        let found = entries.iter().find(|entry| entry[field] == value);
        found.unwrap_or_else(|| panic!("no {value} in {history}"))
    };
    first("what", "executed migration to 2.0").has(json!({"policy": BOTH}));
    first("what", "executed migration to 3.0").has(json!({"policy": "OR(Admin,Admin2)"}));
    let approvals = entries.iter().filter(|entry| entry["event"] == "Approved");
    let mut approvers = approvals.map(|entry| account(entry, "who"));
    assert!(approvers.any(|who| who == sandbox.node.addresses()[0]));
    assert_eq!(text(first("event", "VersionAdded"), "codehash").len(), 66);
    holds(&history);
    history.has(json!({"differences": []}));
    let shown = sandbox.shown("Other", "history A", 0);
    assert_snapshot!(masked(&shown));

    // The newest two, and what still holds all the same.
    let newest = sandbox.done("Other", "history A --last 2");
    assert_eq!(list(&newest, "entries"), &entries[entries.len() - 2..]);
    newest.has(json!({ "total": entries.len() }));
    assert_eq!(checks(&newest, true), checks(&history, true));
    let shown = sandbox.shown("Other", "history A --last 2", 0);
    let told = format!("· the newest 2 of {} events:", entries.len());
    contains(&shown, &[&told]);
    assert_snapshot!(masked(&shown), @"
    ✓ 17 checks hold
    · the newest 2 of 50 events:
    [time]  Other  proposed an instance at 3.0; approved an instance at 3.0 (1/2)  under AND(Admin,Other)
    ");
}

#[test]
#[ignore = "nightly: a long history, read by many commands, about 32 s"]
fn changed_code_and_slots_are_found_and_exit_1() {
    let sandbox = eventful();
    sandbox.done("Other", "verify A");
    let definition = sandbox.definition("A");
    let implementation = account(&definition["versions"][1], "implementation");
    let proxy = account(&definition["instances"][0], "proxy");
    sandbox.set_code(implementation, hex!("5f"));
    let changed = sandbox.run("Other", "history A");
    changed.is(1, "Checks");
    assert_eq!(checks(&changed.document, false), ["code of 2.0"]);

    sandbox.set_slot(proxy, slots::IMPLEMENTATION, implementation.into_word());
    let hidden = sandbox.run("Other", "verify");
    let failed = checks(hidden.ends(1), false);
    for what in ["implementation", "last Upgraded"] {
        let wanted = format!("{what} of {proxy}");
        assert!(failed.contains(&&*wanted), "{wanted} in {failed:?}");
    }
}

#[test]
#[ignore = "nightly: a long history, read by many commands, about 25 s"]
fn verify_knows_a_source_from_another_and_refuses_to_check_nothing() {
    let sandbox = Sandbox::new();
    sandbox.transcript(
        "Other 1 NothingToCheck     | verify
         Other 1 DefinitionNotFound | history Nobody
         Admin 0                    | define A --migrate Admin
         Admin 0                    | register A 1.0 counter-v1
         Other 0                    | verify A --version 1.0 --source counter-v1",
    );
    let whole = sandbox.done("Other", "verify --framework");
    let parts = checks(&whole, true).into_iter();
    assert_eq!(
        parts
            .filter(|what| what.starts_with("code of the "))
            .count(),
        9
    );
    sandbox.run("Other", "verify A --source counter-v2").ends(1);
}

#[test]
fn the_registry_has_a_history_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate Admin");
    let history = sandbox.done("Other", &["history", ""]);
    let whats = texts(list(&history, "entries"), "what");
    assert!(whats.contains(&"executed definition A"), "{whats:?}");
    history.has(json!({"differences": []}));
}

#[test]
fn an_expired_program_is_found_by_verify() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.wait(366 * DAY);
    let expired = sandbox.run("Other", "verify A");
    // Nobody has read the views of a registry that cannot run.
    let registry = [
        "activation of the registry",
        "activation of 1.0",
        "views of the registry",
    ];
    assert_eq!(checks(expired.ends(1), false), registry);
}
