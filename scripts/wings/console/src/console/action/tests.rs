//! The page of an action that is open, for an approver who has not decided, one who has refused, and one who approved.

use super::*;
use crate::assess::{Finding, FindingId, FindingKind, Part};
use crate::governance::{Field, ShownCall, explain, tree as policy_tree};
use crate::history::EndedBy;
use crate::ids::ActionId;
use crate::interface::{CallerChange, CallersOfWay};
use crate::names::Names;
use crate::review::Behind;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

const ANA: Address = Address::with_last_byte(0xa1);
const BEN: Address = Address::with_last_byte(0xb2);
const CLEO: Address = Address::with_last_byte(0xc3);

/// An action that Ana approved, and Cleo refused.
fn review() -> Review {
    let pause = abi::pauseCall {
        name: "A".into(),
        first: Vec::new(),
    };
    let call = pause.abi_encode();
    let names = Names::default();
    let policy = format!("AND({ANA},{BEN},{CLEO})");
    let said = |who, event, what: &str| Entry {
        block: 1,
        time: 1,
        who,
        event,
        what: what.into(),
        ..Entry::default()
    };
    let shown = ShownCall {
        display: Display::of(&call, &names).expect("a call"),
        ..ShownCall::default()
    };
    Review {
        registry: Address::ZERO,
        chain_id: 1,
        action: ActionId::default(),
        definition: "A".into(),
        proposer: ANA,
        what: "pause of A".into(),
        shown,
        call: call.into(),
        readiness: Some(Readiness {
            approvals: 1,
            required: 3,
            approved: vec![ANA],
            missing: vec![BEN],
            blocked_by: BlockedBy::Approvals,
            not_before: 0,
            expires: 9,
        }),
        needed: None,
        refused: vec![CLEO],
        cancel_rights: None,
        obstacle: None,
        policy: explain("pause", &policy, &names).expect("a policy"),
        tree: policy_tree("pause", &policy, &[ANA]).expect("a policy"),
        checked: Some(Checked::default()),
        entries: vec![
            said(ANA, "Approved", "approved"),
            said(CLEO, "Revoked", "refused"),
        ],
        ended_by: None,
        expired: None,
        behind: None,
    }
}

fn page(account: Address, review: &Review) -> String {
    let place = PageContext {
        account: Some(account),
        ..PageContext::default()
    };
    action(&place, review).into_string()
}

/// The part of a page between two words.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).expect("the beginning");
    rest.split_once(to).expect("the end").0
}

#[test]
fn who_has_not_approved_may_refuse_and_who_has_may_withdraw() {
    let review = review();
    for (who, is_there, is_not) in [
        (
            BEN,
            ["Approve", "Sign offline", "Refuse"],
            ["Withdraw the approval"].as_slice(),
        ),
        (
            ANA,
            ["Withdraw the approval"; 3],
            &["Approve", "Sign offline", "Refuse"],
        ),
        (
            CLEO,
            ["Approve"; 3],
            &["Sign offline", "Refuse", "Withdraw the approval"],
        ),
    ] {
        let page = page(who, &review);
        for label in is_there {
            assert!(page.contains(&format!("{label}</a>")), "{label}: {page}");
        }
        for label in is_not {
            assert!(!page.contains(&format!("{label}</a>")), "{label}: {page}");
        }
    }
}

#[test]
fn who_refused_is_not_missing_any_more() {
    let page = page(BEN, &review());
    let (ben, cleo) = (BEN.to_string(), CLEO.to_string());
    let missing = between(&page, "<dt>missing</dt><dd>", "</dd>");
    assert!(
        missing.contains(&ben) && !missing.contains(&cleo),
        "{missing}"
    );
    assert!(between(&page, "<dt>refused</dt><dd>", "</dd>").contains(&cleo));
    assert!(
        between(&page, "✗ refused: ", "</li>").contains(&cleo),
        "{page}"
    );
    assert!(
        !between(&page, "○ missing: ", "</li>").contains(&cleo),
        "{page}"
    );
}

#[test]
fn while_a_delay_runs_who_has_not_approved_may_refuse() {
    let mut review = review();
    let names = Names::default();
    let policy = format!("AND(OutOf(2,{ANA},{BEN},{CLEO}),AFTER(3600))");
    review.policy = explain("pause", &policy, &names).expect("a policy");
    review.tree = policy_tree("pause", &policy, &[ANA]).expect("a policy");
    let open = review.readiness.as_mut().expect("open");
    open.required = 2;
    let open = review.readiness.as_mut().expect("open");
    (open.approvals, open.not_before) = (2, 5);
    open.blocked_by = BlockedBy::Delay;
    open.missing = vec![BEN];
    for (who, may) in [(BEN, true), (ANA, false), (CLEO, false)] {
        let page = page(who, &review);
        assert_eq!(page.contains("Refuse</a>"), may, "{page}");
    }
    let later = page(BEN, &review);
    assert!(later.contains("disabled>Execute</button>"), "{later}");
    // The script draws the page again once it is over.
    assert!(later.contains("data-due=\"5\""), "{later}");
}

#[test]
fn dangers_are_told_above_the_button() {
    let mut review = review();
    assert!(!page(BEN, &review).contains("below: read"));
    let found = |severity| {
        Finding::named(
            Part::Source,
            severity,
            FindingKind::BuildDiffers,
            "it differs",
        )
    };
    let checked = review.checked.as_mut().expect("open");
    checked.findings = [Severity::Danger, Severity::Danger, Severity::Warning]
        .map(found)
        .into();
    let page = page(BEN, &review);
    let above = page.split_once("Approve</a>").expect("the button").0;
    assert!(above.contains("2 dangers below: read them first"), "{page}");
}

#[test]
fn the_band_says_whether_it_was_tried() {
    let mut review = review();
    assert!(page(BEN, &review).contains("not tried on a copy of the chain"));
    let found =
        |severity, says: &str| Finding::named(Part::Simulation, severity, FindingKind::Trial, says);
    let checked = review.checked.as_mut().expect("open");
    checked.findings = vec![
        found(Severity::Danger, "it would fail"),
        found(Severity::Good, "it succeeds on 2 instances"),
    ];
    let page = page(BEN, &review);
    let band = between(&page, "<section class=\"band danger\">", "</section>");
    assert!(band.contains("it would fail; 1 more finding"), "{band}");
    assert!(!band.contains("not tried"), "{band}");
}

#[test]
fn what_succeeds_on_a_copy_has_no_tick_beside_a_danger() {
    let mut review = review();
    let checked = review.checked.as_mut().expect("open");
    let succeeds = "the upgrade succeeds on 1 instance";
    checked.findings = vec![Finding::named(
        Part::Simulation,
        Severity::Good,
        FindingKind::Trial,
        succeeds,
    )];
    let good = weight(Severity::Good).into_string();
    let tick = format!("{good} {succeeds}");
    assert!(page(BEN, &review).contains(&tick));
    let checked = review.checked.as_mut().expect("open");
    let danger = Finding::named(
        Part::Layout,
        Severity::Danger,
        FindingId::about(FindingKind::Shift, "x"),
        "x moves",
    );
    checked.findings.insert(0, danger);
    let page = page(BEN, &review);
    let band = between(&page, "<section class=\"band danger\">", "</section>");
    assert!(band.contains(succeeds) && !band.contains(&tick), "{band}");
}

#[test]
fn findings_that_ask_for_no_decision_are_folded() {
    let mut review = review();
    let found = |severity, id: FindingId| Finding::new(Part::Layout, severity, id, "it is");
    let checked = review.checked.as_mut().expect("open");
    checked.findings = vec![
        found(
            Severity::Unknown,
            FindingId::of_part(FindingKind::Partial, Part::Layout),
        ),
        found(Severity::Note, FindingKind::FirstUse.id()),
        found(Severity::Good, FindingKind::Complete.id()),
    ];
    let page = page(BEN, &review);
    let findings = between(&page, "<h2>Findings</h2>", "</section>");
    let (open, folded) = findings.split_once("<details>").expect("what is folded");
    assert!(open.contains("partial:layout"), "{open}");
    assert!(folded.contains("1 checked, 1 note"), "{folded}");
    for one in ["first-use", "complete"] {
        assert!(folded.contains(one) && !open.contains(one), "{findings}");
    }
}

#[test]
fn a_person_stands_once_for_a_transaction_and_old_ones_are_folded() {
    let mut review = review();
    for tx in 1..=8 {
        for what in ["proposed", "approved"] {
            review.entries.push(Entry {
                tx: TxHash(B256::with_last_byte(tx)),
                who: CLEO,
                what: what.into(),
                ..Entry::default()
            });
        }
    }
    let page = page(BEN, &review);
    let cleo = CLEO.to_string();
    let timeline = between(&page, "<ol class=\"timeline\">", "</section>");
    let (newest, older) = timeline.split_once("<details>").expect("older ones");
    assert_eq!(
        newest.matches(&format!("title=\"{cleo}\"")).count(),
        SHOWN,
        "{newest}"
    );
    assert_eq!(newest.matches("approved").count(), SHOWN, "{newest}");
    assert!(older.contains("5 earlier transactions"), "{older}");
}

/// The same once it is over, without a word about how.
fn over() -> Review {
    Review {
        readiness: None,
        checked: None,
        entries: Vec::new(),
        ..review()
    }
}

#[test]
fn what_another_action_ended_says_by_which_one() {
    let by = ActionId(B256::with_last_byte(7));
    let ended = Review {
        ended_by: Some(EndedBy {
            action: by,
            what: "migrate A to 2.0".into(),
            time: 9,
        }),
        ..over()
    };
    let shown = page(BEN, &ended);
    assert!(
        shown.contains("<h2>ended by another action</h2>"),
        "{shown}"
    );
    let band = between(&shown, "<section class=\"band\">", "</section>");
    for one in [&by.to_string(), "migrate A to 2.0</a> was executed"] {
        assert!(band.contains(one), "{one}: {band}");
    }
    let expired = Review {
        expired: Some(9),
        ..over()
    };
    assert!(page(BEN, &expired).contains("<h2>expired</h2>"));
}

#[test]
fn what_is_activated_is_a_warning_while_instances_run_an_older_version() {
    let mut review = over();
    review.shown.display.function = "migrate".into();
    review.entries = vec![Entry {
        event: "Executed",
        ..Entry::default()
    }];
    let good = page(BEN, &review);
    assert!(good.contains("<section class=\"band good\">"), "{good}");
    review.behind = Some(Behind {
        name: "A".into(),
        current: "2.0".into(),
        at: [("1.0".to_owned(), 3)].into(),
    });
    let shown = page(BEN, &review);
    let band = between(&shown, "<section class=\"band warning\">", "</section>");
    for one in [
        "current 2.0; 3 instances still run 1.0: ",
        "<code>stylus-upgrades upgrade A</code>, by anybody",
    ] {
        assert!(band.contains(one), "{one}: {band}");
    }
}

#[test]
fn beside_dangers_no_button_stands_out_and_the_first_one_is_told() {
    let mut review = review();
    let approve = "class=\"button primary\"";
    assert!(page(BEN, &review).contains(approve));
    let found = |says: &str| {
        Finding::named(
            Part::Layout,
            Severity::Danger,
            FindingId::about(FindingKind::Shift, "x"),
            says,
        )
    };
    let checked = review.checked.as_mut().expect("open");
    checked.findings = vec![found("x moves over y --source"), found("z moves")];
    let shown = page(BEN, &review);
    assert!(!shown.contains(approve), "{shown}");
    let band = between(&shown, "<section class=\"band danger\">", "</section>");
    let flag = "<span class=\"flag\">--source</span>";
    assert!(band.contains(&format!("x moves over y {flag}")), "{band}");
    assert!(!band.contains("z moves"), "{band}");
}

#[test]
fn without_dangers_the_band_says_what_the_action_does_and_no_note() {
    let mut review = review();
    review.shown.display.fields.push(Field {
        name: "version".into(),
        value: "2.0".into(),
    });
    let found =
        |severity, says: &str| Finding::named(Part::Simulation, severity, FindingKind::Trial, says);
    let checked = review.checked.as_mut().expect("open");
    checked.callers = vec![CallersOfWay {
        from: "1.0".into(),
        to: "2.0".into(),
        proven: true,
        changes: vec![CallerChange {
            before: None,
            after: Some("function peak() view".into()),
        }],
    }];
    checked.findings = vec![
        found(Severity::Note, "assumed: the delay of 2 days is over"),
        found(Severity::Good, "the upgrade succeeds on 2 instances"),
    ];
    let shown = page(BEN, &review);
    let band = between(&shown, "<section class=\"band note\">", "</section>");
    for one in ["version 2.0; new: peak() view", "the upgrade succeeds on 2"] {
        assert!(band.contains(one), "{one}: {band}");
    }
    assert!(!band.contains("assumed"), "{band}");
}

#[test]
fn what_is_ripe_is_executed_by_anybody_and_not_approved() {
    let mut review = review();
    let open = review.readiness.as_mut().expect("open");
    (open.approvals, open.required) = (3, 3);
    open.blocked_by = BlockedBy::Nothing;
    let shown = page(Address::with_last_byte(0xd4), &review);
    assert!(shown.contains("do=execute"), "{shown}");
    assert!(!shown.contains("do=approve"), "{shown}");
}
