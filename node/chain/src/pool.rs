//! Transactions that wait for a block.

use crate::{
    PoolContent, PooledTransaction, RejectReason, TransactionOrder, state_db::PersistentMap,
};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, map::HashMap};
use rpds::RedBlackTreeMapSync;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The transactions in order of arrival, found by hash and by sender and nonce. A copy shares
/// everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Pool {
    by_arrival: RedBlackTreeMapSync<u64, PooledTransaction>,
    by_hash: PersistentMap<B256, u64>,
    by_sender: RedBlackTreeMapSync<(Address, u64), u64>,
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
            self.by_sender
                .remove_mut(&(removed.signer(), removed.nonce()));
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
            first: BinaryHeap::new(),
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

    /// What comes first of those that are ready, which it no longer is.
    pub(crate) fn first(&self, ready: &mut Ready) -> Option<PooledTransaction> {
        let (_, Reverse(arrival)) = ready.first.pop()?;
        self.by_arrival.get(&arrival).cloned()
    }

    /// The nonce after all transactions of `from` that follow each other from `nonce` on.
    pub(crate) fn next_nonce(&self, from: Address, mut nonce: u64) -> u64 {
        while self.by_sender.contains_key(&(from, nonce)) {
            nonce += 1;
        }
        nonce
    }

    pub(crate) fn content(&self, nonce: impl Fn(Address) -> u64) -> PoolContent {
        let mut next = HashMap::<Address, u64>::default();
        let mut runs = |tx: &&PooledTransaction| {
            let next = *next
                .entry(tx.signer())
                .or_insert_with(|| self.next_nonce(tx.signer(), nonce(tx.signer())));
            tx.nonce() < next
        };
        let (pending, queued) = self.by_arrival.values().partition::<Vec<_>, _>(&mut runs);
        PoolContent {
            pending: pending.into_iter().cloned().collect(),
            queued: queued.into_iter().cloned().collect(),
        }
    }
}

/// Waiting transactions that can go into the next block, at most one of each sender.
pub(crate) struct Ready {
    order: TransactionOrder,
    /// What comes first is the greatest: the fee, where it counts, then the arrival.
    first: BinaryHeap<(u128, Reverse<u64>)>,
}

impl Ready {
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
