//! The differences from what really happened, and the storage that ends otherwise.
use super::past::{PastTransactions, numbered};
use crate::client::{ChainError, Outcome, Replayed};
use crate::cost::Gas;
use crate::plan::{
    Layouts, Plan, PlanRequest, SlotNames, StorageDifference, Unfaithful, arguments, with_numbers,
};
use crate::text::count;
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, U256};
use std::collections::BTreeSet;
use stylus_chain::{BlockId, Chain, HashPreimages, SlotChange};

/// The copies that are compared.
pub(super) struct ReplayForks<'a> {
    /// The block that both begin after.
    pub(super) begun: u64,
    pub(super) as_it_was: &'a Chain,
    pub(super) upgraded: &'a Chain,
    /// The one with the upgrade, before any transaction.
    pub(super) at_first: &'a Chain,
    /// Storage that the upgrade changed.
    pub(super) changed: &'a [(Address, U256)],
    /// The data that the transactions hashed on both.
    pub(super) preimages: &'a HashPreimages,
}

/// Finds where the copy without the upgrade did not do what happened.
pub(super) fn find_unfaithful(past: &PastTransactions, was: &[Replayed]) -> Vec<Unfaithful> {
    let pairs = numbered(past).zip(was);
    let differing = pairs.filter_map(|((block, transaction), sent)| {
        let what = match sent {
            Replayed::Rejected(reason) => format!("no block takes it here: {reason}"),
            Replayed::Mined(receipt) => difference(&transaction.outcome, &receipt.outcome)?,
        };
        Some(Unfaithful {
            hash: transaction.hash,
            block,
            what,
        })
    });
    differing.collect()
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
            "it really emitted {}, and {} here, or other ones",
            count(really.logs.len(), "event"),
            here.logs.len()
        ));
    }
    (really.gas != here.gas).then(|| {
        let [really, here] = [really.gas, here.gas].map(Gas::without_l1);
        format!("it really took {really}, and {here} here")
    })
}

/// Finds storage that ends otherwise with the upgrade than without it. Accounts in `left_out` are passed over.
pub(super) fn compare_storage(
    copies: &ReplayForks<'_>,
    request: &PlanRequest,
    instances: &[Address],
    left_out: &BTreeSet<Address>,
    past: &PastTransactions,
    plan: &Plan,
) -> Result<Vec<StorageDifference>, ChainError> {
    let framework = SlotNames::framework(&[plan.from.clone(), plan.to.clone()]);
    let nothing = SlotNames::default();
    let known = framework.clone().with_keys(keys_of(past, request));
    let known = known.with_preimages(copies.preimages);
    let before = known.clone().with_layout(request.layout_of(&plan.from));
    let after = known.with_layout(request.layout.as_ref());
    let of_instances = Layouts {
        before: &before,
        after: &after,
    };
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
        if left_out.contains(&account) || account == arbos || is_own {
            continue;
        }
        let before = copies.as_it_was.storage(account, slot, latest)?;
        let after = copies.upgraded.storage(account, slot, latest)?;
        if before == after {
            continue;
        }
        let by_upgrade = before == at_begin(account, slot)?
            && after == copies.at_first.storage(account, slot, latest)?;
        let layouts = if instances.contains(&account) {
            of_instances
        } else {
            Layouts::same(&nothing)
        };
        let word = SlotChange {
            address: account,
            slot,
            before,
            after,
        };
        let as_it_was = |slot| Ok(copies.as_it_was.storage(account, slot, latest)?);
        all.push(StorageDifference {
            account,
            word: layouts.change(&word, as_it_was)?,
            by_upgrade,
        });
    }
    Ok(all)
}

/// Returns what may be a key of a mapping: accounts, words of calldata, small numbers.
fn keys_of(past: &PastTransactions, request: &PlanRequest) -> Vec<B256> {
    let mut seen: Vec<B256> = request
        .names
        .accounts()
        .map(|account| account.into_word())
        .collect();
    for (_, transaction) in numbered(past) {
        seen.push(transaction.from.into_word());
        seen.extend(arguments(transaction.envelope.input()));
    }
    with_numbers(seen)
}

/// Makes the state of one copy differ from the other as an upgrade has changed it: storage, code, and
/// what contracts own. Accounts of people stay: their approvals are on the other copy alone. Gives
/// the storage that was changed.
pub(crate) fn carry_over(
    from: &Chain,
    since: BlockId,
    into: &mut Chain,
) -> Result<Vec<(Address, U256)>, ChainError> {
    let latest = BlockId::latest();
    for change in from.account_changes(since, latest)? {
        let after = change.after;
        if after.code.is_empty() {
            continue;
        }
        if after.code != change.before.code {
            into.set_code(change.address, after.code);
        }
        into.set_nonce(change.address, after.nonce);
        into.set_balance(change.address, after.balance);
    }
    let mut changed = Vec::new();
    for change in from.slot_changes(since, latest)? {
        into.set_storage_at(change.address, change.slot, change.after);
        changed.push((change.address, change.slot));
    }
    Ok(changed)
}
