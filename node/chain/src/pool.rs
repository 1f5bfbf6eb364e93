//! Transactions that wait for a block.

use crate::{
    PoolContent, PooledTransaction, RejectReason, TransactionOrder, state_db::PersistentMap,
};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256};
use imbl::OrdMap;
use std::cmp::Reverse;

/// The transactions in order of arrival, found by hash and by sender and nonce. A copy shares
/// everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Pool {
    by_arrival: OrdMap<u64, PooledTransaction>,
    by_hash: PersistentMap<B256, u64>,
    by_sender: PersistentMap<(Address, u64), u64>,
    arrivals: u64,
}

impl Pool {
    pub(crate) fn get(&self, hash: B256) -> Option<&PooledTransaction> {
        self.by_arrival.get(self.by_hash.get(&hash)?)
    }

    /// Adds a transaction; one with the same sender and nonce is replaced, in its place, if it pays
    /// less.
    pub(crate) fn insert(&mut self, new: PooledTransaction) -> Result<(), RejectReason> {
        if self.by_hash.contains_key(&new.hash) {
            return Err(RejectReason::AlreadyKnown(new.hash));
        }
        let sender = (new.from, new.envelope.nonce());
        let arrival = match self.by_sender.get(&sender) {
            Some(arrival) => {
                let old = self.by_arrival.get(arrival);
                if let Some(old) = old {
                    if new.envelope.max_fee_per_gas() <= old.envelope.max_fee_per_gas() {
                        return Err(RejectReason::Underpriced);
                    }
                    self.by_hash.remove(&old.hash);
                }
                *arrival
            }
            None => {
                self.arrivals += 1;
                self.arrivals
            }
        };
        self.by_sender.insert(sender, arrival);
        self.by_hash.insert(new.hash, arrival);
        self.by_arrival.insert(arrival, new);
        Ok(())
    }

    pub(crate) fn remove(&mut self, hash: B256) -> bool {
        let arrival = self.by_hash.get(&hash).copied();
        arrival.and_then(|arrival| self.take(arrival)).is_some()
    }

    fn take(&mut self, arrival: u64) -> Option<PooledTransaction> {
        let taken = self.by_arrival.remove(&arrival)?;
        self.by_hash.remove(&taken.hash);
        self.by_sender.remove(&(taken.from, taken.envelope.nonce()));
        Some(taken)
    }

    pub(crate) fn clear(&mut self) {
        let arrivals = self.arrivals;
        *self = Self {
            arrivals,
            ..Self::default()
        };
    }

    /// Takes the transaction that comes first in an order, of those whose nonce is their sender's next
    /// one.
    pub(crate) fn take_ready(
        &mut self,
        order: TransactionOrder,
        nonce: impl Fn(Address) -> u64,
    ) -> Option<PooledTransaction> {
        let waiting = self.by_arrival.iter();
        let mut ready = waiting.filter(|(_, tx)| tx.envelope.nonce() <= nonce(tx.from));
        let first = match order {
            TransactionOrder::Fifo => ready.next(),
            TransactionOrder::Fees => ready
                .max_by_key(|(arrival, tx)| (tx.envelope.max_fee_per_gas(), Reverse(**arrival))),
        };
        let arrival = first.map(|(arrival, _)| *arrival)?;
        self.take(arrival)
    }

    /// The nonce after all transactions of `from` that follow each other from `nonce` on.
    pub(crate) fn next_nonce(&self, from: Address, mut nonce: u64) -> u64 {
        while self.by_sender.contains_key(&(from, nonce)) {
            nonce += 1;
        }
        nonce
    }

    pub(crate) fn content(&self, nonce: impl Fn(Address) -> u64) -> PoolContent {
        let mut next = PersistentMap::<Address, u64>::default();
        let mut runs = |tx: &&PooledTransaction| {
            let next = *next
                .entry(tx.from)
                .or_insert_with(|| self.next_nonce(tx.from, nonce(tx.from)));
            tx.envelope.nonce() < next
        };
        let (pending, queued) = self.by_arrival.values().partition::<Vec<_>, _>(&mut runs);
        PoolContent {
            pending: pending.into_iter().cloned().collect(),
            queued: queued.into_iter().cloned().collect(),
        }
    }
}
