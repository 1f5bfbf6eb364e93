//! Empty blocks that follow each other, as one header.

use crate::Block;
use alloy_consensus::{Block as ConsensusBlock, BlockBody, Header, TxEnvelope};
use alloy_primitives::{B256, keccak256};
use alloy_rlp::Encodable;
use serde::{Deserialize, Serialize};
use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Which L1 block number the blocks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum L1Number {
    /// Always this one.
    Fixed(u64),
    /// The block's own number.
    Own,
}

impl L1Number {
    fn of(self, number: u64) -> u64 {
        match self {
            Self::Fixed(fixed) => fixed,
            Self::Own => number,
        }
    }
}

/// Empty blocks with equal headers, but for number, time, parent and L1 number.
#[derive(Clone)]
pub(crate) struct EmptyBlocks {
    /// The first block's, without its parent's hash.
    header: Arc<Header>,
    count: u64,
    /// Seconds from block to block.
    step: u64,
    l1: L1Number,
    sealed: Option<u64>,
    /// The state after the last one, which can be changed from outside of blocks.
    last_version: Option<u64>,
    /// Shared between copies: what follows the same block has the same hashes.
    hashes: Arc<Mutex<Hashes>>,
}

/// Hashes as far as they were requested: each one follows from the one before.
#[derive(Clone, Default)]
struct Hashes {
    /// Every [`HASH_INTERVAL`]th, from the first block's on.
    kept: Vec<B256>,
    /// The one that was requested last, with its index.
    recent: Option<(u64, B256)>,
}

/// Blocks from one kept hash to the next.
const HASH_INTERVAL: u64 = 64;

/// Where Nitro puts the L1 block number into the mix hash.
const L1_IN_MIX: Range<usize> = 8..16;

impl EmptyBlocks {
    /// `count` blocks, `step` seconds apart, of which `header` is the first.
    pub(crate) fn new(
        header: Header,
        count: u64,
        step: u64,
        l1: L1Number,
        version: Option<u64>,
    ) -> Self {
        Self {
            header: Arc::new(Header {
                parent_hash: B256::ZERO,
                ..header
            }),
            count,
            step,
            l1,
            sealed: version,
            last_version: version,
            hashes: Arc::default(),
        }
    }

    pub(crate) fn first(&self) -> u64 {
        self.header.number
    }

    pub(crate) fn last(&self) -> u64 {
        self.header.number + self.count - 1
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    pub(crate) fn l1(&self) -> L1Number {
        self.l1
    }

    pub(crate) fn time(&self, number: u64) -> u64 {
        let passed = self.step.saturating_mul(number - self.header.number);
        self.header.timestamp.saturating_add(passed)
    }

    /// The state after a block.
    pub(crate) fn version(&self, number: u64) -> Option<u64> {
        match number == self.last() {
            true => self.last_version,
            false => self.sealed,
        }
    }

    pub(crate) fn sealed(&self) -> Option<u64> {
        self.sealed
    }

    /// For all of them: they share a root.
    pub(crate) fn set_sealed(&mut self, version: u64) {
        self.sealed = Some(version);
    }

    pub(crate) fn set_last_version(&mut self, version: u64) {
        self.last_version = Some(version);
    }

    /// Whether the last block's hash is known, or follows from one that is near.
    pub(crate) fn is_hashed(&self) -> bool {
        let kept = self.hashes().kept.len() as u64;
        kept * HASH_INTERVAL >= self.count
    }

    /// The first block whose hash is far from known ones.
    pub(crate) fn hashed_until(&self) -> u64 {
        let kept = self.hashes().kept.len() as u64;
        self.first() + kept * HASH_INTERVAL
    }

    /// Takes the blocks that follow, if they are alike; false when they are not.
    pub(crate) fn join(&mut self, next: &Self) -> bool {
        let gap = next.header.timestamp.checked_sub(self.time(self.last()));
        let step = gap.filter(|gap| self.count == 1 || *gap == self.step);
        let Some(step) = step.filter(|step| next.count == 1 || *step == next.step) else {
            return false;
        };
        let alike = Header {
            number: self.header.number,
            timestamp: self.header.timestamp,
            mix_hash: match self.l1 {
                L1Number::Own => self.header.mix_hash,
                L1Number::Fixed(_) => next.header.mix_hash,
            },
            ..(*next.header).clone()
        } == *self.header;
        let same_state = self.sealed == self.last_version && self.sealed == next.sealed;
        if !alike || !same_state || self.l1 != next.l1 || next.first() != self.last() + 1 {
            return false;
        }
        self.step = step;
        self.count += next.count;
        self.last_version = next.last_version;
        true
    }

    /// Keeps the blocks up to `number`, which is one of them.
    pub(crate) fn truncate(&mut self, number: u64) {
        self.count = number - self.first() + 1;
        self.last_version = self.sealed;
        let kept = usize::try_from(self.count.div_ceil(HASH_INTERVAL)).unwrap_or(usize::MAX);
        // Copies that keep the blocks keep their hashes.
        let mut hashes = self.hashes().clone();
        hashes.kept.truncate(kept);
        hashes.recent = None;
        self.hashes = Arc::new(Mutex::new(hashes));
    }

    fn hashes(&self) -> MutexGuard<'_, Hashes> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn header_of(&self, number: u64, parent_hash: B256) -> Header {
        let mut header = Header {
            parent_hash,
            number,
            timestamp: self.time(number),
            ..(*self.header).clone()
        };
        header.mix_hash[L1_IN_MIX].copy_from_slice(&self.l1.of(number).to_be_bytes());
        header
    }

    pub(crate) fn block(&self, number: u64, parent: B256, hash: B256) -> Block {
        let header = self.header_of(number, parent);
        let body = BlockBody::<TxEnvelope> {
            transactions: Vec::new(),
            ommers: Vec::new(),
            withdrawals: None,
        };
        let size = ConsensusBlock {
            header: header.clone(),
            body,
        }
        .length() as u64;
        Block {
            header,
            hash,
            l1_block_number: self.l1.of(number),
            size,
            transactions: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// The hash of block `number`; `parent` gives the hash of the block before the first one.
    pub(crate) fn hash(&self, number: u64, parent: impl FnOnce() -> B256) -> B256 {
        let wanted = number - self.first();
        let mut hashes = self.hashes();
        let kept = match hashes.kept.len() as u64 {
            0 => None,
            count => {
                let at = (wanted / HASH_INTERVAL).min(count - 1);
                Some((at * HASH_INTERVAL, hashes.kept[at as usize]))
            }
        };
        let recent = hashes.recent.filter(|(at, _)| *at <= wanted);
        // Of two known ones the nearer.
        let known = recent.max(kept);
        let newest = self.chain_on(&mut hashes.kept, known, wanted, parent, |_, _| {});
        hashes.recent = Some((wanted, newest));
        newest
    }

    /// Every hash from block `from` on; the first block's must be known.
    pub(crate) fn each_hash(&self, from: u64, mut each: impl FnMut(u64, B256)) {
        let (from, last) = (from.max(self.first()), self.last());
        if from > last {
            return;
        }
        let first = self.hash(from, || B256::ZERO);
        each(from, first);
        let mut hashes = self.hashes();
        let (known, wanted) = (Some((from - self.first(), first)), self.count - 1);
        self.chain_on(&mut hashes.kept, known, wanted, || B256::ZERO, each);
    }

    /// Computes hashes from a known one to the wanted one, indices counted from the first block.
    fn chain_on(
        &self,
        kept: &mut Vec<B256>,
        known: Option<(u64, B256)>,
        wanted: u64,
        parent: impl FnOnce() -> B256,
        mut each: impl FnMut(u64, B256),
    ) -> B256 {
        let (mut next, mut newest) =
            known.map_or_else(|| (0, parent()), |(at, hash)| (at + 1, hash));
        let mut encoder = Encoder::default();
        while next <= wanted {
            newest = encoder.hash(self, self.first() + next, newest);
            if next % HASH_INTERVAL == 0 && kept.len() as u64 == next / HASH_INTERVAL {
                kept.push(newest);
            }
            each(self.first() + next, newest);
            next += 1;
        }
        newest
    }
}

/// Encodes headers of one entry: all of it only where the length of a field changes.
#[derive(Default)]
struct Encoder {
    rlp: Vec<u8>,
    /// Lengths of number and time as they stand in `rlp`.
    lengths: (usize, usize),
    number_at: usize,
    time_at: usize,
    mix_at: usize,
}

/// Bytes before the parent's hash: the list's head and the hash's.
const PARENT: usize = 4;

impl Encoder {
    fn hash(&mut self, blocks: &EmptyBlocks, number: u64, parent: B256) -> B256 {
        let time = blocks.time(number);
        let lengths = (number.length(), time.length());
        if self.rlp.is_empty() || lengths != self.lengths {
            self.rlp.clear();
            blocks.header_of(number, parent).encode(&mut self.rlp);
            self.lengths = lengths;
            self.locate(blocks.header());
            return keccak256(&self.rlp);
        }
        self.rlp[PARENT..PARENT + 32].copy_from_slice(parent.as_slice());
        patch(
            &mut self.rlp[self.number_at..self.number_at + lengths.0],
            number,
        );
        patch(&mut self.rlp[self.time_at..self.time_at + lengths.1], time);
        if blocks.l1 == L1Number::Own {
            let l1 = self.mix_at + L1_IN_MIX.start..self.mix_at + L1_IN_MIX.end;
            self.rlp[l1].copy_from_slice(&number.to_be_bytes());
        }
        keccak256(&self.rlp)
    }

    fn locate(&mut self, header: &Header) {
        self.number_at = PARENT
            + 32
            + header.ommers_hash.length()
            + header.beneficiary.length()
            + 3 * header.state_root.length()
            + header.logs_bloom.length()
            + header.difficulty.length();
        self.time_at =
            self.number_at + self.lengths.0 + header.gas_limit.length() + header.gas_used.length();
        self.mix_at = self.time_at + self.lengths.1 + header.extra_data.length() + 1;
    }
}

/// Overwrites an integer by another one whose encoding is as long.
fn patch(encoded: &mut [u8], value: u64) {
    let bytes = value.to_be_bytes();
    match encoded {
        [single] => *single = if value == 0 { 0x80 } else { bytes[7] },
        [_, rest @ ..] => rest.copy_from_slice(&bytes[8 - rest.len()..]),
        [] => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{B64, Bytes, U256};

    #[test]
    fn patched_headers_hash_like_encoded_ones() {
        for (first, step, l1) in [
            (0, 0, L1Number::Fixed(7)),
            (120, 1, L1Number::Own),
            (65_500, 3, L1Number::Fixed(0)),
            (u64::from(u32::MAX) - 20, 1 << 24, L1Number::Own),
        ] {
            let header = Header {
                number: first,
                timestamp: 100,
                difficulty: U256::from(1),
                gas_limit: 1 << 50,
                extra_data: Bytes::from(vec![0; 32]),
                nonce: B64::with_last_byte(1),
                base_fee_per_gas: Some(100_000_000),
                ..Header::default()
            };
            let blocks = EmptyBlocks::new(header, 300, step, l1, None);
            let mut parent = B256::repeat_byte(9);
            let last = blocks.hash(blocks.last(), || parent);
            assert_eq!(blocks.hash(blocks.first() + 77, || B256::ZERO), {
                let again = EmptyBlocks::new(blocks.header().clone(), 300, step, l1, None);
                again.hash(again.first() + 77, || parent)
            });
            for number in blocks.first()..=blocks.last() {
                let hash = blocks.hash(number, || B256::ZERO);
                let block = blocks.block(number, parent, hash);
                assert_eq!(block.header.hash_slow(), hash, "block {number}");
                assert_eq!(block.header.parent_hash, parent);
                parent = hash;
            }
            assert_eq!(parent, last);
        }
    }
}
