//! A Merkle-Patricia trie that is changed in place. Nodes are shared between copies, so that a copy
//! costs nothing and a change to it only its path. Encoding is alloy-trie's.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode},
};
use std::sync::{Arc, OnceLock};

/// A trie over hashed keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trie(Option<Arc<Node>>);

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    /// The reference by which the parent names it, once that was requested.
    reference: OnceLock<RlpNode>,
}

#[derive(Clone, Debug)]
enum Kind {
    Leaf { path: Nibbles, value: Vec<u8> },
    Extension { path: Nibbles, child: Arc<Node> },
    Branch(Box<[Option<Arc<Node>>; 16]>),
}

impl Trie {
    /// Sets a value, or removes it.
    pub(crate) fn set(&mut self, key: B256, value: Option<Vec<u8>>) {
        let path = Nibbles::unpack(key);
        match value {
            Some(value) => insert(&mut self.0, path, value),
            None if contains(self.0.as_deref(), path) => remove(&mut self.0, path),
            None => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn root(&self) -> B256 {
        match &self.0 {
            Some(root) => {
                let reference = root.reference();
                let hash = reference.as_hash();
                hash.unwrap_or_else(|| keccak256(reference))
            }
            None => EMPTY_ROOT_HASH,
        }
    }

    /// The nodes from the root towards a key: they prove its value, or that it has none.
    pub(crate) fn proof(&self, key: B256) -> Vec<Bytes> {
        let mut path = Nibbles::unpack(key);
        let mut nodes = Vec::new();
        let mut next = self.0.as_deref();
        while let Some(node) = next {
            // Short nodes are parts of their parents.
            if nodes.is_empty() || node.reference().is_hash() {
                nodes.push(node.encode().0.into());
            }
            next = match &node.kind {
                Kind::Leaf { .. } => None,
                Kind::Extension {
                    path: skipped,
                    child,
                } if path.starts_with(skipped) => {
                    path = path.slice(skipped.len()..);
                    Some(child)
                }
                Kind::Extension { .. } => None,
                Kind::Branch(children) => {
                    let child = children[usize::from(path.get_unchecked(0))].as_deref();
                    path = path.slice(1..);
                    child
                }
            };
        }
        nodes
    }
}

impl Node {
    fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self {
            kind,
            reference: OnceLock::new(),
        })
    }

    fn reference(&self) -> &RlpNode {
        self.reference.get_or_init(|| self.encode().1)
    }

    /// The node, and how its parent refers to it.
    fn encode(&self) -> (Vec<u8>, RlpNode) {
        // A full branch of hashes.
        let mut rlp = Vec::with_capacity(16 * 33 + 4);
        let reference = match &self.kind {
            Kind::Leaf { path, value } => LeafNodeRef::new(path, value).rlp(&mut rlp),
            Kind::Extension { path, child } => {
                ExtensionNodeRef::new(path, child.reference()).rlp(&mut rlp)
            }
            Kind::Branch(children) => {
                let mut mask = TrieMask::default();
                let mut stack = Vec::with_capacity(16);
                for (nibble, child) in (0u8..).zip(children.iter()) {
                    if let Some(child) = child {
                        mask.set_bit(nibble);
                        stack.push(child.reference().clone());
                    }
                }
                BranchNodeRef::new(&stack, mask).rlp(&mut rlp)
            }
        };
        (rlp, reference)
    }
}

fn leaf(path: Nibbles, value: Vec<u8>) -> Arc<Node> {
    Node::new(Kind::Leaf { path, value })
}

/// A child below some nibbles, which may be none.
fn below(path: Nibbles, child: Arc<Node>) -> Arc<Node> {
    if path.is_empty() {
        return child;
    }
    let node = match &child.kind {
        Kind::Leaf { path: rest, value } => Kind::Leaf {
            path: path.join(rest),
            value: value.clone(),
        },
        Kind::Extension { path: rest, child } => Kind::Extension {
            path: path.join(rest),
            child: child.clone(),
        },
        Kind::Branch(_) => Kind::Extension { path, child },
    };
    Node::new(node)
}

/// A branch with two children, below the nibbles that they share.
fn fork(shared: Nibbles, one: (u8, Arc<Node>), other: (u8, Arc<Node>)) -> Arc<Node> {
    let mut children = Box::<[Option<Arc<Node>>; 16]>::default();
    for (nibble, child) in [one, other] {
        children[usize::from(nibble)] = Some(child);
    }
    below(shared, Node::new(Kind::Branch(children)))
}

fn contains(node: Option<&Node>, path: Nibbles) -> bool {
    match node.map(|node| &node.kind) {
        None => false,
        Some(Kind::Leaf { path: own, .. }) => *own == path,
        Some(Kind::Extension { path: own, child }) => {
            path.starts_with(own) && contains(Some(child), path.slice(own.len()..))
        }
        Some(Kind::Branch(children)) => contains(
            children[usize::from(path.get_unchecked(0))].as_deref(),
            path.slice(1..),
        ),
    }
}

fn insert(slot: &mut Option<Arc<Node>>, path: Nibbles, value: Vec<u8>) {
    let Some(shared) = slot else {
        *slot = Some(leaf(path, value));
        return;
    };
    let node = Arc::make_mut(shared);
    node.reference.take();
    match &mut node.kind {
        Kind::Branch(children) => insert(
            &mut children[usize::from(path.get_unchecked(0))],
            path.slice(1..),
            value,
        ),
        Kind::Leaf {
            path: own,
            value: old,
        } => {
            if *own == path {
                *old = value;
                return;
            }
            let common = own.common_prefix_length(&path);
            let moved = leaf(own.slice(common + 1..), std::mem::take(old));
            *slot = Some(fork(
                path.slice(..common),
                (own.get_unchecked(common), moved),
                (
                    path.get_unchecked(common),
                    leaf(path.slice(common + 1..), value),
                ),
            ));
        }
        Kind::Extension { path: own, child } => {
            let common = own.common_prefix_length(&path);
            if common == own.len() {
                let mut below = Some(child.clone());
                // The only reference, so that it is changed in place.
                *child = leaf(Nibbles::new(), Vec::new());
                insert(&mut below, path.slice(common..), value);
                if let Some(below) = below {
                    *child = below;
                }
                return;
            }
            let moved = below(own.slice(common + 1..), child.clone());
            *slot = Some(fork(
                path.slice(..common),
                (own.get_unchecked(common), moved),
                (
                    path.get_unchecked(common),
                    leaf(path.slice(common + 1..), value),
                ),
            ));
        }
    }
}

/// Removes a key that is there.
fn remove(slot: &mut Option<Arc<Node>>, path: Nibbles) {
    let Some(shared) = slot else { return };
    let node = Arc::make_mut(shared);
    node.reference.take();
    match &mut node.kind {
        Kind::Leaf { .. } => *slot = None,
        Kind::Extension { path: own, child } => {
            let mut rest = Some(child.clone());
            *child = leaf(Nibbles::new(), Vec::new());
            remove(&mut rest, path.slice(own.len()..));
            // A branch never becomes empty by one removal.
            *slot = rest.map(|rest| below(*own, rest));
        }
        Kind::Branch(children) => {
            remove(
                &mut children[usize::from(path.get_unchecked(0))],
                path.slice(1..),
            );
            let mut left = (0u8..)
                .zip(children.iter_mut())
                .filter(|(_, child)| child.is_some());
            if let (Some((nibble, last)), None) = (left.next(), left.next()) {
                let last = last.take();
                *slot = last.map(|last| below(Nibbles::from_nibbles([nibble]), last));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_trie::{HashBuilder, proof::verify_proof};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// The root, computed from scratch by alloy-trie.
    fn from_scratch(pairs: &BTreeMap<B256, Vec<u8>>) -> B256 {
        let mut builder = HashBuilder::default();
        for (key, value) in pairs {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        builder.root()
    }

    /// Keys that share long beginnings, so that extensions and short nodes come up.
    fn key() -> impl Strategy<Value = B256> {
        let few = prop::sample::select(vec![0u8, 1, 0x10, 0x11, 0xff]);
        (few.clone(), few.clone(), few, 0..32usize).prop_map(|(first, second, last, at)| {
            let mut key = B256::ZERO;
            key[0] = first;
            key[at] = second;
            key[31] = last;
            key
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_change_gives_the_root_that_is_computed_from_scratch_and_proofs_hold(
            changes in prop::collection::vec(
                (key(), prop::option::weighted(0.6, prop::collection::vec(any::<u8>(), 1..60))), 1..80),
            absent in prop::collection::vec(key(), 1..10),
        ) {
            let (mut trie, mut pairs) = (Trie::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (key, value) in changes {
                trie.set(key, value.clone());
                match value {
                    Some(value) => pairs.insert(key, value),
                    None => pairs.remove(&key),
                };
                prop_assert_eq!(trie.root(), from_scratch(&pairs));
                copies.push((trie.clone(), trie.root()));
            }
            for key in pairs.keys().chain(&absent) {
                let proof = trie.proof(*key);
                let value = pairs.get(key).cloned();
                prop_assert!(verify_proof(trie.root(), Nibbles::unpack(key), value, &proof).is_ok());
            }
            // Copies keep what they were.
            for (copy, root) in copies {
                prop_assert_eq!(copy.root(), root);
            }
            prop_assert_eq!(trie.is_empty(), pairs.is_empty());
        }
    }
}
