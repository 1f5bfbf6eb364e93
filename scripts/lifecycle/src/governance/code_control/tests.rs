use super::*;
use crate::assess::Severity;
use crate::names::Names;
use alloy::primitives::Address;

/// Accounts by the letters of policies: `a` to `e` are people, `l` is a lambda, `s` and `p` are Safes of 2 of a, b, c,
/// `q` is a Safe of 1 of d, e, and `x` is a contract that is no Safe.
const NAMES: [(char, &str); 10] = [
    ('a', "Ana"),
    ('b', "Ben"),
    ('c', "Cleo"),
    ('d', "Dan"),
    ('e', "Eve"),
    ('l', "Lambda"),
    ('s', "Sa"),
    ('p', "Pa"),
    ('q', "Qa"),
    ('x', "Xa"),
];

fn account(letter: char) -> Address {
    Address::repeat_byte(letter as u8)
}

fn names() -> Names {
    let names = NAMES.map(|(letter, name)| (account(letter), name.to_owned()));
    names.into_iter().collect()
}

/// A policy whose accounts are single letters, and whose delays are in days: `AND(a,AFTER(1))`.
fn expression(text: &str) -> String {
    let mut expression = String::new();
    let mut is_delay = false;
    for letter in text.chars() {
        match letter {
            'a'..='e' | 'l' | 'p' | 'q' | 's' | 'x' => expression += &account(letter).to_string(),
            other => expression.push(other),
        }
        is_delay = (is_delay && letter != ')') || expression.ends_with("AFTER(");
        if is_delay && letter.is_ascii_digit() {
            let days = expression.pop().and_then(|digit| digit.to_digit(10));
            expression += &(days.expect("a digit") * 86_400).to_string();
        }
    }
    expression
}

fn facts() -> HolderFacts {
    let safe = |letter, threshold, owners: &str| ControlHolder::Safe {
        account: account(letter),
        threshold,
        owners: owners.chars().map(account).collect(),
    };
    let contract = ControlHolder::Contract {
        account: account('x'),
    };
    let all = [
        safe('s', 2, "abc"),
        safe('p', 2, "abc"),
        safe('q', 1, "de"),
        contract,
    ];
    all.into_iter().collect()
}

/// The control by policies from `ROLE POLICY; ROLE POLICY`.
fn control(policies: &str) -> DefinitionControl {
    let policies = policies.split("; ").map(|policy| {
        let (role, text) = policy.split_once(' ').expect("a role and a policy");
        (role.to_owned(), expression(text))
    });
    let policies: DefinitionPolicies = policies.collect();
    DefinitionControl::new(&policies, &facts(), &names())
        .expect("policies of migrate and of policy")
}

#[test]
fn control_is_told_in_accounts_and_delays() {
    for (migrate, policy, words) in [
        ("a", "a", "1 account (Ana) can replace the code at once"),
        (
            "OutOf(2,a,b,c)",
            "OutOf(2,a,b,c)",
            "2 accounts of 3 (Ana, Ben, Cleo) can replace the code at once",
        ),
        (
            "AND(OutOf(2,a,b,c),AFTER(1))",
            "d",
            "1 account (Dan) can replace the code at once, by policy, then migrate",
        ),
        (
            "AND(OutOf(2,a,b,c),AFTER(1))",
            "AND(OutOf(2,a,b,c),AFTER(2))",
            "2 accounts of 3 (Ana, Ben, Cleo) can replace the code after 1 day",
        ),
        (
            "AND(a,b)",
            "AND(c,AFTER(2))",
            "1 account (Cleo) can replace the code after 2 days, by policy, then migrate; soonest: 2 accounts (Ana, \
             Ben) at once",
        ),
        // A delay on one branch only.
        (
            "OR(AND(a,AFTER(1)),AND(a,b))",
            "NONE",
            "1 account (Ana) can replace the code after 1 day; soonest: 2 accounts (Ana, Ben) at once",
        ),
        // Delays of one group run at the same time.
        (
            "AND(OR(b,AND(c,AFTER(2))),d,AFTER(1))",
            "NONE",
            "2 accounts (Ben, Dan) can replace the code after 1 day",
        ),
        (
            "AND(OutOf(2,a,b),AND(c,AFTER(2)),AFTER(1))",
            "NONE",
            "3 accounts (Ana, Ben, Cleo) can replace the code after 2 days",
        ),
        (
            "OutOf(2,a,AND(b,c),OR(d,e))",
            "NONE",
            "2 accounts of 3 (Ana, Dan, Eve) can replace the code at once",
        ),
        // Both roles, by different people and by the same.
        (
            "a",
            "b",
            "1 account of 2 (Ana, Ben) can replace the code at once, by migrate, or by policy, then migrate",
        ),
        (
            "OR(a,b)",
            "b",
            "1 account of 2 (Ana, Ben) can replace the code at once",
        ),
        // Contracts.
        (
            "CALL(l)",
            "NONE",
            "1 account (the contract Lambda) can replace the code at once",
        ),
        (
            "AND(a,CALL(l))",
            "AND(a,b,c)",
            "2 accounts (Ana, the contract Lambda) can replace the code at once",
        ),
        (
            "s",
            "s",
            "2 accounts of 3 (2 of 3 owners of the Safe Sa) can replace the code at once",
        ),
        (
            "AND(d,s)",
            "x",
            "1 account (the contract Xa) can replace the code at once, by policy, then migrate",
        ),
        // Two Safes of the same owners, and a Safe beside one of its owners.
        (
            "AND(s,p)",
            "NONE",
            "2 accounts of 3 (2 of 3 owners of the Safe Sa, 2 of 3 owners of the Safe Pa) can replace the code at once",
        ),
        (
            "AND(a,s)",
            "NONE",
            "2 accounts of 3 (Ana, 2 of 3 owners of the Safe Sa) can replace the code at once",
        ),
        // No policy that is NONE changes any more.
        ("NONE", "a", "nobody can replace the code"),
        ("NONE", "NONE", "nobody can replace the code"),
        ("a", "NONE", "1 account (Ana) can replace the code at once"),
    ] {
        let control = control(&format!("migrate {migrate}; policy {policy}"));
        assert_eq!(control.sentence, words, "{migrate} {policy}");
    }
}

#[test]
fn of_many_accounts_the_first_are_named() {
    let letters = "abcdelqxsp".chars().map(account);
    let many: Vec<String> = letters.map(|account| account.to_string()).collect();
    let policies = [
        ("migrate".to_owned(), format!("OR({})", many.join(","))),
        ("policy".to_owned(), "NONE".to_owned()),
    ];
    let control = DefinitionControl::new(
        &policies.into_iter().collect(),
        &HolderFacts::default(),
        &names(),
    );
    let words = control.expect("a control").sentence;
    assert_eq!(
        words,
        "1 account of 10 (Ana, Ben, Cleo, Dan, Eve, Lambda, Qa, Xa, and 2 more) can replace the code at once"
    );
}

#[test]
fn the_registry_itself_and_unreadable_policies_have_no_control() {
    for policies in ["define a; policy a", "migrate AND(; policy a"] {
        let policies = policies.split("; ").map(|policy| {
            let (role, text) = policy.split_once(' ').expect("a role and a policy");
            (role.to_owned(), expression(text))
        });
        let control = DefinitionControl::new(&policies.collect(), &facts(), &names());
        assert_eq!(control, None);
    }
}

/// What is found about a change between policies, with the mark of its severity.
fn found(before: &str, after: &str, is_public: bool) -> Vec<String> {
    let change = ControlChange {
        before: Some(control(before)),
        after: Some(control(after)),
    };
    let found = change.findings("A", is_public, &names()).into_iter();
    let found = found.map(|finding| {
        let mark = if finding.severity == Severity::Danger {
            "✗ "
        } else {
            ""
        };
        format!("{mark}{}", finding.id)
    });
    found.collect()
}

#[test]
fn what_is_worse_after_a_change_is_found() {
    let team = "migrate OutOf(2,a,b,c); policy OutOf(2,a,b,c)";
    let slow = "migrate AND(OutOf(2,a,b,c),AFTER(2)); policy AND(OutOf(2,a,b,c),AFTER(2))";
    for (before, after, is_public, expected) in [
        (team, team, true, &[][..]),
        (team, slow, true, &[]),
        (
            team,
            "migrate OutOf(3,a,b,c); policy OutOf(2,a,b,c)",
            true,
            &[],
        ),
        (
            team,
            "migrate a; policy OutOf(2,a,b,c)",
            false,
            &["control-weaker"],
        ),
        (
            team,
            "migrate a; policy OutOf(2,a,b,c)",
            true,
            &["✗ single-key"],
        ),
        (
            team,
            "migrate OutOf(2,a,b,c); policy q",
            true,
            &["✗ single-key"],
        ),
        // Nobody knows who decides for a contract.
        (
            team,
            "migrate OutOf(2,a,b,c); policy x",
            true,
            &["control-weaker"],
        ),
        // One key after a delay is no key at once.
        (
            team,
            "migrate OutOf(2,a,b,c); policy AND(a,AFTER(1))",
            true,
            &["control-weaker"],
        ),
        (
            "migrate a; policy a",
            "migrate b; policy a",
            true,
            &["exit-window"],
        ),
        (slow, team, true, &["exit-window"]),
        (
            slow,
            "migrate AND(OutOf(2,a,b,c),AFTER(1)); policy AND(OutOf(2,a,b,c),AFTER(2))",
            true,
            &["exit-window"],
        ),
        // The delay of one way falls below that of the other one alone.
        (
            "migrate AND(OutOf(2,a,b,c),AFTER(2)); policy OutOf(2,a,b,c)",
            "migrate OutOf(2,a,b,c); policy OutOf(2,a,b,c)",
            true,
            &["exit-window"],
        ),
        (
            slow,
            "migrate a; policy a",
            true,
            &["✗ single-key", "exit-window"],
        ),
        (
            slow,
            "migrate a; policy a",
            false,
            &["control-weaker", "exit-window"],
        ),
        // Fewer within a delay that was possible before.
        (
            "migrate OR(AND(a,AFTER(2)),AND(a,b,c)); policy NONE",
            "migrate OR(AND(a,AFTER(2)),AND(a,b)); policy NONE",
            true,
            &["control-weaker"],
        ),
    ] {
        let pause = |policies: &str| format!("{policies}; pause AND(a,b)");
        // Where role pause is not set, any one address of migrate pauses.
        let (before, after) = if before.starts_with("migrate a; policy a") {
            (before.to_owned(), after.to_owned())
        } else {
            (pause(before), pause(after))
        };
        assert_eq!(
            found(&before, &after, is_public),
            expected,
            "{before} | {after}"
        );
    }
}

#[test]
fn a_lost_exit_names_both_values() {
    for (before, after, losses) in [
        (
            "migrate AND(a,AFTER(2)); policy AND(a,AFTER(3))",
            "migrate AND(a,AFTER(1)); policy a",
            "the delay of migrate becomes 1 day, and was 2 days; the delay of policy becomes none, and was 3 days",
        ),
        (
            "migrate a; policy a; pause AND(b,c)",
            "migrate a; policy a; pause OR(b,d)",
            "a pause takes 1 account, and took 2; Dan can pause, and Ben, Cleo could before",
        ),
        (
            "migrate a; policy a; pause NONE",
            "migrate a; policy a; pause s",
            "2 of 3 owners of the Safe Sa can pause, and nobody could before",
        ),
        (
            "migrate a; policy a; cancel OR(b,c)",
            "migrate a; policy a; cancel AND(b,c)",
            "no guardian can end an action any more; before: Ben, Cleo",
        ),
        (
            "migrate a; policy a; cancel b",
            "migrate a; policy a; cancel c",
            "",
        ),
        (
            "migrate a; policy a; pause OR(a,b)",
            "migrate a; policy a; pause b",
            "",
        ),
    ] {
        let change = ControlChange {
            before: Some(control(before)),
            after: Some(control(after)),
        };
        let found = change.findings("A", false, &names());
        let words: Vec<&str> = found
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        let expected: Vec<String> = [losses]
            .iter()
            .filter(|losses| !losses.is_empty())
            .map(|losses| {
                format!("users of A lose time or means to leave before new code runs: {losses}")
            })
            .collect();
        assert_eq!(words, expected, "{before} | {after}");
    }
}

#[test]
fn a_new_definition_of_one_key_is_told_on_a_public_chain() {
    for (policies, is_public, severity) in [
        ("migrate a; policy a", true, Some(Severity::Warning)),
        ("migrate a; policy a", false, None),
        ("migrate AND(a,b); policy AND(a,b)", true, None),
    ] {
        let change = ControlChange {
            before: None,
            after: Some(control(policies)),
        };
        let found = change.findings("A", is_public, &names());
        let severities = found.first().map(|finding| finding.severity);
        assert_eq!(severities, severity, "{policies}");
    }
}

#[test]
fn lines_show_control_once_unless_it_changes() {
    let (one, team) = (
        Some(control("migrate a; policy a")),
        Some(control("migrate AND(a,b); policy AND(a,b)")),
    );
    for (before, after, lines) in [
        (
            &one,
            &None,
            &["control       1 account (Ana) can replace the code at once"][..],
        ),
        (
            &one,
            &one,
            &["control       1 account (Ana) can replace the code at once"],
        ),
        (
            &None,
            &one,
            &["control       1 account (Ana) can replace the code at once"],
        ),
        (
            &one,
            &team,
            &[
                "control now   1 account (Ana) can replace the code at once",
                "control after 2 accounts (Ana, Ben) can replace the code at once",
            ],
        ),
    ] {
        let change = ControlChange {
            before: before.clone(),
            after: after.clone(),
        };
        assert_eq!(change.lines(), lines);
    }
}
