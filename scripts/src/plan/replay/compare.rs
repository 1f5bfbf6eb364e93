//! What differs: from what really happened, and between the two copies.

use super::super::error::PlanError;
use super::super::slots::SlotNames;
use super::super::{Plan, PlanRequest};
use super::past::{Outcome, Past, PastTransaction};
use super::run::Sent;
use crate::client::Revert;
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, U256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, Chain};

/// Differences that are shown of each group.
const EXAMPLES: usize = 3;
/// Words that are tried as keys of mappings, at most.
const KEYS_MAX: usize = 256;

/// A transaction that did something else on the copy without the upgrade than it really did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfaithful {
    /// The transaction.
    pub hash: B256,
    /// Its block.
    pub block: u64,
    /// In what it differs.
    pub what: String,
}

/// What differs about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It succeeded, and fails with the new version.
    FailsNow,
    /// It failed, and succeeds with the new version.
    SucceedsNow,
    /// It fails for another reason.
    OtherReason,
    /// It returns other data.
    Returns,
    /// It emits other events.
    Emits,
    /// It takes other gas, and nothing else differs.
    Gas,
}

/// Calls of one function that differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// How they differ.
    pub kind: Kind,
    /// The account that was called; none for a creation.
    pub to: Option<Address>,
    /// The function's selector.
    pub function: String,
    /// How many.
    pub count: usize,
    /// The first ones.
    pub examples: Vec<Difference>,
}

/// A call that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The transaction.
    pub hash: B256,
    /// Its block.
    pub block: u64,
    /// Who sent it.
    pub from: Address,
    /// Without the upgrade.
    pub before: String,
    /// With it.
    pub after: String,
}

/// A storage word that ends otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StorageDifference {
    /// The account.
    pub account: Address,
    /// The slot.
    pub slot: B256,
    /// Its variables, where they are known.
    pub name: Option<String>,
    /// Without the upgrade.
    pub before: B256,
    /// With it.
    pub after: B256,
    /// The upgrade itself wrote it, and no transaction afterwards.
    pub by_upgrade: bool,
}

/// The copies that are compared.
pub(super) struct Copies<'a> {
    /// The block that both begin after.
    pub(super) begun: u64,
    pub(super) as_it_was: &'a Chain,
    pub(super) upgraded: &'a Chain,
    /// The one with the upgrade, before any transaction.
    pub(super) at_first: &'a Chain,
    /// Storage that the upgrade changed.
    pub(super) changed: &'a [(Address, U256)],
}

/// Where the copy without the upgrade did not do what happened.
pub(super) fn unfaithful(past: &Past, was: &[Sent]) -> Vec<Unfaithful> {
    let pairs = numbered(past).zip(was);
    let differing = pairs.filter_map(|((block, one), sent)| {
        let what = match sent {
            Sent::Rejected(reason) => format!("no block takes it here: {reason}"),
            Sent::Mined { outcome, .. } => difference(&one.outcome, outcome)?,
        };
        Some(Unfaithful {
            hash: one.hash,
            block,
            what,
        })
    });
    differing.collect()
}

fn numbered(past: &Past) -> impl Iterator<Item = (u64, &PastTransaction)> {
    let blocks = past.blocks.iter();
    blocks.flat_map(|block| block.transactions.iter().map(|one| (block.number, one)))
}

fn difference(really: &Outcome, here: &Outcome) -> Option<String> {
    let done = |success| if success { "succeeded" } else { "failed" };
    if really.success != here.success {
        return Some(format!(
            "it really {}, and {} here",
            done(really.success),
            done(here.success)
        ));
    }
    if really.logs != here.logs {
        return Some(format!(
            "it really emitted {} events, and {} here, or other ones",
            really.logs.len(),
            here.logs.len()
        ));
    }
    (really.gas != here.gas)
        .then(|| format!("it really took {} gas, and {} here", really.gas, here.gas))
}

/// What differs between the copies, by kind and function.
pub(super) fn differences(
    past: &Past,
    was: &[Sent],
    would_be: &[Sent],
    is_compared: impl Fn(&PastTransaction) -> bool,
) -> Vec<Group> {
    let mut groups: BTreeMap<(Kind, Option<Address>, String), Group> = BTreeMap::new();
    for (((block, one), before), after) in numbered(past).zip(was).zip(would_be) {
        if !is_compared(one) {
            continue;
        }
        let Some((kind, before, after)) = compared(before, after) else {
            continue;
        };
        let to = one.envelope.to();
        let function = match one.envelope.input().get(..4) {
            Some(selector) => alloy::hex::encode_prefixed(selector),
            None => "receive".into(),
        };
        let group = groups
            .entry((kind, to, function.clone()))
            .or_insert_with(|| Group {
                kind,
                to,
                function,
                count: 0,
                examples: Vec::new(),
            });
        group.count += 1;
        if group.examples.len() < EXAMPLES {
            group.examples.push(Difference {
                hash: one.hash,
                block,
                from: one.from,
                before,
                after,
            });
        }
    }
    groups.into_values().collect()
}

fn compared(before: &Sent, after: &Sent) -> Option<(Kind, String, String)> {
    let kind = match (before.succeeded(), after.succeeded()) {
        (true, false) => Kind::FailsNow,
        (false, true) => Kind::SucceedsNow,
        _ => match (before, after) {
            (
                Sent::Mined {
                    outcome: old,
                    output: gave,
                    ..
                },
                Sent::Mined {
                    outcome: new,
                    output: gives,
                    ..
                },
            ) => {
                if gave != gives {
                    if old.success {
                        Kind::Returns
                    } else {
                        Kind::OtherReason
                    }
                } else if old.logs != new.logs {
                    Kind::Emits
                } else if old.gas != new.gas {
                    Kind::Gas
                } else {
                    return None;
                }
            }
            _ if before == after => return None,
            _ => Kind::OtherReason,
        },
    };
    Some((kind, reported(before, kind), reported(after, kind)))
}

/// What happened to a transaction, as far as it matters for the difference.
fn reported(sent: &Sent, kind: Kind) -> String {
    let Sent::Mined {
        outcome,
        output,
        note,
    } = sent
    else {
        let Sent::Rejected(reason) = sent else {
            return String::new();
        };
        return format!("no block takes it: {reason}");
    };
    match (outcome.success, kind) {
        (false, _) if output.is_empty() => match note {
            Some(note) => note.clone(),
            None => "it reverts without data".into(),
        },
        (false, _) => format!("it reverts: {}", Revert::decode(output)),
        (true, Kind::Returns) => output.to_string(),
        (true, Kind::Emits) => {
            let topics = outcome.logs.iter().map(|log| {
                let topic = log.topics().first().copied().unwrap_or_default();
                format!("{topic} {}", log.data.data)
            });
            topics.collect::<Vec<_>>().join(", ")
        }
        (true, _) => format!("{} gas", outcome.gas),
    }
}

/// Storage that ends otherwise with the upgrade than without it.
pub(super) fn storage(
    copies: &Copies<'_>,
    request: &PlanRequest,
    instances: &[Address],
    past: &Past,
    plan: &Plan,
) -> Result<Vec<StorageDifference>, PlanError> {
    let framework = SlotNames::framework(&[plan.from.clone(), plan.to.clone()]);
    let mut names = framework.clone();
    if let Some(layout) = &request.layout {
        names = names.with_keys(keys(past, request)).with_layout(layout);
    }
    let (begun, latest): (BlockId, BlockId) = (copies.begun.into(), BlockId::latest());
    let mut written: BTreeSet<_> = copies.changed.iter().copied().collect();
    for chain in [copies.as_it_was, copies.upgraded] {
        let changes = chain.slot_changes(begun, latest)?;
        written.extend(changes.iter().map(|change| (change.address, change.slot)));
    }
    let at_begin = |account, slot| copies.as_it_was.storage(account, slot, begun);
    let (arbos, _) = Chain::arbos_version_word();
    let mut all = Vec::new();
    for (account, slot) in written {
        let is_own = instances.contains(&account) && framework.get(slot.into()).is_some();
        if account == request.registry || account == arbos || is_own {
            continue;
        }
        let before = copies.as_it_was.storage(account, slot, latest)?;
        let after = copies.upgraded.storage(account, slot, latest)?;
        if before == after {
            continue;
        }
        let by_upgrade = before == at_begin(account, slot)?
            && after == copies.at_first.storage(account, slot, latest)?;
        all.push(StorageDifference {
            account,
            slot: slot.into(),
            name: names
                .get(slot.into())
                .filter(|_| instances.contains(&account)),
            before,
            after,
            by_upgrade,
        });
    }
    Ok(all)
}

/// What may be a key of a mapping: accounts, words of calldata, small numbers.
fn keys(past: &Past, request: &PlanRequest) -> Vec<B256> {
    let mut seen: Vec<B256> = request.names.accounts().map(|it| it.into_word()).collect();
    for (_, one) in numbered(past) {
        seen.push(one.from.into_word());
        let words = one.envelope.input().get(4..).unwrap_or_default();
        seen.extend(words.chunks_exact(32).map(B256::from_slice));
    }
    seen.extend((0..64).map(|number| B256::from(U256::from(number))));
    let mut known = BTreeSet::new();
    seen.retain(|word| known.insert(*word));
    seen.truncate(KEYS_MAX);
    seen
}
