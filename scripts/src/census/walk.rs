//! The storage trie from its root down, by `eth_getProof`: nodes whose hash is known are looked for in proofs
//! of slots whose hashes lead there. What the store has already is passed over where its hash is the same, so
//! the same walk finds every slot of an endpoint without `debug_storageRangeAt`, and what differs from one that
//! has it.
//!
//! A slot whose hash begins with given digits is one that the store has there, one that the layout implies, or is
//! searched for by trying numbers: six digits take some 16 million hashes, so slots that agree in more digits with
//! another one are out of reach where nobody knows their keys, and are named by those.

use super::anchor::{Anchor, get_proof};
use super::error::CensusError;
use super::proof::{Child, Node};
use super::store::Store;
use crate::client::Client;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Slots of one proof.
const SLOTS: usize = 128;
/// Digits of a hash that are searched for, at most.
const DIGITS_MAX: usize = 6;
/// Digits of a hash that is out of reach, by which it is looked for.
const FIRST: usize = DIGITS_MAX + 1;
/// Rounds of searching beyond the expected number of hashes.
const LUCK: u64 = 24;
/// Differences that are kept, at most.
const DIFFERENCES_MAX: usize = 256;

/// Where the proven trie differs from what the endpoint gave as its slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotDifference {
    /// keccak256 of the slot.
    pub hash: B256,
    /// The value that was given; none where the slot was withheld.
    pub given: Option<B256>,
    /// The value that is proven; none where there is none.
    pub proven: Option<B256>,
}

/// What a walk found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Walked {
    /// Where the proven trie differs from what the endpoint listed, up to a bound.
    pub differences: Vec<SlotDifference>,
    /// How the hashes of slots begin that no proof was found for.
    pub unreached: Vec<String>,
    /// The first digits of those: slots that begin so are looked for.
    #[serde(skip)]
    pub(super) sought: HashSet<u32>,
}

impl Walked {
    /// Whether nothing differs, and nothing is out of reach.
    pub(super) fn is_whole(&self) -> bool {
        self.differences.is_empty() && self.unreached.is_empty()
    }
}

/// A node that is looked for.
struct Sought {
    prefix: Nibbles,
    child: Child,
}

/// A walk over one account's trie.
pub(super) struct Walk<'a> {
    pub(super) client: &'a Client,
    pub(super) account: Address,
    pub(super) anchor: &'a Anchor,
    pub(super) store: &'a Store,
    /// Whether the store gets what is proven.
    pub(super) corrects: bool,
    /// Nodes of proofs of this round, by their hashes.
    pub(super) nodes: HashMap<B256, Vec<u8>>,
    pub(super) found: Walked,
}

impl Walk<'_> {
    /// Walks until nothing is left that can be reached.
    pub(super) async fn run(mut self) -> Result<Walked, CensusError> {
        let root = Child {
            hash: self.anchor.storage_root,
            bytes: None,
        };
        let mut sought = match root.hash == EMPTY_ROOT_HASH {
            true => {
                self.differs(&Nibbles::new(), |_| true, None)?;
                Vec::new()
            }
            false => vec![Sought {
                prefix: Nibbles::new(),
                child: root,
            }],
        };
        loop {
            let left = self.descend(sought)?;
            self.correct()?;
            if left.is_empty() {
                return Ok(self.found);
            }
            let count = self.store.count()?;
            let detail = format!("{count} slots, {} places to look at", left.len());
            self.client.progress().tick(&detail);
            sought = self.prove(left).await?;
        }
    }

    /// Goes down as far as nodes are known; what is left of that.
    fn descend(&mut self, mut sought: Vec<Sought>) -> Result<Vec<Sought>, CensusError> {
        let mut left = Vec::new();
        while let Some(one) = sought.pop() {
            if self.store.root(&one.prefix)? == one.child.hash {
                continue;
            }
            let known = one.child.bytes.as_ref();
            let Some(bytes) = known.or_else(|| self.nodes.get(&one.child.hash)) else {
                left.push(one);
                continue;
            };
            let node = Node::read(bytes).ok_or_else(|| self.unproven("node"))?;
            self.enter(&one.prefix, node, &mut sought)?;
        }
        self.nodes.clear();
        Ok(left)
    }

    /// What a node says of the slots below it.
    fn enter(
        &mut self,
        prefix: &Nibbles,
        node: Node,
        sought: &mut Vec<Sought>,
    ) -> Result<(), CensusError> {
        match node {
            Node::Leaf(rest, value) => {
                let path = prefix.join(&rest);
                if path.len() != 64 {
                    return Err(self.unproven("leaf"));
                }
                let hash = B256::from_slice(&path.pack());
                let value = B256::from(value);
                self.differs(prefix, |other| other != hash, Some((hash, value)))
            }
            Node::Extension(rest, child) => {
                let prefix_below = prefix.join(&rest);
                let is_beside = |hash| !Nibbles::unpack(hash).starts_with(&prefix_below);
                self.differs(prefix, is_beside, None)?;
                sought.push(Sought {
                    prefix: prefix_below,
                    child,
                });
                Ok(())
            }
            Node::Branch(children) => {
                for digit in 0..16 {
                    let mut below = *prefix;
                    below.push(digit);
                    match children.iter().find(|(at, _)| *at == digit) {
                        Some((_, child)) => sought.push(Sought {
                            prefix: below,
                            child: child.clone(),
                        }),
                        None => self.differs(&below, |_| true, None)?,
                    }
                }
                Ok(())
            }
        }
    }

    /// Notes that slots below a prefix are not there, and that one is.
    fn differs(
        &mut self,
        prefix: &Nibbles,
        is_absent: impl Fn(B256) -> bool,
        proven: Option<(B256, B256)>,
    ) -> Result<(), CensusError> {
        let given = self.store.under(prefix)?;
        for leaf in given.iter().filter(|leaf| is_absent(leaf.hash)) {
            self.note(leaf.hash, Some(leaf.value), None);
        }
        if let Some((hash, value)) = proven {
            let given = given.iter().find(|leaf| leaf.hash == hash);
            let given = given.map(|leaf| leaf.value);
            if given != Some(value) {
                self.note(hash, given, Some(value));
            }
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

    /// Puts what is proven in the place of what was given.
    fn correct(&mut self) -> Result<(), CensusError> {
        match self.corrects {
            true => self
                .store
                .correct(&std::mem::take(&mut self.found.differences)),
            false => Ok(()),
        }
    }

    /// Asks for proofs that have these nodes; those of them that are gone on from.
    async fn prove(&mut self, sought: Vec<Sought>) -> Result<Vec<Sought>, CensusError> {
        let mut slots = BTreeMap::new();
        let mut searched = Vec::new();
        for one in &sought {
            match self.store.slot_under(&one.prefix)? {
                Some(slot) => {
                    slots.insert(one.prefix.to_vec(), slot);
                }
                None if one.prefix.len() <= DIGITS_MAX => searched.push(one.prefix),
                None => {}
            }
        }
        if !searched.is_empty() {
            let found = tokio::task::spawn_blocking(move || search(&searched)).await;
            // It does not panic, and nobody aborts it.
            slots.extend(found.unwrap_or_default());
        }
        let (reached, unreached): (Vec<_>, Vec<_>) = sought
            .into_iter()
            .partition(|one| slots.contains_key(&one.prefix.to_vec()));
        for Sought { prefix, .. } in &unreached {
            self.found.unreached.push(digits(prefix));
            let first = prefix.slice(..FIRST.min(prefix.len()));
            self.found.sought.insert(number(&mut first.iter()) as u32);
        }
        let asked: Vec<B256> = reached
            .iter()
            .filter_map(|one| slots.get(&one.prefix.to_vec()).copied())
            .collect();
        for page in asked.chunks(SLOTS) {
            let page = page.iter().map(|slot| U256::from_be_bytes(slot.0));
            let block = self.anchor.block_hash;
            let answer = get_proof(self.client, self.account, page.collect(), block).await?;
            let nodes = answer.storage_proof.into_iter().flat_map(|one| one.proof);
            self.nodes
                .extend(nodes.map(|node| (keccak256(&node), node.to_vec())));
        }
        let is_missing = |one: &&Sought| !self.nodes.contains_key(&one.child.hash);
        match reached.iter().find(is_missing) {
            Some(one) => Err(self.unproven(&format!("storage at {}", digits(&one.prefix)))),
            None => Ok(reached),
        }
    }

    fn unproven(&self, what: &str) -> CensusError {
        CensusError::Proof {
            endpoint: self.client.endpoint().to_string(),
            what: format!("{what} of {}", self.account),
            number: self.anchor.block,
        }
    }
}

/// The digits, as the hashes of slots begin.
fn digits(prefix: &Nibbles) -> String {
    let digits = prefix.iter().map(|digit| format!("{digit:x}"));
    format!("0x{}…", digits.collect::<String>())
}

/// The first digits of a hash.
pub(super) fn first_digits(hash: B256) -> u32 {
    number(&mut Nibbles::unpack(hash).iter().take(FIRST)) as u32
}

/// Digits as a number.
fn number(digits: &mut dyn Iterator<Item = u8>) -> u64 {
    digits.fold(0, |number, digit| number << 4 | u64::from(digit))
}

/// Slots whose hashes begin with these digits, by the digits. The numbers are tried from 0 on.
fn search(prefixes: &[Nibbles]) -> BTreeMap<Vec<u8>, B256> {
    // How many digits → those that are sought.
    let mut left: BTreeMap<usize, HashMap<u64, Vec<u8>>> = BTreeMap::new();
    for prefix in prefixes {
        let by_length = left.entry(prefix.len()).or_default();
        by_length.insert(number(&mut prefix.iter()), prefix.to_vec());
    }
    let longest = prefixes.iter().map(Nibbles::len).max().unwrap_or_default();
    let tries = (1_u64 << (4 * longest.min(DIGITS_MAX))).saturating_mul(LUCK);
    let mut found = BTreeMap::new();
    for trial in 0..tries {
        let slot = B256::from(U256::from(trial));
        let hash = keccak256(slot);
        let first = hash
            .first_chunk::<8>()
            .map_or(0, |first| u64::from_be_bytes(*first));
        for (length, sought) in &mut left {
            let begins = first
                .checked_shr(64 - 4 * *length as u32)
                .unwrap_or_default();
            if let Some(prefix) = sought.remove(&begins) {
                found.insert(prefix, slot);
            }
        }
        left.retain(|_, sought| !sought.is_empty());
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
            assert!(hash.starts_with(&Nibbles::from_nibbles(prefix)));
        }
        assert_eq!(digits(&prefixes[2]), "0x0f3…");
    }
}
