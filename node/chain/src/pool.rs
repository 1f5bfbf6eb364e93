//! Transactions that wait for a block.

use crate::{
    PoolContent, PooledTransaction, RejectReason, TransactionOrder, bounds::MAX_RUNS,
    state_db::PersistentMap,
};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, map::HashMap};
use rpds::RedBlackTreeMapSync;
use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

/// The transactions in order of arrival, found by hash and by sender and nonce. A copy shares
/// everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Pool {
    by_arrival: RedBlackTreeMapSync<u64, PooledTransaction>,
    by_hash: PersistentMap<B256, u64>,
    by_sender: RedBlackTreeMapSync<(Address, u64), u64>,
    runs: Runs,
    arrivals: u64,
}

impl Pool {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    pub(crate) fn by_arrival(&self) -> impl Iterator<Item = &PooledTransaction> {
        self.by_arrival.values()
    }

    pub(crate) fn get(&self, hash: B256) -> Option<&PooledTransaction> {
        self.by_arrival.get(self.by_hash.get(&hash)?)
    }

    /// Returns true if a transaction would follow none of its sender's, where there are as many such runs as there
    /// may be: each is looked at for each block.
    pub(crate) fn is_full_for(&self, (sender, nonce): (Address, u64)) -> bool {
        let is_known = |nonce| self.by_sender.contains_key(&(sender, nonce));
        let follows = is_known(nonce) || nonce.checked_sub(1).is_some_and(is_known);
        self.runs.0.size() >= MAX_RUNS && !follows
    }

    /// Adds a transaction; one with the same sender and nonce is replaced, in its place, if it pays
    /// less.
    pub(crate) fn insert(&mut self, new: PooledTransaction) -> Result<(), RejectReason> {
        if self.by_hash.contains_key(new.tx_hash()) {
            return Err(RejectReason::AlreadyKnown(*new.tx_hash()));
        }
        let sender = (new.signer(), new.nonce());
        let arrival = match self.by_sender.get(&sender) {
            Some(arrival) => {
                let old = self.by_arrival.get(arrival);
                if let Some(old) = old {
                    if new.max_fee_per_gas() <= old.max_fee_per_gas() {
                        return Err(RejectReason::Underpriced);
                    }
                    self.by_hash.remove_mut(old.tx_hash());
                }
                *arrival
            }
            None => {
                self.runs.add(sender);
                self.arrivals += 1;
                self.arrivals
            }
        };
        self.by_sender.insert_mut(sender, arrival);
        self.by_hash.insert_mut(*new.tx_hash(), arrival);
        self.by_arrival.insert_mut(arrival, new);
        Ok(())
    }

    pub(crate) fn remove(&mut self, hash: B256) -> bool {
        let Some(arrival) = self.by_hash.get(&hash).copied() else {
            return false;
        };
        if let Some(removed) = self.by_arrival.get(&arrival) {
            let sender = (removed.signer(), removed.nonce());
            self.by_sender.remove_mut(&sender);
            self.runs.remove(sender);
        }
        self.by_hash.remove_mut(&hash);
        self.by_arrival.remove_mut(&arrival)
    }

    pub(crate) fn clear(&mut self) {
        let arrivals = self.arrivals;
        *self = Self {
            arrivals,
            ..Self::default()
        };
    }

    /// The transactions whose nonce is their sender's next one, by what comes first in an order.
    pub(crate) fn ready(&self, order: TransactionOrder, nonce: impl Fn(Address) -> u64) -> Ready {
        let mut ready = Ready {
            order,
            ..Ready::default()
        };
        let mut next = self.by_sender.first();
        while let Some(((sender, _), _)) = next {
            ready.add(self, *sender, nonce(*sender));
            next = self
                .by_sender
                .range((*sender, u64::MAX)..)
                .find(|((other, _), _)| other != sender);
        }
        ready
    }

    /// Takes the first of the transactions that are ready out of them.
    pub(crate) fn first(&self, ready: &mut Ready) -> Option<PooledTransaction> {
        let (_, Reverse(arrival)) = ready.first.pop()?;
        self.by_arrival.get(&arrival).cloned()
    }

    /// The nonce after all transactions of `from` that follow each other from `nonce` on.
    pub(crate) fn next_nonce(&self, from: Address, nonce: u64) -> u64 {
        let run = self.runs.with((from, nonce));
        run.map_or(nonce, |run| run.end)
    }

    pub(crate) fn content(&self, nonce: impl Fn(Address) -> u64) -> PoolContent<'_> {
        let mut next = HashMap::<Address, u64>::default();
        let mut runs = |tx: &&PooledTransaction| {
            let next = *next
                .entry(tx.signer())
                .or_insert_with(|| self.next_nonce(tx.signer(), nonce(tx.signer())));
            tx.nonce() < next
        };
        let (pending, queued) = self.by_arrival.values().partition::<Vec<_>, _>(&mut runs);
        PoolContent { pending, queued }
    }
}

/// Nonces of waiting transactions that follow each other: of each run its sender and first nonce, with the nonce after
/// its last one. Between two runs of a sender a nonce is missing.
#[derive(Clone, Default)]
struct Runs(RedBlackTreeMapSync<(Address, u64), u64>);

impl Runs {
    /// The run that has a nonce of a sender.
    fn with(&self, (sender, nonce): (Address, u64)) -> Option<Range<u64>> {
        let mut before = self.0.range((sender, 0)..=(sender, nonce));
        let ((_, first), end) = before.next_back()?;
        (nonce < *end).then_some(*first..*end)
    }

    /// Adds a nonce that no run has: it joins the run before it and the one after it.
    fn add(&mut self, (sender, nonce): (Address, u64)) {
        let after = nonce.saturating_add(1);
        let first = nonce
            .checked_sub(1)
            .and_then(|before| self.with((sender, before)))
            .map_or(nonce, |run| run.start);
        let end = self.0.get(&(sender, after)).copied().unwrap_or(after);
        self.0.remove_mut(&(sender, after));
        self.0.insert_mut((sender, first), end);
    }

    /// Takes a nonce away: what is left of its run lies before and after it.
    fn remove(&mut self, (sender, nonce): (Address, u64)) {
        let Some(run) = self.with((sender, nonce)) else {
            return;
        };
        self.0.remove_mut(&(sender, run.start));
        for rest in [run.start..nonce, nonce.saturating_add(1)..run.end] {
            if !rest.is_empty() {
                self.0.insert_mut((sender, rest.start), rest.end);
            }
        }
    }
}

/// Waiting transactions that can go into the next block, at most one of each sender.
#[derive(Default)]
pub(crate) struct Ready {
    order: TransactionOrder,
    /// The heap whose greatest entry comes first: by the fee, where it counts, then by the arrival.
    first: BinaryHeap<(u128, Reverse<u64>)>,
}

impl Ready {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Adds a sender's first transaction, if its nonce is the next one or was used already.
    pub(crate) fn add(&mut self, pool: &Pool, sender: Address, nonce: u64) {
        let mut own = pool.by_sender.range((sender, 0)..=(sender, nonce));
        if let Some((_, arrival)) = own.next()
            && let Some(waiting) = pool.by_arrival.get(arrival)
        {
            let fee = match self.order {
                TransactionOrder::Fifo => 0,
                TransactionOrder::Fees => waiting.max_fee_per_gas(),
            };
            self.first.push((fee, Reverse(*arrival)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{SignableTransaction, TxEnvelope, TxLegacy};
    use alloy_primitives::Signature;
    use std::collections::BTreeSet;

    fn waiting(sender: Address, nonce: u64, gas_price: u128) -> PooledTransaction {
        let unsigned = TxLegacy {
            nonce,
            gas_price,
            ..TxLegacy::default()
        };
        let envelope: TxEnvelope = unsigned.into_signed(Signature::test_signature()).into();
        PooledTransaction::new_unchecked(envelope, sender)
    }

    #[test]
    fn the_next_nonce_is_the_one_after_those_that_follow_each_other() {
        let senders = [1, 2].map(Address::repeat_byte);
        let (mut pool, mut known) = (Pool::default(), BTreeSet::new());
        let mut state = 1u64;
        for step in 0..2_000 {
            // Numbers that look random.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = senders[(state >> 33) as usize % 2];
            let nonce = (state >> 40) % 24;
            if known.insert((at, nonce)) {
                // Those of the two senders differ, as their hashes have to.
                let price = u128::from(at[0]) << 32 | step;
                pool.insert(waiting(at, nonce, price)).expect("it is new");
            } else if step % 3 == 0 {
                let dearer = waiting(at, nonce, u128::from(at[0]) << 64 | step);
                pool.insert(dearer).expect("it pays more");
            } else {
                known.remove(&(at, nonce));
                let arrival = pool.by_sender.get(&(at, nonce)).expect("it waits");
                let hash = *pool.by_arrival.get(arrival).expect("it waits").tx_hash();
                assert!(pool.remove(hash));
            }
            for (sender, from) in senders
                .into_iter()
                .flat_map(|at| (0..26).map(move |n| (at, n)))
            {
                let next = (from..).find(|nonce| !known.contains(&(sender, *nonce)));
                assert_eq!(Some(pool.next_nonce(sender, from)), next, "step {step}");
            }
        }
        pool.clear();
        assert_eq!(pool.next_nonce(senders[0], 0), 0);
    }

    /// A question for the next nonce looks up one run, whatever its length.
    #[test]
    fn transactions_that_follow_each_other_are_one_run() {
        let sender = Address::repeat_byte(1);
        let mut pool = Pool::default();
        // The even nonces first: each is alone, until the one between arrives.
        for nonce in (0..1_000).step_by(2).chain((1..1_000).step_by(2)) {
            pool.insert(waiting(sender, nonce, 1)).expect("it is new");
        }
        assert_eq!(pool.runs.0.size(), 1);
        assert_eq!(pool.next_nonce(sender, 0), 1_000);
    }
}
