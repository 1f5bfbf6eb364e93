//! Proofs of an account and nodes of its storage trie (EIP-1186).

use alloy::consensus::constants::KECCAK_EMPTY;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rlp::{self, Decodable};
use alloy::rpc::types::EIP1186AccountProofResponse;
use alloy_trie::nodes::{RlpNode, TrieNode};
use alloy_trie::proof::verify_proof;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};

/// The storage root of an account, once its proof was checked; an account that is not there has no storage.
/// Nothing where the proof does not lead to the state root.
pub(super) fn storage_root(
    state_root: B256,
    address: Address,
    answer: &EIP1186AccountProofResponse,
) -> Option<B256> {
    let account = TrieAccount {
        nonce: answer.nonce,
        balance: answer.balance,
        storage_root: answer.storage_hash,
        code_hash: answer.code_hash,
    };
    let is_proven = |expected: Option<Vec<u8>>| {
        let key = Nibbles::unpack(keccak256(address));
        answer.address == address
            && verify_proof(state_root, key, expected, &answer.account_proof).is_ok()
    };
    if is_proven(Some(rlp::encode(account))) {
        return Some(answer.storage_hash);
    }
    let is_empty = answer.nonce == 0
        && answer.balance.is_zero()
        && (answer.code_hash == KECCAK_EMPTY || answer.code_hash.is_zero());
    (is_empty && is_proven(None)).then_some(EMPTY_ROOT_HASH)
}

/// A node of a storage trie, as far as it is gone on from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A slot: the rest of its hash, and its value.
    Leaf(Nibbles, U256),
    /// One node further down.
    Extension(Nibbles, Child),
    /// What is below, by the next digit of the hash.
    Branch(Vec<(u8, Child)>),
}

/// A node below another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Child {
    /// keccak256 of its bytes.
    pub(super) hash: B256,
    /// Its bytes, where they are so few that they stand in the node above.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Child {
    fn of(node: &RlpNode) -> Self {
        match node.as_hash() {
            Some(hash) => Self { hash, bytes: None },
            None => Self {
                hash: keccak256(node.as_slice()),
                bytes: Some(node.as_slice().to_vec()),
            },
        }
    }
}

impl Node {
    /// Reads a node; nothing where the bytes are none.
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        Some(match TrieNode::decode(&mut bytes).ok()? {
            TrieNode::EmptyRoot => return None,
            TrieNode::Leaf(leaf) => {
                let value = U256::decode(&mut leaf.value.as_slice()).ok()?;
                Self::Leaf(leaf.key, value)
            }
            TrieNode::Extension(node) => Self::Extension(node.key, Child::of(&node.child)),
            TrieNode::Branch(node) => {
                let digits = (0..16).filter(|digit| node.state_mask.is_bit_set(*digit));
                let children = digits.zip(node.stack.iter());
                Self::Branch(children.map(|(at, child)| (at, Child::of(child))).collect())
            }
        })
    }
}
