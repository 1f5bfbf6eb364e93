//! Mined blocks and where to find things in them.

use crate::{Block, MinedTransaction, Receipt};
use alloy_primitives::{B256, map::HashMap};
use std::sync::Arc;

/// A block with the versions of the world around it.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) block: Arc<Block>,
    /// The world after the block; `None` for blocks of a loaded dump, whose state is not known.
    pub(crate) version: Option<u64>,
    /// The world before each transaction.
    pub(crate) before: Vec<u64>,
}

/// All blocks, oldest first.
#[derive(Default)]
pub(crate) struct Ledger {
    first: u64,
    records: Vec<Record>,
    by_hash: HashMap<B256, u64>,
    /// Transaction → block number and place.
    places: HashMap<B256, (u64, usize)>,
}

impl Ledger {
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Number of the newest block.
    pub(crate) fn head(&self) -> u64 {
        (self.first + self.records.len() as u64).saturating_sub(1)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Record> {
        self.records
            .get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    pub(crate) fn number(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    pub(crate) fn hash(&self, number: u64) -> Option<B256> {
        self.get(number).map(|record| record.block.hash)
    }

    pub(crate) fn all(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn place(&self, transaction: B256) -> Option<(&Record, usize)> {
        let (number, at) = self.places.get(&transaction)?;
        Some((self.get(*number)?, *at))
    }

    pub(crate) fn transaction(&self, hash: B256) -> Option<&MinedTransaction> {
        self.place(hash)
            .and_then(|(record, at)| record.block.transactions.get(at))
    }

    pub(crate) fn receipt(&self, hash: B256) -> Option<&Receipt> {
        self.place(hash)
            .and_then(|(record, at)| record.block.receipts.get(at))
    }

    pub(crate) fn push(&mut self, record: Record) {
        let number = record.block.header.number;
        if self.records.is_empty() {
            self.first = number;
        }
        self.by_hash.insert(record.block.hash, number);
        for (at, transaction) in record.block.transactions.iter().enumerate() {
            self.places.insert(transaction.hash, (number, at));
        }
        self.records.push(record);
    }

    /// Notes that the state after the newest block changed outside of blocks.
    pub(crate) fn set_head_version(&mut self, version: u64) {
        if let Some(record) = self.records.last_mut() {
            record.version = Some(version);
        }
    }

    /// Forgets the blocks after `number`.
    pub(crate) fn truncate(&mut self, number: u64) {
        while self.head() > number && self.records.len() > 1 {
            let Some(record) = self.records.pop() else {
                return;
            };
            self.by_hash.remove(&record.block.hash);
            for transaction in &record.block.transactions {
                self.places.remove(&transaction.hash);
            }
        }
    }
}
