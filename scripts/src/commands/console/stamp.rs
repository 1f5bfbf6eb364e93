//! Hashes of what a page shows before a wallet is asked: at the click it is asked for once more and compared.

use crate::output::Outcome;
use crate::review::TRIED;
use alloy::primitives::keccak256;
use serde_json::{Value, json};

/// What the page shows of a plan, but for what every block changes.
const SHOWN: [&str; 8] = [
    "verdict",
    "instances",
    "others",
    "reads",
    "untried",
    "problems",
    "warnings",
    "coverage",
];

/// Two hashes. The stamp is of what was decided on: it is another one once something that matters has changed.
/// The other one is of the values that a migration writes: they differ from block to block where it writes the
/// time, and the page goes on with others only where that is said to be meant.
pub(super) fn of_action(outcome: &mut Outcome) {
    let of = |name: &str| outcome.document.get(name).cloned().unwrap_or_default();
    let plan = of("plan");
    let mut shown = json!(SHOWN.map(|name| plan.get(name)));
    let values = keccak256(shown.to_string());
    without_values(&mut shown);
    let all = json!([
        of("operation"),
        of("account"),
        of("action"),
        of("sentence"),
        of("digests"),
        of("transaction_digest"),
        cards(of("cards")),
        of("consent"),
        of("untried"),
        shown,
    ]);
    outcome.field("stamp", keccak256(all.to_string()));
    outcome.field("values", values);
}

/// A hash of all that the page shows and the wallet would send; the gas alone may differ a little.
pub(super) fn of_submission(outcome: &mut Outcome) {
    let mut shown = outcome.document.clone();
    shown.remove("transaction");
    if let Some(found) = shown.get_mut("cards") {
        *found = cards(found.take());
    }
    let stamp = keccak256(json!(shown).to_string());
    outcome.field("stamp", stamp);
}

/// Findings without the words of what succeeded on a copy: they name amounts of gas, which differ from block to
/// block.
fn cards(mut found: Value) -> Value {
    for card in found.as_array_mut().into_iter().flatten() {
        let has_succeeded = card["about"] == TRIED && card["weight"] == "warning";
        if card["weight"] == "good" || has_succeeded {
            card["says"] = Value::Null;
        }
    }
    found
}

/// Leaves which words and whose ether change, and takes out from what and to what.
fn without_values(shown: &mut Value) {
    match shown {
        Value::Array(all) => all.iter_mut().for_each(without_values),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value.is_null()) {
                    ("before" | "after" | "balance", false) => *value = json!(true),
                    _ => without_values(value),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_gas_in_what_succeeded_are_no_part_of_a_stamp() {
        let stamped = |weight: &str, about: &str, says: &str, of: fn(&mut Outcome)| {
            let mut outcome = Outcome::default();
            let card = json!({ "about": about, "weight": weight, "says": says });
            outcome.field("cards", [card]);
            of(&mut outcome);
            outcome.document["stamp"].clone()
        };
        for of in [of_submission, of_action] {
            for (weight, about, is_part) in [
                ("good", TRIED, false),
                ("warning", TRIED, false),
                ("danger", TRIED, true),
                ("unknown", TRIED, true),
                ("warning", "source", true),
            ] {
                let with = |says| stamped(weight, about, says, of);
                assert_eq!(with("7 gas") != with("8 gas"), is_part, "{weight} {about}");
            }
            let weights = ["good", "warning", "danger"].map(|one| stamped(one, TRIED, "", of));
            assert!(weights[0] != weights[1] && weights[1] != weights[2]);
        }
    }

    #[test]
    fn whatever_a_plan_shows_is_part_of_the_stamp() {
        let stamped = |plan: Value| {
            let mut outcome = Outcome::default();
            outcome.field("plan", plan);
            of_action(&mut outcome);
            ["stamp", "values"].map(|name| outcome.document[name].clone())
        };
        let nothing = stamped(json!({ "block": 1, "gas": 7 }));
        assert_eq!(nothing, stamped(json!({ "block": 2, "gas": 8 })));
        for name in SHOWN {
            let [stamp, values] = stamped(json!({ (name): 1 }));
            assert!(stamp != nothing[0] && values != nothing[1], "{name}");
        }
        // What is written is told apart from where.
        let writes = |slot: u8, before: u8, after: u8, balance: Value| {
            let change = json!({ "slot": slot, "before": before, "after": after });
            stamped(json!({ "instances": [{ "changes": [change], "balance": balance }] }))
        };
        let first = writes(1, 5, 6, json!(null));
        let later = writes(1, 5, 7, json!(null));
        assert!(first[0] == later[0] && first[1] != later[1], "the value");
        let paid = [
            writes(1, 5, 6, json!([1, 2])),
            writes(1, 5, 6, json!([1, 3])),
        ];
        assert!(
            paid[0][0] == paid[1][0] && paid[0][1] != paid[1][1],
            "the ether"
        );
        let used = writes(1, 4, 6, json!(null));
        assert!(
            first[0] == used[0] && first[1] != used[1],
            "the value before"
        );
        for other in [&writes(2, 5, 6, json!(null)), &paid[0]] {
            assert_ne!(first[0], other[0]);
        }
    }
}
