//! Who can still say no, as a table.

use super::super::policy::explain;
use super::*;
use stylus_upgrades_interface::registry::IRegistry as abi;

const NAMES: [(u8, &str); 4] = [(1, "ana"), (2, "ben"), (3, "cleo"), (4, "gus")];

fn names() -> Names {
    NAMES
        .map(|(byte, name)| (Address::with_last_byte(byte), name.to_owned()))
        .into_iter()
        .collect()
}

/// A policy with names in place of addresses.
fn policy(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, (byte, name)| {
        text.replace(name, &format!("{:#x}", Address::with_last_byte(*byte)))
    })
}

fn open(approved: &[u8], not_before: u64, blocked_by: BlockedBy) -> Readiness {
    Readiness {
        approvals: 0,
        required: 2,
        approved: approved
            .iter()
            .map(|byte| Address::with_last_byte(*byte))
            .collect(),
        missing: Vec::new(),
        not_before,
        expires: 2_000_000,
        blocked_by,
    }
}

#[test]
fn who_can_still_say_no_is_named_with_the_reason_and_the_time() {
    let remove = || {
        Call::RemoveInstance(abi::removeInstanceCall {
            name: "A".into(),
            proxy: Address::ZERO,
            nonce: 0,
        })
    };
    let set = || {
        Call::SetPolicy(abi::setPolicyCall {
            name: "A".into(),
            role: "cancel".into(),
            expression: "NONE".into(),
        })
    };
    let team = "AND(OutOf(2,ana,ben,cleo),AFTER(86400))";
    let (waits, delayed) = (BlockedBy::Approvals, BlockedBy::Delay);
    for (what, call, decides, cancel, open, expected) in [
        (
            "a guardian, and a proposer who alone approves so far",
            remove(),
            team,
            Some("gus"),
            open(&[1], 0, waits),
            "can still say no: gus (guardian), ana (proposer), until it is executed, or expires at",
        ),
        (
            "a guardian, in the delay, whom the others do not need",
            remove(),
            team,
            Some("OR(gus,ben)"),
            open(&[1, 2, 3], 1_000_000, delayed),
            "can still say no: gus (guardian), ben (guardian), until it is executed, 1970-01-12",
        ),
        (
            "a guardian of two, none of whom is it alone",
            remove(),
            team,
            Some("AND(gus,ben)"),
            open(&[2, 3], 1_000_000, delayed),
            "nobody can end it any more",
        ),
        (
            "no guardian",
            remove(),
            team,
            None,
            open(&[2, 3], 1_000_000, delayed),
            "nobody can end it any more; cancel: nobody (not set)",
        ),
        (
            "no delay",
            remove(),
            "OutOf(2,ana,ben,cleo)",
            Some("gus"),
            open(&[1], 0, waits),
            "can still say no: gus (guardian), ana (proposer), until the last approval, which executes it",
        ),
        (
            "a change of policies",
            set(),
            team,
            Some("gus"),
            open(&[1], 0, waits),
            "can still say no: ana (proposer), until it is executed, or expires at",
        ),
        (
            "who decides alone",
            remove(),
            "OR(ana,AND(ben,cleo))",
            None,
            open(&[2], 0, waits),
            "can still say no: ana (decides alone), until the last approval, which executes it; cancel: nobody",
        ),
    ] {
        let cancel = cancel.map(policy);
        let decides = policy(decides);
        let policies = CancelPolicies {
            role: "migrate",
            decides: &decides,
            alone: &decides,
            guardian: cancel.as_deref(),
        };
        let proposer = Address::with_last_byte(1);
        let rights = CancelRights::new(&call, policies, proposer, &open);
        let words = rights.expect("policies").words(&names());
        assert!(words.starts_with(expected), "{what}: {words}");
        let is_of_policies = words.contains("no guardian stops a change of policies");
        assert_eq!(
            is_of_policies,
            matches!(call, Call::SetPolicy(_)),
            "{what}: {words}"
        );
    }
}

#[test]
fn who_pauses_alone_cannot_end_a_resumption() {
    let call = Call::Resume(abi::resumeCall {
        name: "A".into(),
        version: "1.0".into(),
    });
    let (either, migrate) = (policy("OR(AND(ana,ben),cleo)"), policy("AND(ana,ben)"));
    let policies = CancelPolicies {
        role: "migrate or pause",
        decides: &either,
        alone: &migrate,
        guardian: None,
    };
    let open = open(&[1], 0, BlockedBy::Approvals);
    let rights = CancelRights::new(&call, policies, Address::with_last_byte(1), &open);
    let words = rights.expect("policies").words(&names());
    let expected = "can still say no: ana (proposer), until the last approval, which executes it";
    assert!(words.starts_with(expected), "{words}");
}

#[test]
fn a_delay_that_role_policy_can_remove_at_once_is_told() {
    let explained = |role: &str, text: &str| explain(role, &policy(text), &names()).expect("it");
    let delayed = "AND(OutOf(2,ana,ben,cleo),AFTER(86400))";
    let team = "OutOf(2,ana,ben,cleo)";
    for (migrate, decides, is_told) in [
        (delayed, team, true),
        (delayed, delayed, false),
        (team, team, false),
        (delayed, "NONE", false),
    ] {
        let policies = [explained("migrate", migrate), explained("policy", decides)];
        assert_eq!(
            missing_policy_delay(&policies).is_some(),
            is_told,
            "{decides}"
        );
    }
    let powerless = [explained("cancel", team)];
    assert!(guardian_limits(&powerless)[0].contains("nobody satisfies role cancel alone"));
}

#[test]
fn a_role_without_a_policy_is_listed_with_who_acts_in_it() {
    let migrate = explain("migrate", &policy("OutOf(2,ana,ben,cleo)"), &names()).expect("it");
    let lines = |set: &[&str], migrate| {
        let unset = UnsetRole::all(|role| set.contains(&role), migrate);
        let lines: Vec<String> = unset.iter().map(|role| role.line(&names())).collect();
        lines.join("; ")
    };
    let both = "pause: any one of ana, ben, cleo (not set); cancel: nobody (not set)";
    assert_eq!(lines(&[], Some(&migrate)), both);
    assert_eq!(
        lines(&["pause"], Some(&migrate)),
        "cancel: nobody (not set)"
    );
    assert_eq!(lines(&["pause", "cancel"], Some(&migrate)), "");
    assert_eq!(
        lines(&[], None),
        "cancel: nobody (not set)",
        "the registry itself"
    );
}

#[test]
fn what_a_guardian_does_not_stop_depends_on_the_delays() {
    let of = |role, text: &str| explain(role, &policy(text), &names()).expect("a policy");
    let timed = "AND(ana,AFTER(86400))";
    for (policies, expected) in [
        ([of("migrate", timed), of("create", timed)], None),
        (
            [of("migrate", "ana"), of("create", timed)],
            Some("policy of migrate"),
        ),
        (
            [of("migrate", "ana"), of("create", "ben")],
            Some("policy of migrate and create"),
        ),
        ([of("migrate", "NONE"), of("create", "NONE")], None),
        ([of("policy", "ana"), of("pause", "ana")], None),
    ] {
        let lines = guardian_limits(&policies);
        let [time @ .., always] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert!(
            always.contains("no change of policies, and no signatures"),
            "{always}"
        );
        assert_eq!(time.len(), usize::from(expected.is_some()), "{lines:?}");
        if let Some(expected) = expected {
            assert!(time[0].ends_with(expected), "{time:?}");
        }
    }
}
