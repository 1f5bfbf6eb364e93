//! Proofs of accounts and storage against the state roots of blocks.

use super::{Chain, read::unknown_state};
use crate::{BlockId, ChainError, arbos::history, state_db::Proof};
use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types::{
    EIP1186AccountProofResponse, EIP1186StorageProof, serde_helpers::JsonStorageKey,
};

impl Chain {
    /// An account and slots of it as a block left them, with proofs against the block's state root.
    /// What was changed from outside of blocks since is not in them: it enters the root of the next
    /// block.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`]; [`ChainError::NotSupported`] on a chain that forks a
    /// block of another one, and for the slots of EIP-2935's contract, which are not in the trie.
    pub fn proof(
        &self,
        address: Address,
        keys: Vec<JsonStorageKey>,
        id: BlockId,
    ) -> Result<EIP1186AccountProofResponse, ChainError> {
        if address == history::ADDRESS && !keys.is_empty() {
            return Err(ChainError::NotSupported(
                "a proof of EIP-2935's slots, which are no part of the state root here,",
            ));
        }
        let number = self.resolve(id)?;
        let at = self
            .ledger
            .sealed(number)
            .ok_or_else(|| unknown_state(number))?;
        let slots: Vec<U256> = keys.iter().map(|key| key.as_b256().into()).collect();
        let proof = self.proof_at(address, &slots, at)?;
        // Nitro and geth name no hashes of an account that does not exist.
        let hash = |hash: B256| if proof.exists { hash } else { B256::ZERO };
        let storage_proof = keys.into_iter().zip(proof.slots);
        Ok(EIP1186AccountProofResponse {
            address,
            balance: proof.account.balance,
            nonce: proof.account.nonce,
            code_hash: hash(proof.account.code_hash),
            storage_hash: hash(proof.storage_root),
            account_proof: proof.nodes,
            storage_proof: storage_proof
                .map(|(key, (value, proof))| EIP1186StorageProof { key, value, proof })
                .collect(),
        })
    }

    /// The root of an account's storage after a block.
    ///
    /// # Errors
    /// As [`Chain::proof`].
    pub fn storage_root(&self, address: Address, id: BlockId) -> Result<B256, ChainError> {
        let at = self.view(id, None)?.at;
        Ok(self.proof_at(address, &[], at)?.storage_root)
    }

    fn proof_at(&self, address: Address, slots: &[U256], at: u64) -> Result<Proof, ChainError> {
        let proof = self.state_db.proof(address, slots, at);
        self.check_time()?;
        proof.ok_or(ChainError::NotSupported(
            "a proof on a chain that was forked from another one",
        ))
    }
}
