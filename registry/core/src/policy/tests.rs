use super::*;
use proptest::prelude::*;
use stylus_upgrades_interface::reasons::invalid_policy as reason;

const A: &str = "0x00000000000000000000000000000000000000aA";
const B: &str = "0x00000000000000000000000000000000000000bb";
const C: &str = "0x00000000000000000000000000000000000000cc";
const DAY: u64 = 86_400;

fn policy(text: &str) -> Policy {
    parse(text.as_bytes()).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"))
}

#[track_caller]
fn refused(text: &str, offset: usize, reason: u8) {
    let expected = Refusal {
        offset: offset as u32,
        reason,
    };
    assert_eq!(parse(text.as_bytes()).err(), Some(expected), "{text}");
}

fn nth(n: usize) -> String {
    format!("0x{n:040x}")
}

fn list(addresses: impl IntoIterator<Item = usize>) -> String {
    addresses.into_iter().map(nth).collect::<Vec<_>>().join(",")
}

fn facts(approvals: u64) -> Facts<'static> {
    Facts {
        approvals,
        lambdas: 0,
        timelocks: &[],
        now: 0,
    }
}

// -- what is a policy

#[test]
fn one_address_is_a_policy_in_any_case_of_its_letters() {
    let one = policy(A);
    assert_eq!(one.root, Expression::Address(0));
    assert_eq!(one.approvers[0].address, Address::with_last_byte(0xaa));
    assert_eq!(policy(&A.to_lowercase()).approvers, one.approvers);
}

#[test]
fn spaces_may_stand_between_tokens() {
    let spaced = policy(&format!(
        "  AND ( {A} , OutOf( 1 ,{B}, {C} ) , AFTER( 5 ) ) "
    ));
    let dense = policy(&format!("AND({A},OutOf(1,{B},{C}),AFTER(5))"));
    assert_eq!(spaced.root, dense.root);
}

#[test]
fn an_address_in_two_positions_is_one_approver() {
    let twice = policy(&format!("OR(AND({A},{B}),AND({A},{C}))"));
    assert_eq!(twice.approvers.len(), 3);
    assert!(!twice.is_satisfied(&facts(0b001)));
    assert!(!twice.is_satisfied(&facts(0b110)));
    assert!(twice.is_satisfied(&facts(0b101)));
}

#[test]
fn none_stands_alone_and_is_never_satisfied() {
    let none = policy("NONE");
    assert!(none.is_none());
    assert!(!none.is_satisfied(&facts(u64::MAX)));
    refused(&format!("OR({A},NONE)"), 46, reason::NONE_NESTED);
    refused("NONE NONE", 5, reason::TRAILING);
}

#[test]
fn what_is_no_expression_is_refused_where_it_goes_wrong() {
    refused("", 0, reason::EMPTY);
    refused("   ", 0, reason::EMPTY);
    refused("Admin", 0, reason::SYNTAX);
    refused("and(0x,0x)", 0, reason::SYNTAX);
    refused("AND()", 4, reason::SYNTAX);
    refused(&format!("AND({A}"), 46, reason::SYNTAX);
    refused(&format!("AND({A},)"), 47, reason::SYNTAX);
    refused(&format!("AND({A};{B})"), 46, reason::SYNTAX);
    refused(&format!("OutOf({A},{B})"), 7, reason::SYNTAX);
    refused(&format!("OutOf(,{B})"), 6, reason::SYNTAX);
    refused(&format!("{A})"), 42, reason::TRAILING);
    refused(&format!("{A},{B}"), 42, reason::TRAILING);
    refused("\u{e9}", 0, reason::SYNTAX);
}

#[test]
fn an_address_has_forty_hexadecimal_digits() {
    refused("0x", 0, reason::BAD_ADDRESS);
    refused(&A[..41], 0, reason::BAD_ADDRESS);
    refused(&format!("{A}0"), 0, reason::BAD_ADDRESS);
    refused(&A.replace("aA", "aG"), 0, reason::BAD_ADDRESS);
    refused(&format!("OR({B},0x12)"), 46, reason::BAD_ADDRESS);
    refused("CALL(NONE)", 5, reason::BAD_ADDRESS);
}

#[test]
fn n_of_out_of_is_between_one_and_its_arguments() {
    refused(&format!("OutOf(0,{A},{B})"), 6, reason::BAD_COUNT);
    refused(&format!("OutOf(3,{A},{B})"), 6, reason::BAD_COUNT);
    refused(
        &format!("OutOf(99999999999999999999999,{A},{B})"),
        6,
        reason::BAD_COUNT,
    );
    assert!(policy(&format!("OutOf(2,{A},{B})")).is_satisfied(&facts(0b11)));
    assert!(!policy(&format!("OutOf(2,{A},{B})")).is_satisfied(&facts(0b01)));
}

#[test]
fn an_address_stands_once_below_an_out_of() {
    refused(&format!("OutOf(1,{A},{A})"), 51, reason::DUPLICATE);
    refused(&format!("OutOf(1,{A},AND({B},{A}))"), 98, reason::DUPLICATE);
    refused(
        &format!("OutOf(1,{A},OutOf(1,{B},{A}))"),
        102,
        reason::DUPLICATE,
    );
    policy(&format!("OR(OutOf(1,{A},{B}),OutOf(1,{A},{C}))"));
}

/// Refuses the last place of a leaf that stands in several.
#[track_caller]
fn one_voice(text: &str, leaf: &str) {
    refused(
        text,
        text.rfind(leaf).expect("a leaf of it"),
        reason::DUPLICATE,
    );
}

#[test]
fn an_address_stands_once_in_an_and() {
    one_voice(&format!("AND({A},{A})"), A);
    one_voice(&format!("AND({A},AND({B},{A}))"), A);
    one_voice(&format!("AND({A},OR({A},{B}))"), A);
    one_voice(&format!("AND(OutOf(1,{A},{B}),OutOf(1,{A},{C}))"), A);
    one_voice(&format!("OR({B},AND({A},{A}))"), A);
    policy(&format!("OR({A},AND({A},{B}),AND({A},{C}))"));
}

#[test]
fn a_lambda_stands_once_in_an_and_and_below_an_out_of() {
    let call = |who| format!("CALL({who})");
    let (one, other) = (call(A), call(B));
    one_voice(&format!("OutOf(2,{B},{C},{one},{one})"), &one);
    one_voice(&format!("OutOf(1,{one},AND({C},{one}))"), &one);
    one_voice(&format!("AND({C},{one},{one})"), &one);
    one_voice(&format!("AND({C},{one},AND({B},{one}))"), &one);
    one_voice(&format!("AND({A},{one})"), &one);
    one_voice(&format!("OutOf(2,{one},{A},{B})"), A);
    policy(&format!("OutOf(2,{C},{one},{other})"));
    policy(&format!("OR({one},AND({A},{other}))"));
    policy(&format!("OR(AND({C},{one}),AND({B},{one}),{one})"));
}

#[test]
fn nesting_goes_eight_deep() {
    let nested = |depth: usize| format!("{}{A}{}", "OR(".repeat(depth), ")".repeat(depth));
    policy(&nested(8));
    refused(&nested(9), 24, reason::TOO_DEEP);
    refused(&nested(1_000), 24, reason::TOO_DEEP);
}

#[test]
fn there_are_at_most_sixty_four_leaves_and_4096_bytes() {
    policy(&format!("OR({})", list(1..=64)));
    refused(
        &format!("OR({})", list(1..=65)),
        3 + 64 * 43,
        reason::TOO_MANY_LEAVES,
    );
    refused(&" ".repeat(4_097), 0, reason::TOO_LONG);
}

#[test]
fn there_are_at_most_four_lambdas() {
    let call = |n: usize| format!("CALL({})", nth(n));
    let many = |n: usize| format!("OR({})", (1..=n).map(call).collect::<Vec<_>>().join(","));
    assert_eq!(policy(&many(4)).lambdas.len(), 4);
    refused(&many(5), 3 + 4 * 49, reason::BAD_LAMBDA);
}

#[test]
fn a_delay_stands_directly_in_an_and_with_an_address_or_out_of() {
    policy(&format!("AND({A},AFTER(1))"));
    policy(&format!("AND(AFTER({}),OutOf(1,{A},{B}))", 90 * DAY));
    refused("AFTER(5)", 0, reason::BAD_DELAY);
    refused(&format!("OR({A},AFTER(5))"), 46, reason::BAD_DELAY);
    refused(&format!("OutOf(1,{A},AFTER(5))"), 51, reason::BAD_DELAY);
    refused("AND(AFTER(5))", 4, reason::BAD_DELAY);
    refused(&format!("AND(CALL({A}),AFTER(5))"), 53, reason::BAD_DELAY);
    refused(&format!("AND({A},AFTER(0))"), 47, reason::BAD_DELAY);
    refused(
        &format!("AND({A},AFTER({}))", 90 * DAY + 1),
        47,
        reason::BAD_DELAY,
    );
    refused(&format!("AND({A},AFTER())"), 53, reason::SYNTAX);
}

// -- who satisfies it

#[test]
fn a_lambda_counts_by_its_consent_and_never_alone() {
    let policy = policy(&format!("AND({A},CALL({B}))"));
    assert_eq!(policy.approvers.len(), 1, "a lambda is no approver");
    assert!(!policy.is_satisfied(&facts(1)));
    assert!(policy.is_satisfied(&Facts {
        lambdas: 1,
        ..facts(1)
    }));
    assert!(!policy.is_satisfied_alone(1));
}

/// One approval after another, at given times.
struct Timeline {
    policy: Policy,
    approvals: u64,
    timelocks: Vec<u64>,
}

impl Timeline {
    fn of(text: &str) -> Self {
        let policy = policy(text);
        Self {
            timelocks: vec![0; policy.delays.len()],
            policy,
            approvals: 0,
        }
    }

    /// Sets the approvals at a time; whether a timelock changed.
    fn at(&mut self, now: u64, approvals: u64) -> bool {
        self.approvals = approvals;
        let mut timelocks = self.timelocks.clone();
        let changed = self
            .policy
            .update_timelocks(&self.facts(now), &mut timelocks);
        self.timelocks = timelocks;
        changed
    }

    fn facts(&self, now: u64) -> Facts<'_> {
        Facts {
            approvals: self.approvals,
            lambdas: 0,
            timelocks: &self.timelocks,
            now,
        }
    }

    fn holds(&self, now: u64) -> bool {
        self.policy.is_satisfied(&self.facts(now))
    }

    fn not_before(&self) -> Option<u64> {
        self.policy.not_before(self.approvals, &self.timelocks)
    }
}

#[test]
fn a_delay_runs_from_the_approval_that_makes_its_siblings_true() {
    let mut timeline = Timeline::of(&format!("AND({A},{B},AFTER(10))"));
    assert!(!timeline.at(100, 0b01), "one of two");
    assert_eq!(timeline.not_before(), None);
    assert!(timeline.at(200, 0b11));
    assert_eq!(timeline.not_before(), Some(210));
    assert!(!timeline.holds(209));
    assert!(timeline.holds(210));
    assert!(!timeline.at(205, 0b11), "a second look does not restart it");
    assert!(timeline.policy.is_waiting(&timeline.facts(0)));
}

#[test]
fn revoking_below_the_siblings_restarts_the_delay() {
    let mut timeline = Timeline::of(&format!("AND(OutOf(2,{A},{B},{C}),AFTER(10))"));
    timeline.at(100, 0b111);
    assert!(!timeline.at(105, 0b011), "two of three still hold");
    assert_eq!(timeline.not_before(), Some(110));
    assert!(timeline.at(106, 0b001));
    assert_eq!(timeline.not_before(), None);
    timeline.at(107, 0b101);
    assert_eq!(timeline.not_before(), Some(117));
}

#[test]
fn a_lambda_starts_a_delay_by_its_consent_and_stops_none_by_taking_it_back() {
    let policy = policy(&format!("AND({A},CALL({B}),AFTER(10))"));
    let at = |now, approvals, lambdas, timelocks: &mut Vec<u64>| {
        let before = timelocks.clone();
        let facts = Facts {
            approvals,
            lambdas,
            timelocks: &before,
            now,
        };
        policy.update_timelocks(&facts, timelocks)
    };
    let mut timelocks = vec![0];
    assert!(!at(100, 1, 0, &mut timelocks));
    assert!(at(200, 1, 1, &mut timelocks));
    assert!(!at(205, 1, 0, &mut timelocks));
    assert_eq!(timelocks, [200]);
    assert!(
        at(206, 0, 1, &mut timelocks),
        "an approval that is missing does"
    );
    assert_eq!(timelocks, [0]);
}

#[test]
fn one_way_out_of_two_may_have_a_delay() {
    let mut timeline = Timeline::of(&format!("OR(AND({A},AFTER(10)),AND({A},{B}))"));
    timeline.at(100, 0b01);
    assert!(!timeline.holds(105));
    assert!(timeline.holds(110));
    timeline.at(105, 0b11);
    assert!(timeline.holds(105), "both need not wait");
    assert_eq!(timeline.not_before(), Some(0));
}

#[test]
fn a_delay_within_a_delay_runs_at_the_same_time() {
    let mut timeline = Timeline::of(&format!("AND({A},AND({B},AFTER(50)),AFTER(10))"));
    timeline.at(100, 0b11);
    assert_eq!(timeline.not_before(), Some(150));
    assert!(!timeline.holds(149));
    assert!(timeline.holds(150));
}

#[test]
fn delays_and_lambdas_can_be_taken_as_true() {
    let policy = policy(&format!(
        "AND(OutOf(2,{A},{B},{C}),CALL(0x{:040x}),AFTER(9))",
        7
    ));
    assert!(!policy.is_satisfied_but_for_delays_and_lambdas(0b001));
    assert!(policy.is_satisfied_but_for_delays_and_lambdas(0b011));
    assert!(!policy.is_satisfied_alone(0b011));
}

#[test]
fn alone_means_without_time_and_without_lambdas() {
    assert!(policy(&format!("OR({A},{B})")).is_satisfied_alone(0b10));
    assert!(!policy(&format!("AND({A},{B})")).is_satisfied_alone(0b10));
    assert!(!policy(&format!("AND({A},AFTER(1))")).is_satisfied_alone(0b1));
    assert!(!policy(&format!("OR(CALL({A}),{B})")).is_satisfied_alone(0));
}

// -- how many are missing

#[test]
fn the_fewest_that_are_missing_are_counted() {
    let missing = |text: &str, approvals| policy(text).fewest_missing(approvals, 0);
    assert_eq!(missing(&format!("AND({A},{B})"), 0), 2);
    assert_eq!(missing(&format!("AND({A},{B})"), 1), 1);
    assert_eq!(missing(&format!("OR(AND({A},{B}),{C})"), 0), 1);
    assert_eq!(missing(&format!("OutOf(2,{A},{B},{C})"), 0b100), 1);
    assert_eq!(missing(&format!("AND({A},AFTER(5))"), 1), 0);
    assert_eq!(
        missing(&format!("OR(AND({A},{B}),AND({A},{C},OR({B})))"), 1),
        1,
        "the cheaper of the two"
    );
    assert_eq!(
        missing(&format!("AND({A},CALL({B}))"), 0),
        1,
        "a lambda is no approval"
    );
    assert_eq!(
        missing(&format!("OR({A},CALL({B}))"), 0),
        1,
        "approvals instead of its consent"
    );
}

/// Some of a few addresses, so that they stand in several places, in groups of which each may want
/// one, some or all; and all groups together one, some or all.
fn all_distinct() -> impl Strategy<Value = String> {
    let some = proptest::sample::subsequence((1usize..=6).collect::<Vec<_>>(), 1..=6);
    let needs = proptest::collection::vec(any::<prop::sample::Index>(), 7);
    (some.prop_shuffle(), 1usize..4, needs).prop_map(|(some, size, needs)| {
        let groups = some.chunks(size).zip(&needs).map(|(group, need)| {
            let need = need.index(group.len()) + 1;
            format!("OutOf({need},{})", list(group.iter().copied()))
        });
        let groups: Vec<_> = groups.collect();
        let need = needs[6].index(groups.len()) + 1;
        if need == groups.len() {
            format!("AND({})", groups.join(","))
        } else {
            format!("OutOf({need},{})", groups.join(","))
        }
    })
}

/// One way out of some.
fn expression() -> impl Strategy<Value = String> {
    proptest::collection::vec(all_distinct(), 1..4)
        .prop_map(|incoming| format!("OR({})", incoming.join(",")))
}

fn threshold() -> impl Strategy<Value = String> {
    (1usize..9).prop_flat_map(|all| {
        (1..=all, Just(all)).prop_map(|(need, all)| format!("OutOf({need},{})", list(1..=all)))
    })
}

proptest! {
    #[test]
    fn the_fewest_missing_are_as_few_as_any(text in prop_oneof![expression(), threshold()], approvals in 0u64..64) {
        let policy = policy(&text);
        let all = 1u64 << policy.approvers.len();
        let given = approvals & (all - 1);
        let fewest = (0..all)
            .filter(|more| policy.is_satisfied_alone(given | more))
            .map(|more| (more & !given).count_ones())
            .min();
        prop_assert_eq!(Some(u32::from(policy.fewest_missing(given, 0))), fewest);
    }

    #[test]
    fn another_approval_never_harms(text in expression(), approvals: u64, more: u64) {
        let policy = policy(&text);
        prop_assert!(!policy.is_satisfied_alone(approvals) || policy.is_satisfied_alone(approvals | more));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[ -~]{0,80}") {
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn no_tokens_make_the_parser_panic(tokens in proptest::collection::vec(prop::sample::select(vec!["AND(", "OR(", "OutOf(", "CALL(", "AFTER(", "NONE", ")", ",", "2", " ", A, B, C, "0x", "é"]), 0..30)) {
        let text = tokens.concat();
        if let Err(refusal) = parse(text.as_bytes()) {
            prop_assert!(refusal.offset as usize <= text.len());
        }
    }
}
