//! Transactions that wait for a block.

use crate::{PoolContent, PooledTransaction, RejectReason};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256};
use std::collections::VecDeque;

/// In order of arrival.
#[derive(Clone, Default)]
pub(crate) struct Pool(VecDeque<PooledTransaction>);

impl Pool {
    pub(crate) fn get(&self, hash: B256) -> Option<&PooledTransaction> {
        self.0.iter().find(|waiting| waiting.hash == hash)
    }

    /// Adds a transaction; one with the same sender and nonce is replaced if it pays less.
    pub(crate) fn insert(&mut self, new: PooledTransaction) -> Result<(), RejectReason> {
        if self.get(new.hash).is_some() {
            return Err(RejectReason::AlreadyKnown(new.hash));
        }
        let same = |old: &&mut PooledTransaction| {
            old.from == new.from && old.envelope.nonce() == new.envelope.nonce()
        };
        match self.0.iter_mut().find(same) {
            Some(old) if new.envelope.max_fee_per_gas() <= old.envelope.max_fee_per_gas() => {
                Err(RejectReason::Underpriced)
            }
            Some(old) => {
                *old = new;
                Ok(())
            }
            None => {
                self.0.push_back(new);
                Ok(())
            }
        }
    }

    pub(crate) fn remove(&mut self, hash: B256) -> bool {
        let before = self.0.len();
        self.0.retain(|waiting| waiting.hash != hash);
        self.0.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first transaction whose nonce is its sender's next one.
    pub(crate) fn take_ready(
        &mut self,
        nonce: impl Fn(Address) -> u64,
    ) -> Option<PooledTransaction> {
        let at = self
            .0
            .iter()
            .position(|tx| tx.envelope.nonce() <= nonce(tx.from))?;
        self.0.remove(at)
    }

    /// The nonce after all transactions of `from` that follow each other from `nonce` on.
    pub(crate) fn next_nonce(&self, from: Address, mut nonce: u64) -> u64 {
        while self
            .0
            .iter()
            .any(|tx| tx.from == from && tx.envelope.nonce() == nonce)
        {
            nonce += 1;
        }
        nonce
    }

    pub(crate) fn content(&self, nonce: impl Fn(Address) -> u64) -> PoolContent {
        let runs = |tx: &&PooledTransaction| {
            tx.envelope.nonce() < self.next_nonce(tx.from, nonce(tx.from))
        };
        let (pending, queued) = self.0.iter().partition::<Vec<_>, _>(runs);
        PoolContent {
            pending: pending.into_iter().cloned().collect(),
            queued: queued.into_iter().cloned().collect(),
        }
    }
}
