//! The differences between the copies, call by call, grouped by function and reason.

use super::past::{PastTransactions, numbered};
use crate::client::{Outcome, PastTransaction, ReplayReceipt, Replayed};
use crate::cost::Gas;
use crate::functions::{Functions, unknown_call};
use crate::ids::TxHash;
use crate::plan::{Abis, Difference, Group, Kind};
use alloy::consensus::Transaction;
use alloy::primitives::{Address, Bytes};
use std::collections::{BTreeMap, BTreeSet};

/// Differences that are shown of each group.
const EXAMPLES: usize = 3;

/// Finds what differs, by kind, function and reason; and the transactions that differ and are the registry's business,
/// as `governs` tells: who decides called it for them.
pub(super) fn find_differences(
    past: &PastTransactions,
    was: &[Replayed],
    would_be: &[Replayed],
    instances: &[Address],
    abis: &Abis,
    mut governs: impl FnMut(&PastTransaction, Kind) -> bool,
) -> (Vec<Group>, BTreeSet<TxHash>) {
    type GroupKey = (Kind, Option<Address>, String, Option<String>);
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    let mut governing = BTreeSet::new();
    for (((block, transaction), before), after) in numbered(past).zip(was).zip(would_be) {
        let Some(kind) = find_kind(before, after) else {
            continue;
        };
        if governs(transaction, kind) {
            governing.insert(transaction.hash);
            continue;
        }
        let (to, input) = (transaction.envelope.to(), transaction.envelope.input());
        let is_known = to.is_some_and(|to| instances.contains(&to));
        let unknown = Abis::default();
        let abis = if is_known { abis } else { &unknown };
        let selector = match input.get(..4) {
            Some(selector) => alloy::hex::encode_prefixed(selector),
            None => "receive".into(),
        };
        let named = abis.before.signature(input);
        let named = named.or_else(|| abis.after.signature(input));
        let function = named.unwrap_or_else(|| selector.clone());
        let reason =
            matches!(kind, Kind::FailsNow | Kind::OtherReason).then(|| reason(after, &abis.after));
        let key = (kind, to, selector.clone(), reason.clone());
        let group = groups.entry(key).or_insert_with(|| Group {
            kind,
            to,
            function,
            selector,
            reason,
            count: 0,
            examples: Vec::new(),
        });
        group.count += 1;
        if group.examples.len() < EXAMPLES {
            let call = describe_call(&abis.before, to, input);
            let by_new = describe_call(&abis.after, to, input);
            group.examples.push(Difference {
                hash: transaction.hash,
                block,
                from: transaction.from,
                call_after: (is_known && by_new != call).then_some(by_new),
                call,
                before: describe_outcome(before, kind, &abis.before, input),
                after: describe_outcome(after, kind, &abis.after, input),
            });
        }
    }
    (groups.into_values().collect(), governing)
}

fn describe_call(functions: &Functions, to: Option<Address>, input: &Bytes) -> String {
    match to {
        None => format!("{} bytes of init code", input.len()),
        Some(_) => functions.call(input).unwrap_or_else(|| unknown_call(input)),
    }
}

fn find_kind(before: &Replayed, after: &Replayed) -> Option<Kind> {
    if matches!(after, Replayed::Mined(receipt) if receipt.outcome.success && receipt.more_gas) {
        return Some(Kind::NeedsMoreGas);
    }
    if before.succeeded() != after.succeeded() {
        return Some(if before.succeeded() {
            Kind::FailsNow
        } else {
            Kind::SucceedsNow
        });
    }
    let (Replayed::Mined(old), Replayed::Mined(new)) = (before, after) else {
        return (before != after).then_some(Kind::OtherReason);
    };
    if old.output != new.output {
        return Some(if old.outcome.success {
            Kind::Returns
        } else {
            Kind::OtherReason
        });
    }
    if old.outcome.logs != new.outcome.logs {
        return Some(Kind::Emits);
    }
    (old.outcome.gas != new.outcome.gas).then_some(Kind::Gas)
}

/// The name of the error that a call fails with.
fn reason(sent: &Replayed, functions: &Functions) -> String {
    match sent {
        Replayed::Rejected(_) => "no block takes it".into(),
        Replayed::Mined(receipt) if receipt.is_spent => "out of gas".into(),
        Replayed::Mined(receipt) if receipt.output.is_empty() => "no data".into(),
        Replayed::Mined(ReplayReceipt { output, .. }) => {
            let whole = functions.revert(output);
            match whole.split_once('(') {
                Some((name, _)) => name.to_owned(),
                None => match output.get(..4) {
                    Some(selector) => format!("error {}", alloy::hex::encode_prefixed(selector)),
                    None => "unknown data".into(),
                },
            }
        }
    }
}

/// Describes the outcome of a transaction, as far as it matters for the difference.
fn describe_outcome(sent: &Replayed, kind: Kind, functions: &Functions, input: &[u8]) -> String {
    let ReplayReceipt {
        outcome,
        output,
        note,
        ..
    } = match sent {
        Replayed::Mined(receipt) => receipt,
        Replayed::Rejected(reason) => return format!("no block takes it: {reason}"),
    };
    let gas = Gas::without_l1(outcome.gas);
    if !outcome.success {
        let reason = match note {
            Some(note) if output.is_empty() => note.clone(),
            _ if output.is_empty() => "it reverts without data".into(),
            _ => format!("it reverts: {}", functions.revert(output)),
        };
        return match kind {
            Kind::Gas => format!("{gas}; {reason}"),
            _ => reason,
        };
    }
    match kind {
        Kind::Returns => {
            let values = functions.returned(input, output);
            values.unwrap_or_else(|| output.to_string())
        }
        Kind::Emits => describe_events(outcome, functions),
        _ => gas.to_string(),
    }
}

fn describe_events(outcome: &Outcome, functions: &Functions) -> String {
    let events = outcome.logs.iter().map(|log| match functions.event(log) {
        Some(event) => event,
        None => {
            let topic = log.topics().first().copied().unwrap_or_default();
            format!("{topic} {}", log.data.data)
        }
    });
    let events: Vec<_> = events.collect();
    if events.is_empty() {
        "no events".into()
    } else {
        events.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_fail_alike_and_take_other_gas_show_both_figures() {
        let failed = |gas, output: Bytes| {
            Replayed::Mined(ReplayReceipt {
                outcome: Outcome {
                    success: false,
                    gas,
                    logs: Vec::new(),
                },
                output,
                note: None,
                is_spent: false,
                more_gas: false,
            })
        };
        let functions = Functions::default();
        for (data, reason) in [
            (Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef]), "0xdeadbeef"),
            (Bytes::new(), "without data"),
        ] {
            let (before, after) = (failed(21_500, data.clone()), failed(23_700, data));
            assert_eq!(find_kind(&before, &after), Some(Kind::Gas));
            for (sent, gas) in [(&before, "21,500 L2 gas; "), (&after, "23,700 L2 gas; ")] {
                let said = describe_outcome(sent, Kind::Gas, &functions, &[]);
                assert!(said.starts_with(gas) && said.contains(reason), "{said}");
            }
        }
    }
}
