//! Messages to L1: the Merkle tree that they are leaves of, as ArbOS keeps it.

use super::{LAYOUT, STATE, Store, fine};
use crate::state_db::StateDb;
use alloy_primitives::{B256, U256, keccak256};
use std::convert::Infallible;

/// The slots of the number of messages and of the first subtree.
const SIZE: u64 = 0;
const SUBTREES: u64 = 2;

/// A store that hashes and pays for it.
pub(crate) trait Hashes: Store {
    fn hash(&mut self, data: &[u8]) -> Result<B256, Self::Fail>;
}

/// A node of the tree that a new leaf completed.
pub(crate) struct Completed {
    pub(crate) level: u64,
    pub(crate) leaf: u64,
    pub(crate) hash: B256,
}

/// Levels that a tree of so many leaves can have subtrees at.
fn levels(size: u64) -> u64 {
    u64::from(u64::BITS - size.leading_zeros())
}

pub(crate) fn size<S: Store>(store: &mut S) -> Result<u64, S::Fail> {
    Ok(store.read(LAYOUT.messages.at(SIZE))?.saturating_to())
}

fn subtree<S: Store>(store: &mut S, level: u64) -> Result<B256, S::Fail> {
    let slot = LAYOUT.messages.at(SUBTREES + level);
    Ok(store.read(slot)?.into())
}

/// The subtrees, from the smallest on.
pub(crate) fn subtrees<S: Store>(store: &mut S) -> Result<Vec<B256>, S::Fail> {
    let size = size(store)?;
    (0..levels(size))
        .map(|level| subtree(store, level))
        .collect()
}

/// Adds a leaf and gives the nodes that it completed.
pub(crate) fn append<S: Hashes>(store: &mut S, leaf: B256) -> Result<Vec<Completed>, S::Fail> {
    let before = size(store)?;
    store.write(LAYOUT.messages.at(SIZE), U256::from(before + 1))?;
    let mut completed = Vec::new();
    // The tree's leaves are hashes of what is added.
    let mut hash = keccak256(leaf);
    for level in 0.. {
        let slot = LAYOUT.messages.at(SUBTREES + level);
        let left = if level < levels(before) {
            subtree(store, level)?
        } else {
            B256::ZERO
        };
        if left.is_zero() {
            store.write(slot, hash.into())?;
            break;
        }
        hash = store.hash(&[left.as_slice(), hash.as_slice()].concat())?;
        store.write(slot, U256::ZERO)?;
        let level = level + 1;
        completed.push(Completed {
            level,
            leaf: before,
            hash,
        });
    }
    Ok(completed)
}

/// The root of the tree; empty places are zero.
pub(crate) fn root<S: Hashes>(store: &mut S) -> Result<B256, S::Fail> {
    let size = size(store)?;
    let mut so_far: Option<(B256, u64)> = None;
    for level in 0..levels(size) {
        let found = subtree(store, level)?;
        if found.is_zero() {
            continue;
        }
        so_far = Some(match so_far {
            None => (found, level),
            Some((mut hash, from)) => {
                for _ in from..level {
                    hash = store.hash(&[hash.as_slice(), &[0; 32]].concat())?;
                }
                let both = [found.as_slice(), hash.as_slice()].concat();
                (store.hash(&both)?, level + 1)
            }
        });
    }
    Ok(so_far.map(|(hash, _)| hash).unwrap_or_default())
}

/// The state outside of transactions pays nothing.
impl Hashes for StateDb {
    fn hash(&mut self, data: &[u8]) -> Result<B256, Infallible> {
        Ok(keccak256(data))
    }
}

/// Number and root of the messages so far, as a block's header has them.
pub(crate) fn summary(state_db: &mut StateDb) -> (u64, B256) {
    let slot = LAYOUT.messages.at(SIZE);
    // Most chains send none.
    if state_db.slot(STATE, slot, crate::state_db::NOW).is_zero() {
        return (0, B256::ZERO);
    }
    (fine(size(state_db)), fine(root(state_db)))
}
