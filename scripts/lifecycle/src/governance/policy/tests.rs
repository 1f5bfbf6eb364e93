use super::*;

const A: &str = "0x1111111111111111111111111111111111111111";
const B: &str = "0x2222222222222222222222222222222222222222";
const C: &str = "0x3333333333333333333333333333333333333333";

#[test]
fn a_team_with_a_delay_is_reported_as_a_tree() {
    let text = format!("AND(OutOf(2,{A},{B},{C}),AFTER(172800))");
    let explained = explain("migrate", &text, &Names::default()).expect("a policy");
    assert_eq!(explained.fewest, Some(2));
    assert!(explained.alone.is_empty());
    assert_eq!(explained.delays, [172_800]);
    assert_eq!(explained.lines[0], "all of");
    assert_eq!(explained.lines[1], "  2 of");
    assert!(explained.lines[5].contains("2 days after the other conditions"));
}

#[test]
fn who_needs_nobody_else_is_named() {
    let explained = explain(
        "migrate",
        &format!("OR({A},AND({B},{C}))"),
        &Names::default(),
    );
    let explained = explained.expect("a policy");
    assert_eq!(
        explained.alone,
        [A.parse::<alloy::primitives::Address>().expect("it")]
    );
    assert_eq!(explained.fewest, Some(1));
}

#[test]
fn none_means_never() {
    let explained = explain("policy", "NONE", &Names::default()).expect("a policy");
    assert_eq!((explained.fewest, explained.approvers.len()), (None, 0));
}

#[test]
fn spans_are_reported_in_their_largest_whole_unit() {
    let reported = [1, 59, 60, 5400, 86_400, 172_800].map(duration);
    assert_eq!(
        reported,
        [
            "1 second",
            "59 seconds",
            "1 minute",
            "90 minutes",
            "1 day",
            "2 days"
        ]
    );
}

#[test]
fn a_tree_says_who_approved_and_what_holds() {
    let [one, two, three] = [1, 2, 3].map(Address::with_last_byte);
    let text = format!("AND(OutOf(2,{one},{two},{three}),AFTER(60))");
    let Ok(Node::Members {
        need,
        hold,
        members,
    }) = tree("migrate", &text, &[one, three])
    else {
        panic!("a list of members");
    };
    assert_eq!((need, hold), (2, 1));
    let Some(Node::Members {
        need,
        hold,
        members,
    }) = members.first()
    else {
        panic!("a list of members");
    };
    assert_eq!((*need, *hold), (2, 2));
    let approved: Vec<bool> = members.iter().map(Node::holds).collect();
    assert_eq!(approved, [true, false, true]);
    assert_eq!(tree("migrate", "NONE", &[]).ok(), Some(Node::None));
}
