//! `constructOutboxProof` of NodeInterface: the proof that a message to L1 is in the tree of all messages.
//!
//! Source: Nitro, `execution/nodeinterface/node_interface.go`. What it refuses is refused here, too, and what it takes beside the
//! tree's own leaves is answered alike.

use alloy_primitives::{B256, keccak256};
use std::collections::HashMap;

/// The place of a node: its level, 0 for leaves, and the last leaf below it.
type Place = (u64, u64);

/// The messages that were sent so far, in their order.
pub(super) struct MessageTree {
    pub(super) sent: Vec<B256>,
}

/// The hashes of a proof.
pub(super) struct OutboxProof {
    /// The message; zero where nobody sent it.
    pub(super) send: B256,
    pub(super) root: B256,
    /// From the leaf's level upwards.
    pub(super) hashes: Vec<B256>,
}

/// Bits that a number has without leading zeros.
fn bits(number: u64) -> u64 {
    u64::from(u64::BITS - number.leading_zeros())
}

fn parent(left: B256, right: B256) -> B256 {
    keccak256([left.as_slice(), right.as_slice()].concat())
}

impl MessageTree {
    /// A node that its leaves complete.
    fn node(&self, (level, leaf): Place) -> Option<B256> {
        let sent = self.sent.get(usize::try_from(leaf).ok()?)?;
        let Some(below) = level.checked_sub(1) else {
            return Some(keccak256(sent));
        };
        let half = 1_u64.checked_shl(u32::try_from(below).ok()?)?;
        let is_last = (leaf + 1).is_multiple_of(half.checked_mul(2)?);
        let left = leaf.checked_sub(half)?;
        is_last.then_some(())?;
        Some(parent(self.node((below, left))?, self.node((below, leaf))?))
    }

    /// The proof for a leaf in a tree of that many messages.
    pub(super) fn prove(&self, size: u64, leaf: u64) -> Result<OutboxProof, String> {
        if leaf > self.sent.len() as u64 {
            return Err("leaf does not exist".into());
        }
        let levels = bits(size);
        // The next power of two is above the size; half of it is the size of a balanced tree.
        let is_balanced = size.is_power_of_two() || size == 0;
        let walked = if is_balanced {
            levels.saturating_sub(1)
        } else {
            levels
        };
        let (mut wanted, mut place) = (Vec::new(), leaf);
        let mut known: HashMap<Place, B256> = HashMap::new();
        let mut note = |at: Place| known.extend(self.node(at).map(|hash| (at, hash)));
        note((0, leaf));
        for level in 0..walked {
            let bit = 1 << level;
            let sibling = (level, place ^ bit);
            if sibling.1 < size {
                note(sibling);
            }
            wanted.push(sibling);
            place |= bit;
        }
        if !is_balanced {
            self.complete_frontier(size, levels, &mut known)?;
        }
        let hashes = wanted.iter().map(|at| known.get(at).copied());
        let hashes: Option<Vec<B256>> = hashes.collect();
        let hashes = hashes.ok_or("internal error constructing proof: incomplete information")?;
        let send = self.sent.get(usize::try_from(leaf).unwrap_or(usize::MAX));
        let send = send.copied().unwrap_or_default();
        let (mut root, mut at) = (keccak256(send), leaf);
        for hash in &hashes {
            root = if at & 1 == 0 {
                parent(root, *hash)
            } else {
                parent(*hash, root)
            };
            at >>= 1;
        }
        // A proof is for a leaf that the tree has room for.
        if at != 0 {
            return Err("internal error constructing proof: proof is wrong".into());
        }
        Ok(OutboxProof { send, root, hashes })
    }

    /// Adds the nodes on the right border of a tree whose size is no power of two: empty places are zero.
    fn complete_frontier(
        &self,
        size: u64,
        levels: u64,
        known: &mut HashMap<Place, B256>,
    ) -> Result<(), String> {
        let incomplete = || "internal error constructing proof: incomplete frontier".to_owned();
        let mut total = 0;
        let mut partials = HashMap::new();
        for level in (0..levels).rev().filter(|level| size >> level & 1 == 1) {
            total += 1_u64 << level;
            let partial = (level, total - 1);
            let hash = self.node(partial).ok_or_else(incomplete)?;
            known.insert(partial, hash);
            partials.insert(level, total - 1);
        }
        let lowest = u64::from(size.trailing_zeros());
        let last = *partials.get(&lowest).ok_or_else(incomplete)?;
        let mut step: Place = (lowest, last + (1 << lowest));
        known.insert(step, B256::ZERO);
        while step.0 < levels {
            let width = 1 << step.0;
            let current = known.get(&step).copied().ok_or_else(incomplete)?;
            let hash = if partials.contains_key(&step.0) {
                // A partial on the frontier can only be on the left.
                step.1 -= width;
                let left = known.get(&step).copied().ok_or_else(incomplete)?;
                parent(left, current)
            } else {
                step.1 += width;
                known.insert(step, B256::ZERO);
                parent(current, B256::ZERO)
            };
            step = (step.0 + 1, step.1 | width);
            known.insert(step, hash);
        }
        Ok(())
    }
}
