//! Actions that an approver refuses before he has approved them, and before anybody has proposed them.

use crate::prelude::*;

#[test]
fn a_signature_is_void_once_its_signer_has_refused_the_action() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let export = "pause A --as Admin --export call.json --export-format json";
    sandbox.done("Admin", export);
    let signed = sandbox.done("Admin", "approve --offline call.json --out signed.json");
    let action = text(&signed, "action");
    let refused = sandbox.done("Admin", "revoke signed.json");
    refused.has(json!({"action": action, "withdrawn": false, "executed": false}));
    // A call of his own still counts.
    sandbox.transcript(&format!(
        "Other 1 InvalidSignature | submit signed.json
         Admin 1 NotApproved      | revoke {action} --accept not-proposed
         Admin 0                  | pause A"
    ));
    let history = sandbox.done("Other", "history A");
    let told = format!("refused {action} before it was proposed");
    assert!(
        texts(list(&history, "entries"), "what").contains(&&*told),
        "{history:#}"
    );
    #[cfg(feature = "watch")]
    {
        let examined = sandbox.run("Other", "doctor").document;
        let found = texts(list(&examined, "findings"), "id");
        assert_eq!(found, ["DefinitionPaused"]);
    }
}

#[test]
fn an_open_action_is_refused_by_an_approver_who_has_not_approved_it() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let (revoke, pending) = (format!("revoke {action}"), format!("pending {action}"));
    let refused = sandbox.done("Admin2", &revoke);
    refused.has(json!({"withdrawn": false, "approvals": 1}));
    let again = sandbox.shown("Admin2", &revoke, 0);
    assert_snapshot!(masked(&again), @"
    revoked or refused already: still 1 of 2 approvals
    offline signatures of Admin2 no longer count for it; that account can still run stylus-upgrades approve
    ");
    let export = format!("{revoke} --export revoke.json --as Admin2");
    sandbox.run("Admin2", &export).is(1, "ExportNothing");
    assert_snapshot!(masked(&sandbox.shown("Admin", &pending, 0)));
    let open = &sandbox.open("A")[0];
    let review = sandbox.done("Admin", &pending);
    assert!(list(open, "missing").is_empty() && list(&review["readiness"], "missing").is_empty());
    assert_eq!(
        (list(open, "refused").len(), list(&review, "refused").len()),
        (1, 1)
    );
    assert_snapshot!(masked(&sandbox.shown("Admin", "pending A", 0)), @"
    [hash]  migrate A to 2.0: 1 of 2 approvals, still needed: an approval of Admin2, who refused it; open until [time]; refused by Admin2; can still say no: Admin (proposer), until the last approval, which executes it; cancel: nobody (not set)
    next: `stylus-upgrades pending [hash]` shows what it does, what checks find, and who approves it how
    ");
    assert_snapshot!(masked(text(open, "next")), @"it needs an approval of Admin2, who refused it; its proposer, Admin: `stylus-upgrades cancel [hash]`");
    assert_snapshot!(masked(&sandbox.shown("Admin", &revoke, 0)), @"
    revoked: now 0 of 2 approvals
    revoke                                       [hash]  [amount] ETH, [number] L1+L2 gas
    offline signatures of Admin no longer count for it; that account can still run stylus-upgrades approve
    ");
    assert_snapshot!(masked(&sandbox.shown("Admin", &pending, 0)));
    let unknown = format!("revoke 0x{} --accept not-proposed", "7".repeat(64));
    let shown = sandbox.shown("Admin", &unknown, 0);
    assert_snapshot!(masked(&shown), @"
    refused before anybody proposed it
    revoke                                       [hash]  [amount] ETH, [number] L1+L2 gas
    offline signatures of Admin no longer count for it; that account can still run stylus-upgrades approve
    ");
}

#[test]
fn an_id_that_nobody_has_proposed_is_published_only_if_it_is_meant() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let before = sandbox.nonce();
    let unknown = format!("0x{}", "7".repeat(64));
    let unconfirmed = sandbox.run("Admin", &format!("revoke {unknown}"));
    unconfirmed.is(2, "Unconfirmed");
    assert_eq!(sandbox.nonce(), before, "something was sent");
}

#[test]
fn whoever_refused_is_needed_no_more_wherever_it_is_told() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 1);
    let action = sandbox.action("Admin", MIGRATE);
    sandbox.done("Admin2", &format!("revoke {action}"));
    sandbox.done("Admin", &format!("revoke {action}"));
    let told = sandbox.shown("Admin", &format!("approve {action}"), 3);
    assert_snapshot!(masked(&told), @"
    success 1/2  not executed: Admin3
    checked    source partial: the hash of the sources is named; only a build compares them with the code (--source)
    migrate A to 2.0                             [hash]  [amount] ETH, [number] L1+L2 gas
    action     [hash]
    open until [time]
    next: the same command, or stylus-upgrades approve [hash], by those needed
    ");
}
