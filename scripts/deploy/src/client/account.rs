//! The chain's data about an account.

use super::{ChainError, Client};
use crate::ids::CodeHash;
use crate::program_code::{CodeBytes, fragments};
use crate::questions::ask_all;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

impl Client {
    /// The code of an account, empty if it has none.
    pub async fn code(&self, account: Address) -> Result<Bytes, ChainError> {
        self.read("eth_getCode", async |block| {
            self.provider.get_code_at(account).block_id(block).await
        })
        .await
    }

    /// The code of the fragments that a program's code names; none where it is in one piece.
    pub async fn fragments(&self, code: &[u8]) -> Result<Vec<Bytes>, ChainError> {
        let mut found = Vec::new();
        for account in fragments(code) {
            found.push(self.code(account).await?);
        }
        Ok(found)
    }

    /// The code of an account with that of its fragments.
    pub async fn code_bytes(&self, account: Address) -> Result<CodeBytes, ChainError> {
        let code = self.code(account).await?;
        let fragments = self.fragments(&code).await?;
        Ok(CodeBytes { code, fragments })
    }

    /// keccak256 of the code of an account, `None` if it has none.
    pub async fn codehash(&self, account: Address) -> Result<Option<CodeHash>, ChainError> {
        let code = self.code(account).await?;
        Ok((!code.is_empty()).then(|| CodeHash::of(code)))
    }

    /// One storage word of an account.
    pub async fn storage(&self, account: Address, slot: B256) -> Result<B256, ChainError> {
        self.read("eth_getStorageAt", async |block| {
            let word = self.provider.get_storage_at(account, slot.into());
            word.block_id(block).await.map(B256::from)
        })
        .await
    }

    /// Many storage words of an account, by one question for their proofs.
    ///
    /// # Errors
    /// What the endpoint says, which may have no proofs, or not so many; an answer about other slots.
    pub async fn proven_words(
        &self,
        account: Address,
        slots: Vec<B256>,
    ) -> Result<HashMap<B256, B256>, ChainError> {
        let proof = self.read("eth_getProof", async |block| {
            let proof = self.provider.get_proof(account, slots.clone());
            proof.block_id(block).await
        });
        let proofs = proof.await?.storage_proof.into_iter();
        let found: HashMap<B256, B256> = proofs
            .map(|proof| (proof.key.as_b256(), proof.value.into()))
            .collect();
        if slots.iter().any(|slot| !found.contains_key(slot)) {
            return Err(self.contradiction(format!("proofs of other slots of {account}")));
        }
        Ok(found)
    }

    /// Some storage words of an account. A far endpoint is asked for all of them by one question, where it has proofs.
    ///
    /// # Errors
    /// What the endpoint says, and an answer about other slots.
    pub async fn storage_words<const N: usize>(
        &self,
        account: Address,
        slots: [B256; N],
    ) -> Result<[B256; N], ChainError> {
        if self.is_far && !self.no_proofs.load(Ordering::Relaxed) {
            match self.proven_words(account, slots.to_vec()).await {
                Ok(found) => {
                    return Ok(slots.map(|slot| found.get(&slot).copied().unwrap_or_default()));
                }
                Err(ChainError::Rpc(_)) => self.no_proofs.store(true, Ordering::Relaxed),
                Err(error) => return Err(error),
            }
        }
        let words = slots.map(|slot| self.storage(account, slot));
        let mut found = [B256::ZERO; N];
        for (place, word) in found.iter_mut().zip(ask_all(words).await?) {
            *place = word;
        }
        Ok(found)
    }

    /// Balance of an account in wei.
    pub async fn balance(&self, account: Address) -> Result<U256, ChainError> {
        self.read("eth_getBalance", async |block| {
            self.provider.get_balance(account).block_id(block).await
        })
        .await
    }

    /// The next nonce of an account as of that block, whatever block is read otherwise.
    pub async fn nonce(&self, account: Address, at: BlockNumberOrTag) -> Result<u64, ChainError> {
        let count = self.provider.get_transaction_count(account);
        let count = count.block_id(at.into()).await;
        count.map_err(|error| self.error("eth_getTransactionCount", error))
    }

    /// Returns the number of transactions that an account has sent, or of contracts that it created.
    pub async fn transactions_of(&self, account: Address) -> Result<u64, ChainError> {
        self.read("eth_getTransactionCount", async |block| {
            let count = self.provider.get_transaction_count(account);
            count.block_id(block).await
        })
        .await
    }
}
