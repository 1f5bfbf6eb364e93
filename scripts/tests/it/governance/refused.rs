//! Actions that an approver refuses before he has approved them, and before anybody has proposed them.

use crate::governance::sandbox::{MIGRATE, Sandbox, text};

#[test]
fn a_signature_is_void_once_its_signer_has_refused_the_action() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let export = [
        "--as",
        "Admin",
        "--export",
        "call.json",
        "--export-format",
        "json",
    ];
    sandbox.done("Admin", &[&["pause", "A"][..], &export].concat());
    let signed = sandbox.done("Admin", "approve --offline call.json --out signed.json");
    let refused = sandbox.done("Admin", "revoke signed.json");
    assert_eq!(refused["action"], signed["action"]);
    assert_eq!(
        (&refused["withdrawn"], &refused["executed"]),
        (&false.into(), &false.into())
    );
    let submitted = sandbox.run("Other", "submit signed.json");
    submitted.is(1, "InvalidSignature");
    let twice = sandbox.run("Admin", &format!("revoke {}", text(&signed, "action")));
    twice.is(1, "NotApproved");
    // A call of his own still counts.
    let paused = sandbox.done("Admin", "pause A");
    assert_eq!(paused["executed"], true);
    let history = sandbox.done("Other", "history A");
    let events = history["entries"].as_array().expect("events");
    let action = text(&signed, "action");
    let told = format!("refused {action} before it was proposed");
    assert!(
        events.iter().any(|one| one["what"] == told.as_str()),
        "{history:#}"
    );
    let examined = sandbox.run("Other", "doctor");
    let findings = examined.document["findings"].as_array().expect("findings");
    let names: Vec<_> = findings.iter().map(|one| text(one, "id")).collect();
    assert_eq!(names, ["DefinitionPaused"], "{examined:?}");
}

#[test]
fn an_open_action_is_refused_by_an_approver_who_has_not_approved_it() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let proposed = sandbox.run("Admin", &MIGRATE);
    let action = text(&proposed.document, "action");
    let refused = sandbox.done("Admin2", &format!("revoke {action}"));
    assert_eq!(
        (&refused["withdrawn"], &refused["approvals"]),
        (&false.into(), &1.into())
    );
    for command in [["pending", "A"], ["pending", action]] {
        let (_, lines) = sandbox.reported("Admin", &command);
        let says_no = |line: &String| line.trim().starts_with("refused    Admin2 (revoke)");
        assert!(lines.iter().any(says_no), "{lines:?}");
        let missing = |line: &String| line.trim() == "missing    nobody";
        assert!(lines.iter().any(missing), "{lines:?}");
    }
    let open = sandbox.done("Admin", "pending A")["actions"][0].clone();
    let review = sandbox.done("Admin", &format!("pending {action}"));
    for (missing, refused) in [
        (&open["missing"], &open["refused"]),
        (&review["readiness"]["missing"], &review["refused"]),
    ] {
        assert_eq!(missing.as_array().map(Vec::len), Some(0), "{missing}");
        assert_eq!(refused.as_array().map(Vec::len), Some(1), "{refused}");
    }
    let (_, lines) = sandbox.reported("Admin", "pending A");
    let next = lines.iter().find(|line| line.trim().starts_with("next:"));
    let said =
        "nobody is left who has not refused it; its proposer, Admin: `stylus-upgrades cancel";
    assert!(next.is_some_and(|next| next.contains(said)), "{lines:?}");
    let (exit, lines) = sandbox.reported("Admin", &format!("revoke {action}"));
    assert_eq!(exit, Some(0));
    assert!(
        lines.iter().any(|line| line == "revoked, now 0/2"),
        "{lines:?}"
    );
    let (_, lines) = sandbox.reported("Admin", &format!("pending {action}"));
    for (who, said) in [("Admin2", "refused"), ("Admin", "revoked")] {
        let line = format!("{who}  {said} migration to 2.0");
        assert!(
            lines.iter().any(|one| one.ends_with(&line)),
            "{line}: {lines:?}"
        );
    }
    let unknown = format!("0x{}", "7".repeat(64));
    let (exit, lines) = sandbox.reported("Admin", &format!("revoke {unknown}"));
    assert_eq!(exit, Some(0));
    assert!(
        lines
            .iter()
            .any(|line| line == "refused before anybody proposed it"),
        "{lines:?}"
    );
}
