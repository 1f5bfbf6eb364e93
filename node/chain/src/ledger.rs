//! Mined blocks and where to find things in them.

use crate::state_db::PersistentMap;
use crate::{Block, MinedTransaction, Receipt};
use alloy_primitives::B256;
use rpds::VectorSync;
use std::sync::Arc;

/// Hashes that EIP-2935's contract keeps on Arbitrum.
pub(crate) const HISTORY: u64 = 393_168;

/// A block with the versions of the state around it.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) block: Arc<Block>,
    /// The state before each transaction.
    pub(crate) before: Arc<[u64]>,
}

#[derive(Clone)]
struct Entry {
    record: Record,
    /// The state after the block; `None` for blocks of a loaded dump, whose state is not known.
    version: Option<u64>,
    /// The state as the block left it, without later changes from outside of blocks.
    sealed: Option<u64>,
}

impl Entry {
    fn hash(&self) -> B256 {
        self.record.block.hash
    }

    fn root(&self) -> B256 {
        self.record.block.header.state_root
    }
}

/// All blocks, oldest first. A copy shares everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    entries: VectorSync<Entry>,
    /// Number of the oldest block that is kept.
    first: u64,
    by_hash: PersistentMap<B256, u64>,
    /// Transaction → block number and index.
    by_transaction: PersistentMap<B256, (u64, usize)>,
    /// First block whose hash EIP-2935's contract keeps.
    pub(crate) history_since: Option<u64>,
}

impl Ledger {
    /// Number of the oldest block that is kept.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Number of the newest block.
    pub(crate) fn head(&self) -> u64 {
        self.first + self.entries.len().saturating_sub(1) as u64
    }

    pub(crate) fn has(&self, number: u64) -> bool {
        self.entry(number).is_some()
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(self.index(number)?)
    }

    pub(crate) fn block(&self, number: u64) -> Option<Arc<Block>> {
        Some(self.entry(number)?.record.block.clone())
    }

    pub(crate) fn hash(&self, number: u64) -> Option<B256> {
        self.entry(number).map(Entry::hash)
    }

    /// The value of a slot of EIP-2935's contract that `parent`, the newest block noted there, and
    /// the blocks before it have written; `None` when none of them wrote it.
    pub(crate) fn history(&self, slot: u64, parent: u64) -> Option<B256> {
        let since = self.history_since?;
        let number = kept(slot, parent).filter(|number| *number >= since)?;
        self.hash(number)
    }

    /// The number of a block with this hash.
    pub(crate) fn number(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    /// The state after a block, if that is known.
    pub(crate) fn version(&self, number: u64) -> Option<u64> {
        self.entry(number)?.version
    }

    /// Like [`Ledger::version`], without later changes from outside of blocks: what the block's
    /// state root stands for.
    pub(crate) fn sealed(&self, number: u64) -> Option<u64> {
        self.entry(number)?.sealed
    }

    /// Unix seconds of the newest block.
    pub(crate) fn head_time(&self) -> u64 {
        let newest = self.entries.last();
        newest.map_or(0, |entry| entry.record.block.header.timestamp)
    }

    /// State root of the newest block.
    pub(crate) fn head_root(&self) -> B256 {
        self.entries.last().map(Entry::root).unwrap_or_default()
    }

    /// Blocks between two numbers, both included.
    pub(crate) fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &Record> {
        let start = self.index(from).unwrap_or_default().min(self.entries.len());
        let end = self.index(to).map_or(0, |last| last.saturating_add(1));
        let end = end.clamp(start, self.entries.len());
        let entries = (start..end).filter_map(|at| self.entries.get(at));
        entries.map(|entry| &entry.record)
    }

    /// Every block, oldest first.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.entries.iter().map(|entry| &entry.record.block)
    }

    pub(crate) fn locate(&self, transaction: B256) -> Option<(&Record, usize)> {
        let (number, at) = self.by_transaction.get(&transaction)?;
        Some((&self.entry(*number)?.record, *at))
    }

    pub(crate) fn transaction(&self, hash: B256) -> Option<&MinedTransaction> {
        self.locate(hash)
            .and_then(|(record, at)| record.block.transactions.get(at))
    }

    pub(crate) fn receipt(&self, hash: B256) -> Option<&Receipt> {
        self.locate(hash)
            .and_then(|(record, at)| record.block.receipts.get(at))
    }

    /// Appends a block; `version` is the state after it.
    pub(crate) fn push(&mut self, record: Record, version: Option<u64>) {
        let number = record.block.header.number;
        for (at, transaction) in record.block.transactions.iter().enumerate() {
            self.by_transaction
                .insert_mut(transaction.hash, (number, at));
        }
        if self.entries.is_empty() {
            self.first = number;
        }
        self.by_hash.insert_mut(record.block.hash, number);
        self.entries.push_back_mut(Entry {
            record,
            version,
            sealed: version,
        });
    }

    /// Notes that the state after the newest block changed outside of blocks.
    pub(crate) fn set_head_version(&mut self, version: u64) {
        let newest = self.entries.len().saturating_sub(1);
        if let Some(entry) = self.entries.get_mut(newest) {
            entry.version = Some(version);
        }
    }

    /// Notes which state the root of the newest block stands for, and that of the blocks before it
    /// that share it.
    pub(crate) fn set_head_sealed(&mut self, version: u64) {
        let root = self.head_root();
        for at in (0..self.entries.len()).rev() {
            match self.entries.get_mut(at) {
                Some(entry) if entry.root() == root => entry.sealed = Some(version),
                _ => return,
            }
        }
    }

    /// Forgets the blocks after `number`; the first one stays.
    pub(crate) fn truncate(&mut self, number: u64) {
        while self.entries.len() > 1 && self.head() > number {
            if let Some(entry) = self.entries.last().cloned() {
                self.entries.drop_last_mut();
                self.unlist(&entry);
            }
        }
    }

    fn unlist(&mut self, entry: &Entry) {
        self.by_hash.remove_mut(&entry.hash());
        for transaction in &entry.record.block.transactions {
            self.by_transaction.remove_mut(&transaction.hash);
        }
    }
}

/// The block whose hash is in a slot of EIP-2935's contract when `parent` is the newest one noted there.
fn kept(slot: u64, parent: u64) -> Option<u64> {
    let back = parent.checked_sub(slot)? % HISTORY;
    parent.checked_sub(back)
}

#[cfg(test)]
mod tests {
    use super::{HISTORY, kept};

    #[test]
    fn eip_2935_keeps_393_168_hashes() {
        let newest = 400_000;
        let oldest = newest + 1 - HISTORY;
        for number in [oldest, newest - 300_000, newest] {
            assert_eq!(kept(number % HISTORY, newest), Some(number));
        }
        // What was before it has another one's slot.
        assert_eq!(kept((oldest - 1) % HISTORY, newest), Some(newest));
        assert_eq!(kept(6, 5), None);
    }
}
