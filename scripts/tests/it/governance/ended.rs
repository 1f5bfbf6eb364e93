//! What is reported of an action that has ended, of what comes next, and by which names.

use crate::governance::sandbox::CREATE_SAVED;
use crate::prelude::*;

#[test]
fn who_approves_what_was_executed_learns_by_whom_and_sends_nothing() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let open = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&open, "action");
    let pending = sandbox.done("Other", "pending A");
    let next = format!(
        "Admin2: look with `stylus-upgrades pending {action}`, then `stylus-upgrades approve {action}`, which names \
         the flags that it needs"
    );
    assert_eq!(text(&pending["actions"][0], "next"), next);
    let executed = sandbox.done("Admin2", &format!("approve {action}"));
    let (exit, late) = sandbox.reported("Admin", &format!("approve {action}"));
    assert_eq!(exit, Some(0), "{late:?}");
    let tx = text(&executed, "tx");
    assert!(
        late[0].contains("executed already, by Admin2 (") && late[0].contains(tx),
        "{late:?}"
    );
    assert_eq!(late[1], "nothing was compared, and nothing was sent");
    // A browser keeps no folder: `approve` does.
    let kept = PathBuf::from(text(&executed, "kept"));
    std::fs::remove_dir_all(&kept).expect("it was kept");
    let late = sandbox.done("Admin", &["approve", &action[..10]]);
    assert!(Path::new(text(&late, "kept")).is_dir(), "{late}");
    assert!(kept.is_dir());
    assert_eq!(
        (&late["executed"], &late["compared"]),
        (&true.into(), &false.into())
    );
    assert_eq!(late["executed_by"]["tx"], executed["tx"]);
    let review = sandbox.done("Other", &["pending", &action[..10]]);
    let members = review["tree"]["members"].as_array().expect("members");
    assert!(
        members.iter().all(|one| one["approved"] == true),
        "{review}"
    );
    for what in ["cancel", "revoke"] {
        let refused = sandbox.run("Admin", &[what, action]);
        let said = text(&refused.document["error"], "message");
        assert_eq!(error(&refused), "ExecutedAlready", "{refused:?}");
        assert!(said.contains("by Admin2 (") && said.contains(tx), "{said}");
    }
    assert!(late.get("tx").is_none(), "{late}");
}

/// An exit of 0 behind a check that was asked for means that it was made.
#[test]
fn a_check_of_an_executed_action_is_made_or_refused() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let open = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&open, "action");
    let pending = sandbox.done("Other", "pending A");
    let write = |file: &str, document: &Value| {
        std::fs::write(sandbox.path(file), document.to_string()).expect("written");
    };
    write("same.json", &pending);
    let mut other = pending.clone();
    other["actions"][0]["call"] = "0xdeadbeef".into();
    write("other.json", &other);
    sandbox.done("Admin2", &format!("approve {action}"));
    let refused = |key: &str, words: &str| {
        let answer = sandbox.run(key, &format!("approve {action} {words}"));
        assert_eq!(answer.exit.map(|exit| exit == 0), Some(false), "{answer:?}");
        assert!(answer.document.get("tx").is_none(), "{answer:?}");
        error(&answer).to_owned()
    };
    let other = "--reviewed other.json";
    assert_eq!(refused("Admin", other), "PayloadDiffers");
    assert_eq!(refused("Admin", "--reviewed none.json"), "Reviewed");
    let source = "--source /nonexistent";
    assert_eq!(refused("Admin", source), "ExecutedAlready");
    let script = "--script-source /nonexistent";
    assert_eq!(refused("Admin", script), "ExecutedAlready");
    write("layout.json", &json!({}));
    let layout = "--layout layout.json";
    assert_eq!(refused("Admin", layout), "ExecutedAlready");
    let export = "--as Admin --export e.json";
    assert_eq!(refused("Admin", export), "ExecutedAlready");
    assert!(!sandbox.path("e.json").exists());
    assert_eq!(refused("Other", ""), "ExecutedAlready");
    let same = ["approve", action, "--reviewed", "same.json"];
    let same = sandbox.done("Admin", &same);
    assert_eq!(
        (&same["executed"], &same["compared"]),
        (&true.into(), &true.into())
    );
}

/// A signature is of an action. By the id of one that has ended, the same call as it would be proposed
/// anew is not signed.
#[test]
fn by_the_id_of_an_action_that_has_ended_nothing_is_signed() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let update = "policy update A --role migrate Admin";
    let executed = sandbox.done("Admin", &update);
    let undone = "policy update A --role migrate AND(Admin,Admin2)";
    sandbox.done("Admin", &undone);
    let open = sandbox.run("Admin", &MIGRATE).document;
    sandbox.done("Admin", &format!("cancel {}", text(&open, "action")));
    for (ended, name) in [(&executed, "ExecutedAlready"), (&open, "ActionNotFound")] {
        let sign = format!(
            "approve --offline {} --out signed.json",
            text(ended, "action")
        );
        let answer = sandbox.run("Admin", &sign);
        assert_eq!((answer.exit, error(&answer)), (Some(1), name), "{answer:?}");
        assert!(!sandbox.path("signed.json").exists());
    }
}

#[test]
fn an_instance_is_named_by_its_alias() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", &CREATE_SAVED);
    let proxy: Address = text(&created, "proxy").parse().expect("an address");
    let (exit, lines) = sandbox.reported("Other", "status A");
    let named = format!("instance counter ({proxy})");
    assert_eq!(exit, Some(0));
    assert!(lines.iter().any(|line| line.contains(&named)), "{lines:?}");
}
