//! The storage trie from its root down, by `eth_getProof`: nodes whose hash is known are looked for in proofs
//! of slots whose hashes lead there. What the store has already is passed over where its hash is the same, so
//! the same walk finds every slot of an endpoint without `debug_storageRangeAt`, and what differs from one that
//! has it.
//!
//! A slot whose hash begins with given digits is one that the store has there, one that the layout implies, or is
//! searched for by trying numbers: six digits take some 16 million hashes, so slots that agree in more digits with
//! another one are out of reach where nobody knows their keys, and are named by those.

use super::anchor::{StorageAnchor, get_proof};
use super::error::mismatch;
use super::slot_difference::SlotDifference;
use super::store::{CensusStore, range};
use crate::client::{ChainError, Client};
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rlp::{Decodable, EMPTY_STRING_CODE};
use alloy_trie::nodes::{RlpNode, TrieNode};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Slots of one proof.
const SLOTS: usize = 128;
/// Digits of a hash that are searched for, at most.
const DIGITS_MAX: usize = 6;
/// Rounds of searching beyond the expected number of hashes.
const LUCK: u64 = 24;
/// Differences that are kept, at most.
const DIFFERENCES_MAX: usize = 256;

/// The results of a walk.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WalkOutcome {
    /// The differences of the proven trie from what the endpoint listed, up to a bound.
    pub differences: Vec<SlotDifference>,
    /// The beginnings of the hashes of slots that no proof was found for.
    pub unreached: Vec<String>,
    /// Their beginnings: slots that begin so are looked for.
    #[serde(skip)]
    pub(super) sought: HashSet<HashPrefix>,
}

impl WalkOutcome {
    /// Returns true if nothing differs, and nothing is out of reach.
    pub(super) fn is_whole(&self) -> bool {
        self.differences.is_empty() && self.unreached.is_empty()
    }
}

/// The first digits of a hash.
pub(super) type HashPrefix = [u8; DIGITS_MAX / 2];
/// Slots by the hashes of them.
pub(super) type SlotsByHash = BTreeMap<[u8; 32], B256>;

/// A node of the trie that is looked for.
struct PendingNode {
    /// The beginning of the hashes of the slots below it.
    prefix: Nibbles,
    /// The hash of its bytes.
    hash: B256,
}

/// A walk over one account's trie.
pub(super) struct TrieWalk<'a> {
    pub(super) client: &'a Client,
    pub(super) account: Address,
    pub(super) anchor: &'a StorageAnchor,
    pub(super) store: &'a CensusStore,
    /// Slots that the layout implies: something to ask for a proof of.
    pub(super) implied: &'a SlotsByHash,
    /// True if the store gets what is proven.
    pub(super) corrects: bool,
    /// Nodes of proofs of this round, by their hashes.
    pub(super) nodes: HashMap<B256, Vec<u8>>,
    pub(super) found: WalkOutcome,
}

impl TrieWalk<'_> {
    /// Walks until nothing is left that can be reached.
    pub(super) async fn run(mut self) -> Result<WalkOutcome, ChainError> {
        let empty = vec![EMPTY_STRING_CODE];
        self.nodes.insert(EMPTY_ROOT_HASH, empty);
        let mut sought = vec![PendingNode {
            prefix: Nibbles::new(),
            hash: self.anchor.storage_root,
        }];
        loop {
            let left = self.descend(sought)?;
            if self.corrects {
                let proven = std::mem::take(&mut self.found.differences);
                self.store.correct(&proven)?;
            }
            if left.is_empty() {
                return Ok(self.found);
            }
            let count = self.store.count()?;
            let detail = format!("{count} slots, {} places to look at", left.len());
            self.client.progress().tick(&detail);
            sought = self.prove(left).await?;
        }
    }

    /// Goes down as far as nodes are known. Returns the nodes that are left.
    fn descend(&mut self, mut sought: Vec<PendingNode>) -> Result<Vec<PendingNode>, ChainError> {
        let mut left = Vec::new();
        while let Some(pending) = sought.pop() {
            if self.store.root(&pending.prefix)? == pending.hash {
                continue;
            }
            match self.nodes.get(&pending.hash) {
                Some(bytes) => {
                    let node = TrieNode::decode(&mut bytes.as_slice());
                    let node = node.map_err(|_| self.unproven("node"))?;
                    self.enter(&pending.prefix, node, &mut sought)?;
                }
                None => left.push(pending),
            }
        }
        self.nodes.clear();
        Ok(left)
    }

    /// Compares the slots below a node with the store, and adds its child nodes.
    fn enter(
        &mut self,
        prefix: &Nibbles,
        node: TrieNode,
        sought: &mut Vec<PendingNode>,
    ) -> Result<(), ChainError> {
        match node {
            TrieNode::EmptyRoot => self.compare(prefix, None, None),
            TrieNode::Leaf(leaf) => {
                let path = prefix.join(&leaf.key);
                let value = U256::decode(&mut leaf.value.as_slice()).ok();
                let value = value.filter(|_| path.len() == 64);
                let value = value.ok_or_else(|| self.unproven("leaf"))?;
                self.compare(prefix, Some(&path), Some(value.into()))
            }
            TrieNode::Extension(node) => {
                let below = prefix.join(&node.key);
                sought.push(PendingNode {
                    prefix: below,
                    hash: self.hash_of(&node.child),
                });
                self.compare(prefix, Some(&below), None)
            }
            TrieNode::Branch(node) => {
                for (digit, child) in node.as_ref().children() {
                    let mut below = *prefix;
                    below.push(digit);
                    match child {
                        Some(child) => sought.push(PendingNode {
                            prefix: below,
                            hash: self.hash_of(child),
                        }),
                        None => self.compare(&below, None, None)?,
                    }
                }
                Ok(())
            }
        }
    }

    /// The hash of a node below another one. One of few bytes stands in the node above itself.
    fn hash_of(&mut self, node: &RlpNode) -> B256 {
        node.as_hash().unwrap_or_else(|| {
            let hash = keccak256(node.as_slice());
            self.nodes.insert(hash, node.as_slice().to_vec());
            hash
        })
    }

    /// Notes the slots below a prefix that do not begin as all that are there, and the one that is there.
    fn compare(
        &mut self,
        prefix: &Nibbles,
        there: Option<&Nibbles>,
        proven: Option<B256>,
    ) -> Result<(), ChainError> {
        let mut given = None;
        for leaf in self.store.under(prefix)? {
            let path = Nibbles::unpack(leaf.hash);
            if there.is_some_and(|there| path.starts_with(there)) {
                given = Some(leaf.value)
            } else {
                self.note(leaf.hash, Some(leaf.value), None)
            }
        }
        if let (Some(path), true) = (there, proven.is_some() && proven != given) {
            self.note(B256::from_slice(&path.pack()), given, proven);
        }
        Ok(())
    }

    fn note(&mut self, hash: B256, given: Option<B256>, proven: Option<B256>) {
        if self.corrects || self.found.differences.len() < DIFFERENCES_MAX {
            self.found.differences.push(SlotDifference {
                hash,
                given,
                proven,
            });
        }
    }

    /// Asks for proofs that have these nodes, and returns the nodes that the walk continues from.
    async fn prove(&mut self, sought: Vec<PendingNode>) -> Result<Vec<PendingNode>, ChainError> {
        let mut slots = BTreeMap::new();
        let mut searched = Vec::new();
        for PendingNode { prefix, .. } in &sought {
            let mut implied = self.implied.range(range(prefix));
            let implied = implied.next().map(|(_, slot)| *slot);
            match self.store.slot_under(prefix)?.or(implied) {
                Some(slot) => {
                    slots.insert(*prefix, slot);
                }
                None if prefix.len() <= DIGITS_MAX => searched.push(*prefix),
                None => {}
            }
        }
        if !searched.is_empty() {
            let found = tokio::task::spawn_blocking(move || search(&searched)).await;
            // It does not panic, and nobody aborts it.
            slots.extend(found.unwrap_or_default());
        }
        let is_reached = |node: &PendingNode| slots.contains_key(&node.prefix);
        let (reached, unreached): (Vec<_>, Vec<_>) = sought.into_iter().partition(is_reached);
        for PendingNode { prefix, .. } in &unreached {
            self.found.unreached.push(digits(prefix));
            self.found
                .sought
                .extend(prefix.pack().first_chunk().copied());
        }
        let asked: Vec<B256> = slots.into_values().collect();
        for page in asked.chunks(SLOTS) {
            let block = self.anchor.block_hash.into();
            let answer = get_proof(self.client, self.account, page.to_vec(), block).await?;
            let proofs = answer.storage_proof.into_iter();
            let nodes = proofs.flat_map(|slot| slot.proof);
            self.nodes
                .extend(nodes.map(|node| (keccak256(&node), node.to_vec())));
        }
        let is_missing = |node: &&PendingNode| !self.nodes.contains_key(&node.hash);
        match reached.iter().find(is_missing) {
            Some(node) => Err(self.unproven(&format!("storage at {}", digits(&node.prefix)))),
            None => Ok(reached),
        }
    }

    fn unproven(&self, what: &str) -> ChainError {
        let what = format!("{what} of {}", self.account);
        mismatch(self.client, what, self.anchor.block)
    }
}

/// The digits, as the hashes of slots begin.
fn digits(prefix: &Nibbles) -> String {
    let digits = prefix.iter().map(|digit| format!("{digit:x}"));
    format!("0x{}…", digits.collect::<String>())
}

/// Slots whose hashes begin with these digits, by the digits. The numbers are tried from 0 on.
fn search(prefixes: &[Nibbles]) -> BTreeMap<Nibbles, B256> {
    // The first hash that begins so → the last one.
    let mut left = BTreeMap::new();
    for prefix in prefixes {
        let (first, last) = range(prefix).into_inner();
        left.insert(first, (last, *prefix));
    }
    let longest = prefixes.iter().map(Nibbles::len).max().unwrap_or_default();
    let tries = (1_u64 << (4 * longest.min(DIGITS_MAX))).saturating_mul(LUCK);
    let mut found = BTreeMap::new();
    for trial in 0..tries {
        let slot = B256::from(U256::from(trial));
        let hash = keccak256(slot).0;
        let before = left.range(..=hash).next_back();
        if let Some((first, (last, prefix))) = before
            && hash <= *last
        {
            found.insert(*prefix, slot);
            let first = *first;
            left.remove(&first);
        }
        if left.is_empty() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_found_whose_hashes_begin_as_they_should() {
        let prefixes = [
            Nibbles::new(),
            Nibbles::from_nibbles([0xa]),
            Nibbles::from_nibbles([0, 0xf, 3]),
            Nibbles::from_nibbles([0, 0xf, 4]),
        ];
        let found = search(&prefixes);
        assert_eq!(found.len(), prefixes.len());
        for (prefix, slot) in found {
            let hash = Nibbles::unpack(keccak256(slot));
            assert!(hash.starts_with(&prefix));
        }
        assert_eq!(digits(&prefixes[2]), "0x0f3…");
    }
}
