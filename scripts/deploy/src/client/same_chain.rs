//! Checks whether an endpoint still answers for the chain that it began with: another node may stand behind
//! the same address by then.

use super::{BlockAnswer, ChainError, Client, HICCUP};
use alloy::primitives::B256;
use alloy::providers::Provider;
use std::time::Duration;

impl Client {
    /// Asks for the chain's id once more.
    ///
    /// # Errors
    /// An answer that cannot be, where it is another one.
    pub async fn confirm_chain(&self) -> Result<(), ChainError> {
        let asked = self.bearing(HICCUP.max(self.patience()), Duration::MAX);
        let found = asked.provider.get_chain_id().await;
        let found = found.map_err(|error| self.error("eth_chainId", error))?;
        if found == self.chain_id {
            Ok(())
        } else {
            Err(self.contradiction(other_chain(self.chain_id, found)))
        }
    }

    /// The hash of block 0, which tells apart chains of the same id; `None` where the endpoint does not
    /// have that block.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn genesis(&self) -> Result<Option<B256>, ChainError> {
        let found = BlockAnswer::head(self, 0.into()).await?;
        Ok(found.map(|block| block.hash))
    }
}

/// Says what is wrong where the chain's id has changed.
pub(super) fn other_chain(before: u64, now: u64) -> String {
    format!("chain {now}, where it was chain {before} before")
}
