//! Questions about the forked state, and the facts that the answers give.

use alloy::primitives::{Address, B256, Bytes, U64, U256};
use serde_json::json;
use serde_json::value::RawValue;
use stylus_chain::SourceAccount;

use super::cache::CacheEntry;
use super::endpoint::{EndpointCall, RawAnswer, parsed};
use super::head::ForkHead;
use super::proof;

const BALANCE: &str = "eth_getBalance";
const NONCE: &str = "eth_getTransactionCount";
const CODE: &str = "eth_getCode";
const SLOT: &str = "eth_getStorageAt";

/// A part of the state.
pub(super) enum StateQuery {
    /// An account with its code.
    Account(Address),
    /// Storage words of an account.
    Slots(Address, Vec<U256>),
}

impl StateQuery {
    /// Lists the calls to the endpoint: for proofs, where the state root is known.
    pub(super) fn calls(&self, head: &ForkHead) -> Vec<EndpointCall> {
        let at = head.at();
        match (self, head.root()) {
            (Self::Account(address), None) => [BALANCE, NONCE, CODE]
                .map(|method| (method, json!([address, at])))
                .to_vec(),
            (Self::Account(address), Some(_)) => vec![
                (proof::METHOD, json!([address, [], at])),
                (CODE, json!([address, at])),
            ],
            (Self::Slots(address, slots), None) => {
                let calls = slots.iter().map(|slot| (SLOT, json!([address, slot, at])));
                calls.collect()
            }
            (Self::Slots(address, slots), Some(_)) => {
                let keys: Vec<B256> = slots.iter().copied().map(B256::from).collect();
                vec![(proof::METHOD, json!([address, keys, at]))]
            }
        }
    }

    /// Reads the facts out of the answers to the calls.
    ///
    /// # Errors
    /// In words: which answer has another form, or is not proven.
    pub(super) fn entries(
        &self,
        head: &ForkHead,
        answers: &[RawAnswer],
    ) -> Result<Vec<CacheEntry>, String> {
        let left_out = || "the endpoint left out answers".to_owned();
        match (self, head.root()) {
            (Self::Account(address), root) => {
                let account = match (root, answers) {
                    (None, [balance, nonce, code]) => SourceAccount {
                        balance: parsed(balance, BALANCE)?,
                        nonce: parsed::<U64>(nonce, NONCE)?.to(),
                        code: code_of(code)?,
                    },
                    (Some(root), [proof, code]) => {
                        proof::account(root, *address, proof, code_of(code)?)?
                    }
                    _ => return Err(left_out()),
                };
                Ok(vec![CacheEntry::account(*address, &account)])
            }
            (Self::Slots(address, slots), root) => {
                let words = match (root, answers) {
                    (Some(root), [proof]) => proof::words(root, *address, slots, proof)?,
                    (None, words) if words.len() == slots.len() => words
                        .iter()
                        .map(|word| parsed(word, SLOT))
                        .collect::<Result<_, _>>()?,
                    _ => return Err(left_out()),
                };
                let words = slots.iter().zip(words);
                Ok(words
                    .map(|(slot, word)| CacheEntry::Slot(*address, *slot, word))
                    .collect())
            }
        }
    }
}

/// Code is text; a list of numbers is refused.
fn code_of(answer: &RawValue) -> Result<Bytes, String> {
    parsed::<String>(answer, CODE)?;
    parsed(answer, CODE)
}
