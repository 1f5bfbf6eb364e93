//! Proofs of an account by an endpoint, against the state root of the forked block (EIP-1186).

use alloy::consensus::{EMPTY_ROOT_HASH, Header, constants::KECCAK_EMPTY};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rlp;
use alloy_rpc_types::EIP1186AccountProofResponse;
use alloy_trie::proof::verify_proof;
use alloy_trie::{Nibbles, TrieAccount};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use stylus_chain::{Budget, Chain, SourceAccount};

use super::endpoint::{ForkEndpoint, parsed};
use super::options::ForkError;

/// The method that asks for proofs.
pub(super) const METHOD: &str = "eth_getProof";

/// An answer that its proof does not bear out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "ForkProofMismatch: {what} is not what the state root of the forked block proves; ask another endpoint, \
     and where it is a development node that was changed outside of blocks, make a block there first; \
     --fork-verify false believes it"
)]
pub(super) struct ProofMismatch {
    what: String,
}

impl ProofMismatch {
    fn of(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl From<ProofMismatch> for String {
    fn from(mismatch: ProofMismatch) -> Self {
        mismatch.to_string()
    }
}

/// The bytes of `mixHash` in which Nitro puts the number of the L1 block.
const L1_IN_MIX: std::ops::Range<usize> = 8..16;

/// The state root of a block, whose header must have the hash that it is forked by, and whose
/// `l1BlockNumber` must be the one in its header.
pub(super) fn state_root(block: &RawValue, hash: B256, l1: Option<u64>) -> Result<B256, String> {
    let header: Header = parsed(block, "eth_getBlockByNumber")?;
    if header.hash_slow() != hash {
        return Err(
            ProofMismatch::of(format!("the header of the block with the hash {hash}")).into(),
        );
    }
    if l1.is_none_or(|l1| header.mix_hash[L1_IN_MIX] == l1.to_be_bytes()) {
        Ok(header.state_root)
    } else {
        Err(ProofMismatch::of("the block's l1BlockNumber").into())
    }
}

/// The version of ArbOS. Asked first, it also shows whether the endpoint gives proofs of the block at all.
///
/// # Errors
/// [`ForkError::NoProofs`] and [`ForkError::Endpoint`].
pub(super) fn arbos_version(
    endpoint: &ForkEndpoint,
    root: B256,
    (block, at): (u64, &Value),
    budget: &Budget,
) -> Result<U256, ForkError> {
    let (account, slot) = Chain::arbos_version_word();
    let params = json!([account, [B256::from(slot)], at]);
    let answer = endpoint.ask_one::<Box<RawValue>>(METHOD, params, budget);
    let answer = answer.map_err(|reason| ForkError::NoProofs {
        endpoint: endpoint.shown().to_owned(),
        block,
        reason,
    })?;
    let proven = words(root, account, &[slot], &answer);
    let word = proven.map(|words| words.first().copied().unwrap_or_default());
    word.map_err(ForkError::endpoint(endpoint.shown()))
}

/// An account by the answer to `eth_getProof`, and its code.
pub(super) fn account(
    root: B256,
    address: Address,
    proof: &RawValue,
    code: Bytes,
) -> Result<SourceAccount, String> {
    let proof = proven(root, address, proof)?;
    let is_its = if code.is_empty() {
        proof.code_hash == KECCAK_EMPTY || proof.code_hash.is_zero()
    } else {
        proof.code_hash == keccak256(&code)
    };
    if is_its {
        Ok(SourceAccount {
            balance: proof.balance,
            nonce: proof.nonce,
            code,
        })
    } else {
        Err(ProofMismatch::of(format!("the code of {address}")).into())
    }
}

/// Storage words of an account by the answer to `eth_getProof`, in the order of `slots`.
pub(super) fn words(
    root: B256,
    address: Address,
    slots: &[U256],
    proof: &RawValue,
) -> Result<Vec<U256>, String> {
    let proof = proven(root, address, proof)?;
    if proof.storage_proof.len() != slots.len() {
        return Err(format!("{METHOD}: the endpoint left out slots"));
    }
    let words = slots.iter().zip(&proof.storage_proof).map(|(slot, found)| {
        let expected = (!found.value.is_zero()).then(|| rlp::encode(found.value));
        let what = || format!("slot {slot:#x} of {address}");
        if is_proven(
            proof.storage_hash,
            &slot.to_be_bytes::<32>(),
            expected,
            &found.proof,
        ) {
            Ok(found.value)
        } else {
            Err(ProofMismatch::of(what()).into())
        }
    });
    words.collect()
}

/// The account of an answer, once its proof was checked.
fn proven(
    root: B256,
    address: Address,
    answer: &RawValue,
) -> Result<EIP1186AccountProofResponse, String> {
    let mut proof: EIP1186AccountProofResponse = parsed(answer, METHOD)?;
    let storage = storage_root(root, address, &proof);
    proof.storage_hash =
        storage.ok_or_else(|| ProofMismatch::of(format!("the account {address}")))?;
    Ok(proof)
}

/// The storage root of an account, once its proof was checked; one that does not exist has no storage. Nothing where
/// the proof does not lead to the state root.
pub fn storage_root(
    state_root: B256,
    address: Address,
    proof: &EIP1186AccountProofResponse,
) -> Option<B256> {
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let is_proven = |expected| {
        is_proven(
            state_root,
            address.as_slice(),
            expected,
            &proof.account_proof,
        )
    };
    if is_proven(Some(rlp::encode(account))) {
        return Some(proof.storage_hash);
    }
    let is_empty = proof.nonce == 0
        && proof.balance.is_zero()
        && (proof.code_hash == KECCAK_EMPTY || proof.code_hash.is_zero());
    (is_empty && is_proven(None)).then_some(EMPTY_ROOT_HASH)
}

fn is_proven(root: B256, key: &[u8], expected: Option<Vec<u8>>, proof: &[Bytes]) -> bool {
    verify_proof(root, Nibbles::unpack(keccak256(key)), expected, proof).is_ok()
}
