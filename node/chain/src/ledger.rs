//! Mined blocks and where to find things in them. Of a block in which nothing happened only what it
//! does not share with the one before is kept, and the block is made when somebody asks for it.

use crate::state_db::PersistentMap;
use crate::{Block, MinedTransaction, Receipt};
use alloy_consensus::Header;
use alloy_primitives::B256;
use alloy_rlp::Encodable;
use imbl::Vector;
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

/// A block without transactions that left the state as it was.
#[derive(Clone)]
pub(crate) struct EmptyBlock {
    /// The header, but for number, time and parent. Blocks that follow each other share it.
    pub(crate) header: Arc<Header>,
    /// Unix seconds.
    pub(crate) time: u64,
    hash: B256,
}

#[derive(Clone)]
pub(crate) enum Content {
    Block(Record),
    Empty(EmptyBlock),
}

#[derive(Clone)]
struct Entry {
    content: Content,
    /// The state after the block; `None` for blocks of a loaded dump, whose state is not known.
    version: Option<u64>,
    /// The state as the block left it, without later changes from outside of blocks.
    sealed: Option<u64>,
}

impl Entry {
    fn hash(&self) -> B256 {
        match &self.content {
            Content::Block(record) => record.block.hash,
            Content::Empty(block) => block.hash,
        }
    }

    fn root(&self) -> B256 {
        match &self.content {
            Content::Block(record) => record.block.header.state_root,
            Content::Empty(block) => block.header.state_root,
        }
    }

    fn record(&self) -> Option<&Record> {
        match &self.content {
            Content::Block(record) => Some(record),
            Content::Empty(_) => None,
        }
    }
}

/// All blocks, oldest first. A copy shares everything with the original until one of them changes.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    entries: Vector<Entry>,
    /// Number of the oldest block that is kept.
    first: u64,
    by_hash: PersistentMap<B256, u64>,
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

    /// Hashes of the blocks before the first one, oldest first.
    pub(crate) fn forgotten(&self) -> impl Iterator<Item = B256> {
        self.forgotten.iter().copied()
    }

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
        let empty = match &self.entry(number)?.content {
            Content::Block(record) => return Some(record.block.clone()),
            Content::Empty(empty) => empty,
        };
        let header = self.header_of(empty, number);
        let mut l1_block_number = [0; 8];
        l1_block_number.copy_from_slice(&header.mix_hash[8..16]);
        let mut block = Block {
            hash: empty.hash,
            l1_block_number: u64::from_be_bytes(l1_block_number),
            size: 0,
            header,
            transactions: Vec::new(),
            receipts: Vec::new(),
        };
        block.size = block.consensus().length() as u64;
        Some(Arc::new(block))
    }

    fn header_of(&self, empty: &EmptyBlock, number: u64) -> Header {
        let parent = number.checked_sub(1).and_then(|parent| self.hash(parent));
        Header {
            parent_hash: parent.unwrap_or_default(),
            number,
            timestamp: empty.time,
            ..(*empty.header).clone()
        }
    }

    pub(crate) fn hash(&self, number: u64) -> Option<B256> {
        if let Some(entry) = self.entry(number) {
            return Some(entry.hash());
        }
        let back = usize::try_from(self.first.checked_sub(number)?).ok()?;
        let at = self.forgotten.len().checked_sub(back)?;
        self.forgotten.get(at).copied()
    }

    /// The value of a slot of EIP-2935's contract that `parent`, the newest block noted there, and
    /// the blocks before it have written; `None` when none of them wrote it.
    pub(crate) fn history(&self, slot: u64, parent: u64) -> Option<B256> {
        let since = self.history_since?;
        let back = parent.checked_sub(slot)? % HISTORY;
        let number = parent.checked_sub(back).filter(|number| *number >= since)?;
        self.hash(number)
    }

    /// The number of a block with this hash.
    pub(crate) fn number(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    /// The state after a block, if that is known.
    pub(crate) fn version(&self, number: u64) -> Option<u64> {
        let version = self.entry(number)?.version;
        version.filter(|version| *version >= self.oldest_version)
    }

    /// Like [`Ledger::version`], without later changes from outside of blocks: what the block's
    /// state root stands for.
    pub(crate) fn sealed(&self, number: u64) -> Option<u64> {
        let version = self.entry(number)?.sealed;
        version.filter(|version| *version >= self.oldest_version)
    }

    /// Unix seconds of the newest block.
    pub(crate) fn head_time(&self) -> u64 {
        match self.entries.back().map(|entry| &entry.content) {
            Some(Content::Block(record)) => record.block.header.timestamp,
            Some(Content::Empty(block)) => block.time,
            None => 0,
        }
    }

    /// State root of the newest block.
    pub(crate) fn head_root(&self) -> B256 {
        self.entries.back().map(Entry::root).unwrap_or_default()
    }

    /// A block's header.
    pub(crate) fn header(&self, number: u64) -> Option<Header> {
        Some(match &self.entry(number)?.content {
            Content::Block(record) => record.block.header.clone(),
            Content::Empty(empty) => self.header_of(empty, number),
        })
    }

    /// Blocks between two numbers, both included, without those in which nothing happened.
    pub(crate) fn made_between(&self, from: u64, to: u64) -> impl Iterator<Item = &Record> {
        let start = self.index(from).unwrap_or_default().min(self.entries.len());
        let end = self.index(to).map_or(0, |last| last.saturating_add(1));
        let end = end.clamp(start, self.entries.len());
        self.entries
            .focus()
            .narrow(start..end)
            .into_iter()
            .filter_map(Entry::record)
    }

    /// Every block, oldest first.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &Content> {
        self.entries.iter().map(|entry| &entry.content)
    }

    pub(crate) fn locate(&self, transaction: B256) -> Option<(&Record, usize)> {
        let (number, at) = self.by_transaction.get(&transaction)?;
        Some((self.entry(*number)?.record()?, *at))
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
            self.by_transaction.insert(transaction.hash, (number, at));
        }
        self.append(number, Content::Block(record), version);
    }

    /// Appends an empty block whose parent is the newest one.
    pub(crate) fn push_empty(&mut self, header: &Arc<Header>, time: u64, version: Option<u64>) {
        let number = match self.entries.is_empty() {
            true => header.number,
            false => self.head() + 1,
        };
        let mut empty = EmptyBlock {
            header: self.shared(header),
            time,
            hash: B256::ZERO,
        };
        empty.hash = self.header_of(&empty, number).hash_slow();
        self.append(number, Content::Empty(empty), version);
    }

    /// The newest block's header, where this one is the same but for number, time and parent.
    fn shared(&self, header: &Arc<Header>) -> Arc<Header> {
        let Some(Content::Empty(newest)) = self.entries.back().map(|entry| &entry.content) else {
            return header.clone();
        };
        let alike = Arc::ptr_eq(&newest.header, header)
            || *newest.header
                == Header {
                    number: newest.header.number,
                    timestamp: newest.header.timestamp,
                    ..(**header).clone()
                };
        if alike { &newest.header } else { header }.clone()
    }

    fn append(&mut self, number: u64, content: Content, version: Option<u64>) {
        if self.entries.is_empty() {
            self.first = number;
        }
        let entry = Entry {
            content,
            version,
            sealed: version,
        };
        self.by_hash.insert(entry.hash(), number);
        self.entries.push_back(entry);
    }

    /// Notes that the state after the newest block changed outside of blocks.
    pub(crate) fn set_head_version(&mut self, version: u64) {
        if let Some(entry) = self.entries.back_mut() {
            entry.version = Some(version);
        }
    }

    /// Notes which state the root of the newest block stands for, and that of the empty ones before it
    /// that share it.
    pub(crate) fn set_head_sealed(&mut self, version: u64) {
        let root = self.head_root();
        for entry in self.entries.iter_mut().rev() {
            if entry.root() != root {
                return;
            }
            entry.sealed = Some(version);
        }
    }

    /// Forgets the blocks after `number`; the first one stays.
    pub(crate) fn truncate(&mut self, number: u64) {
        while self.entries.len() > 1 && self.head() > number {
            if let Some(entry) = self.entries.pop_back() {
                self.unlist(&entry);
            }
        }
    }

    /// Forgets the blocks before `number`, but for their hashes, as far as EIP-2935's contract keeps
    /// them; the newest one stays.
    pub(crate) fn forget_before(&mut self, number: u64) {
        while self.entries.len() > 1 && self.first < number {
            let Some(entry) = self.entries.pop_front() else {
                return;
            };
            self.unlist(&entry);
            self.forgotten.push_back(entry.hash());
            self.first += 1;
        }
        let excess = self.forgotten.len().saturating_sub(HISTORY as usize);
        self.forgotten = self.forgotten.split_off(excess);
    }

    fn unlist(&mut self, entry: &Entry) {
        self.by_hash.remove(&entry.hash());
        let transactions = entry.record().map(|record| &record.block.transactions);
        for transaction in transactions.into_iter().flatten() {
            self.by_transaction.remove(&transaction.hash);
        }
    }
}
