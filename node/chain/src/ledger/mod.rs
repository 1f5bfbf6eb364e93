//! Mined blocks and where to find things in them. Empty blocks that follow each other are one
//! entry, and are made when somebody asks for them.

mod run;

use crate::state_db::PersistentMap;
use crate::{Block, MinedTransaction, Receipt};
use alloy_consensus::Header;
use alloy_primitives::{B256, map::HashMap};
use imbl::Vector;
pub(crate) use run::{EmptyBlocks, L1Number};
use std::{
    cmp::Ordering,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Hashes that EIP-2935's contract keeps on Arbitrum.
pub(crate) const HISTORY: u64 = 393_168;

/// Newest blocks among which an empty one is found by its hash.
const INDEXED: u64 = 1 << 21;

/// A block with the versions of the state around it.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) block: Arc<Block>,
    /// The state after the block; `None` for blocks of a loaded dump, whose state is not known.
    pub(crate) version: Option<u64>,
    /// The state as the block left it, without later changes from outside of blocks.
    pub(crate) sealed: Option<u64>,
    /// The state before each transaction.
    pub(crate) before: Arc<[u64]>,
}

/// One block, or empty blocks that follow each other.
#[derive(Clone)]
enum Entry {
    Block(Record),
    /// Behind a pointer: blocks of transactions are small beside it.
    Empty(Arc<EmptyBlocks>),
}

impl Entry {
    fn first(&self) -> u64 {
        match self {
            Self::Block(record) => record.block.header.number,
            Self::Empty(blocks) => blocks.first(),
        }
    }

    fn last(&self) -> u64 {
        match self {
            Self::Block(record) => record.block.header.number,
            Self::Empty(blocks) => blocks.last(),
        }
    }
}

/// Numbers of empty blocks by their hashes.
#[derive(Default)]
struct EmptyIndex {
    /// First eight bytes of the hash → number.
    by_hash: HashMap<u64, u64>,
    /// Blocks before this number are listed.
    until: u64,
}

/// All blocks, oldest first. A copy shares everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    entries: Vector<Entry>,
    by_hash: PersistentMap<B256, u64>,
    /// Made on demand. A copy from before some blocks were taken back has one of its own.
    empty: Arc<Mutex<EmptyIndex>>,
    /// Transaction → block number and index.
    by_transaction: PersistentMap<B256, (u64, usize)>,
    /// Hashes of the blocks before the first one that is kept, oldest first.
    forgotten: Vector<B256>,
    /// First block whose hash EIP-2935's contract keeps.
    pub(crate) history_since: Option<u64>,
    /// Versions of the state before this one are not known any more.
    pub(crate) oldest_version: u64,
}

impl Ledger {
    /// A list whose first block follows on blocks that are not kept.
    pub(crate) fn with_forgotten(hashes: Vec<B256>) -> Self {
        Self {
            forgotten: hashes.into(),
            ..Self::default()
        }
    }

    /// The same blocks, with others behind them than behind these: an index of its own.
    pub(crate) fn branch(&self) -> Self {
        Self {
            empty: Arc::default(),
            ..self.clone()
        }
    }

    /// Hashes of the blocks before the first one, oldest first.
    pub(crate) fn forgotten(&self) -> impl Iterator<Item = B256> {
        self.forgotten.iter().copied()
    }

    /// Number of the oldest block that is kept.
    pub(crate) fn first(&self) -> u64 {
        self.entries.front().map_or(0, Entry::first)
    }

    /// Number of the newest block.
    pub(crate) fn head(&self) -> u64 {
        self.entries.back().map_or(0, Entry::last)
    }

    pub(crate) fn has(&self, number: u64) -> bool {
        self.entry(number).is_some()
    }

    fn entry(&self, number: u64) -> Option<(usize, &Entry)> {
        let newest = self.entries.back().filter(|entry| entry.first() <= number);
        let (at, entry) = match newest {
            Some(entry) => (self.entries.len() - 1, entry),
            None => {
                let at = self.entry_index(number);
                (at, self.entries.get(at)?)
            }
        };
        (entry.first() <= number && number <= entry.last()).then_some((at, entry))
    }

    /// The index of the first entry that does not end before a block.
    fn entry_index(&self, number: u64) -> usize {
        let order = |entry: &Entry| match entry.last() < number {
            true => Ordering::Less,
            false => Ordering::Greater,
        };
        self.entries.binary_search_by(order).unwrap_or_else(|at| at)
    }

    fn empty(&self) -> MutexGuard<'_, EmptyIndex> {
        self.empty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn block(&self, number: u64) -> Option<Arc<Block>> {
        match self.entry(number)? {
            (_, Entry::Block(record)) => Some(record.block.clone()),
            (at, Entry::Empty(blocks)) => {
                let hash = self.hash_in(at, number);
                let parent = match number.checked_sub(1) {
                    Some(parent) if number > blocks.first() => self.hash_in(at, parent),
                    _ => self.parent_hash(at),
                };
                Some(Arc::new(blocks.block(number, parent, hash)))
            }
        }
    }

    pub(crate) fn hash(&self, number: u64) -> Option<B256> {
        match self.entry(number) {
            Some((_, Entry::Block(record))) => Some(record.block.hash),
            Some((at, Entry::Empty(_))) => Some(self.hash_in(at, number)),
            None => {
                let back = self.first().checked_sub(number)?;
                let at = self
                    .forgotten
                    .len()
                    .checked_sub(usize::try_from(back).ok()?)?;
                self.forgotten.get(at).copied()
            }
        }
    }

    /// The value of a slot of EIP-2935's contract that `parent`, the newest block noted there, and
    /// the blocks before it have written; `None` when none of them wrote it.
    pub(crate) fn history(&self, slot: u64, parent: u64) -> Option<B256> {
        let since = self.history_since?;
        let back = parent.checked_sub(slot)? % HISTORY;
        let number = parent.checked_sub(back).filter(|number| *number >= since)?;
        self.hash(number)
    }

    /// The hash of a block inside an entry of empty ones.
    fn hash_in(&self, at: usize, number: u64) -> B256 {
        // Hashes are chained: those before come first.
        let unknown = |entry: &Entry| match entry {
            Entry::Empty(blocks) => !blocks.is_hashed(),
            Entry::Block(_) => false,
        };
        let mut from = at;
        while from > 0 && unknown(&self.entries[from - 1]) {
            from -= 1;
        }
        for index in from..at {
            if let Entry::Empty(blocks) = &self.entries[index] {
                blocks.hash(blocks.last(), || self.parent_hash(index));
            }
        }
        match &self.entries[at] {
            Entry::Empty(blocks) => blocks.hash(number, || self.parent_hash(at)),
            Entry::Block(record) => record.block.hash,
        }
    }

    /// The hash of the last block before an entry, whose hash must be known.
    fn parent_hash(&self, at: usize) -> B256 {
        match at.checked_sub(1).map(|before| &self.entries[before]) {
            Some(Entry::Block(record)) => record.block.hash,
            Some(Entry::Empty(blocks)) => blocks.hash(blocks.last(), || self.parent_hash(at - 1)),
            None => self.forgotten.back().copied().unwrap_or_default(),
        }
    }

    /// The number of a block with this hash.
    pub(crate) fn number(&self, hash: B256) -> Option<u64> {
        if let Some(number) = self.by_hash.get(&hash) {
            return Some(*number);
        }
        self.index_empty_blocks();
        let number = *self.empty().by_hash.get(&beginning(hash))?;
        (self.hash(number) == Some(hash) && self.has(number)).then_some(number)
    }

    /// Makes hashes of `most` more blocks known, so that nobody has to wait for them; false when
    /// all are.
    pub(crate) fn hash_ahead(&self, most: u64) -> bool {
        let tail = self.entries.iter().enumerate().rev();
        let unknown = tail.take_while(|(_, entry)| match entry {
            Entry::Empty(blocks) => !blocks.is_hashed(),
            Entry::Block(_) => false,
        });
        let Some((at, Entry::Empty(blocks))) = unknown.last() else {
            return false;
        };
        self.hash_in(at, (blocks.hashed_until() + most).min(blocks.last()));
        true
    }

    /// Makes hashes known until at most `most` blocks lack one.
    pub(crate) fn hash_all_but(&self, most: u64) {
        loop {
            let excess = self.unhashed().saturating_sub(most);
            if excess == 0 || !self.hash_ahead(excess) {
                return;
            }
        }
    }

    /// How many blocks at the end have no hash yet.
    fn unhashed(&self) -> u64 {
        let tail = self.entries.iter().rev().map_while(|entry| match entry {
            Entry::Empty(blocks) if !blocks.is_hashed() => {
                Some(blocks.last() + 1 - blocks.hashed_until())
            }
            Entry::Empty(_) | Entry::Block(_) => None,
        });
        tail.sum()
    }

    fn index_empty_blocks(&self) {
        let mut empty = self.empty();
        let EmptyIndex { by_hash, until } = &mut *empty;
        let oldest = self.head().saturating_sub(INDEXED);
        if by_hash.len() as u64 > 2 * INDEXED {
            by_hash.retain(|_, number| *number >= oldest);
        }
        for at in self.entry_index(*until)..self.entries.len() {
            if let Entry::Empty(blocks) = &self.entries[at] {
                let from = blocks.first().max(*until).max(oldest);
                self.hash_in(at, blocks.first());
                blocks.each_hash(from, |number, hash| {
                    by_hash.insert(beginning(hash), number);
                });
            }
        }
        *until = (*until).max(self.head() + 1);
    }

    /// The state after a block, if that is known; the outer `None` without such a block.
    pub(crate) fn version(&self, number: u64) -> Option<Option<u64>> {
        let version = match self.entry(number)?.1 {
            Entry::Block(record) => record.version,
            Entry::Empty(blocks) => blocks.version(number),
        };
        Some(version.filter(|version| *version >= self.oldest_version))
    }

    /// Like [`Ledger::version`], without later changes from outside of blocks: what the block's
    /// state root stands for.
    pub(crate) fn sealed(&self, number: u64) -> Option<Option<u64>> {
        let version = match self.entry(number)?.1 {
            Entry::Block(record) => record.sealed,
            Entry::Empty(blocks) => blocks.sealed(),
        };
        Some(version.filter(|version| *version >= self.oldest_version))
    }

    /// Unix seconds of the newest block.
    pub(crate) fn head_time(&self) -> u64 {
        match self.entries.back() {
            Some(Entry::Block(record)) => record.block.header.timestamp,
            Some(Entry::Empty(blocks)) => blocks.time(blocks.last()),
            None => 0,
        }
    }

    /// State root of the newest block.
    pub(crate) fn head_root(&self) -> B256 {
        match self.entries.back() {
            Some(Entry::Block(record)) => record.block.header.state_root,
            Some(Entry::Empty(blocks)) => blocks.header().state_root,
            None => B256::ZERO,
        }
    }

    /// A block's header, without its parent's hash if that is not known yet.
    pub(crate) fn header(&self, number: u64) -> Option<Header> {
        match self.entry(number)?.1 {
            Entry::Block(record) => Some(record.block.header.clone()),
            Entry::Empty(blocks) => Some(blocks.header_of(number, B256::ZERO)),
        }
    }

    /// Blocks between two numbers, both included, without the empty ones that are not made.
    pub(crate) fn made_between(&self, from: u64, to: u64) -> impl Iterator<Item = &Record> {
        let entries = (self.entry_index(from)..self.entries.len()).map(|at| &self.entries[at]);
        entries
            .take_while(move |entry| entry.first() <= to)
            .filter_map(|entry| match entry {
                Entry::Block(record) => Some(record),
                Entry::Empty(_) => None,
            })
    }

    /// Every entry: a block, or empty ones.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<&Record, &EmptyBlocks>> {
        self.entries.iter().map(|entry| match entry {
            Entry::Block(record) => Ok(record),
            Entry::Empty(blocks) => Err(&**blocks),
        })
    }

    pub(crate) fn locate(&self, transaction: B256) -> Option<(&Record, usize)> {
        let (number, at) = self.by_transaction.get(&transaction)?;
        match self.entry(*number)?.1 {
            Entry::Block(record) => Some((record, *at)),
            Entry::Empty(_) => None,
        }
    }

    pub(crate) fn transaction(&self, hash: B256) -> Option<&MinedTransaction> {
        self.locate(hash)
            .and_then(|(record, at)| record.block.transactions.get(at))
    }

    pub(crate) fn receipt(&self, hash: B256) -> Option<&Receipt> {
        self.locate(hash)
            .and_then(|(record, at)| record.block.receipts.get(at))
    }

    pub(crate) fn push(&mut self, record: Record) {
        let number = record.block.header.number;
        self.by_hash.insert(record.block.hash, number);
        for (at, transaction) in record.block.transactions.iter().enumerate() {
            self.by_transaction.insert(transaction.hash, (number, at));
        }
        self.entries.push_back(Entry::Block(record));
    }

    /// Appends empty blocks; they join those before them if they can.
    pub(crate) fn push_empty(&mut self, blocks: EmptyBlocks) {
        if let Some(Entry::Empty(last)) = self.entries.back_mut()
            && Arc::make_mut(last).join(&blocks)
        {
            return;
        }
        self.entries.push_back(Entry::Empty(Arc::new(blocks)));
    }

    /// Notes that the state after the newest block changed outside of blocks.
    pub(crate) fn set_head_version(&mut self, version: u64) {
        match self.entries.back_mut() {
            Some(Entry::Block(record)) => record.version = Some(version),
            Some(Entry::Empty(blocks)) => Arc::make_mut(blocks).set_last_version(version),
            None => {}
        }
    }

    /// Notes which state the newest block's root stands for.
    pub(crate) fn set_head_sealed(&mut self, version: u64) {
        match self.entries.back_mut() {
            Some(Entry::Block(record)) => record.sealed = Some(version),
            Some(Entry::Empty(blocks)) => Arc::make_mut(blocks).set_sealed(version),
            None => {}
        }
    }

    /// Forgets the blocks after `number`; the first one stays.
    pub(crate) fn truncate(&mut self, number: u64) {
        let number = number.max(self.first());
        while self.head() > number {
            let Some(entry) = self.entries.back_mut() else {
                break;
            };
            match entry {
                Entry::Empty(blocks) if blocks.first() <= number => {
                    Arc::make_mut(blocks).truncate(number);
                    break;
                }
                Entry::Empty(_) => {}
                Entry::Block(record) => unlist(&mut self.by_hash, &mut self.by_transaction, record),
            }
            self.entries.pop_back();
        }
        // Copies that keep the blocks must not list them here again.
        let mut empty = std::mem::take(&mut *self.empty());
        empty.until = empty.until.min(number + 1);
        self.empty = Arc::new(Mutex::new(empty));
    }

    /// Forgets blocks before `number`, but for their hashes. Empty ones go entry by entry.
    pub(crate) fn forget_before(&mut self, number: u64) {
        while self.entries.len() > 1 && self.entries[0].last() < number {
            let hash = self.hash(self.entries[0].last()).unwrap_or_default();
            match self.entries.pop_front() {
                Some(Entry::Block(record)) => {
                    unlist(&mut self.by_hash, &mut self.by_transaction, &record);
                    self.forgotten.push_back(hash);
                }
                Some(Entry::Empty(blocks)) => {
                    let kept = blocks.count().min(HISTORY);
                    let numbers = blocks.last() + 1 - kept..=blocks.last();
                    // The parent is not requested: the first hash is known since the last one is.
                    let hashes = numbers.map(|number| blocks.hash(number, || B256::ZERO));
                    self.forgotten.extend(hashes);
                }
                None => return,
            }
            let excess = self.forgotten.len().saturating_sub(HISTORY as usize);
            self.forgotten = self.forgotten.split_off(excess);
        }
    }
}

fn beginning(hash: B256) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hash.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn unlist(
    by_hash: &mut PersistentMap<B256, u64>,
    by_transaction: &mut PersistentMap<B256, (u64, usize)>,
    record: &Record,
) {
    by_hash.remove(&record.block.hash);
    for transaction in &record.block.transactions {
        by_transaction.remove(&transaction.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Empty blocks that do not join others: each has its own state.
    fn blocks(first: u64, count: u64, version: u64) -> EmptyBlocks {
        let header = Header {
            number: first,
            timestamp: first,
            state_root: B256::with_last_byte(version as u8),
            ..Header::default()
        };
        EmptyBlocks::new(header, count, 1, L1Number::Fixed(0), Some(version))
    }

    #[test]
    fn blocks_without_a_hash_never_become_more_than_a_bound() {
        let mut ledger = Ledger::default();
        let mut next = 0;
        for version in 0..20 {
            let count = 1_000 * (version % 3 + 1);
            ledger.hash_all_but(5_000 - count);
            ledger.push_empty(blocks(next, count, version));
            next += count;
            assert!(ledger.unhashed() <= 5_000, "{}", ledger.unhashed());
        }
        assert!(ledger.unhashed() > 1_000);
        ledger.hash_all_but(0);
        assert_eq!(ledger.unhashed(), 0);
        assert!(ledger.hash(next - 1).is_some());
    }
}
