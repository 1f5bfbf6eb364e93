//! Proofs of accounts and storage against the state roots of blocks.

use super::{Chain, read::pruned};
use crate::{AccountProof, BlockId, ChainError, SlotProof, arbos::history, state_db::Proof};
use alloy_primitives::{Address, B256, U256};

impl Chain {
    /// An account and slots of it as a block left them, with proofs against the block's state root.
    /// What was changed from outside of blocks since is not in them: it enters the root of the next
    /// block.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`]; [`ChainError::NotSupported`] on a chain that goes on from a
    /// block of another one, and for the slots of EIP-2935's contract, which are not in the trie.
    pub fn proof(
        &self,
        address: Address,
        slots: &[U256],
        id: BlockId,
    ) -> Result<AccountProof, ChainError> {
        if address == history::ADDRESS && !slots.is_empty() {
            return Err(ChainError::NotSupported(
                "a proof of EIP-2935's slots, which are no part of the state root here,",
            ));
        }
        let number = self.resolve(id)?;
        let at = self.ledger.sealed(number).ok_or_else(|| pruned(number))?;
        let proof = self.proof_at(address, slots, at)?;
        let pairs = slots.iter().zip(proof.slots);
        Ok(AccountProof {
            balance: proof.account.balance,
            nonce: proof.account.nonce,
            code_hash: proof.account.code_hash,
            storage_root: proof.storage_root,
            nodes: proof.nodes,
            slots: pairs
                .map(|(slot, (value, nodes))| SlotProof {
                    slot: *slot,
                    value,
                    nodes,
                })
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
            "a proof on a chain that goes on from a block of another one",
        ))
    }
}
