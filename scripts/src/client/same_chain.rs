//! Whether an endpoint still answers for the chain that it began with: another node may stand behind
//! the same address by then.

use super::{ChainError, Client};
use alloy::providers::Provider;

impl Client {
    /// Asks for the chain's id once more.
    ///
    /// # Errors
    /// An answer that cannot be, where it is another one.
    pub async fn confirm_chain(&self) -> Result<(), ChainError> {
        let ask = async || {
            let queried = self.provider.get_chain_id().await;
            queried.map_err(|error| self.error("eth_chainId", error))
        };
        let found = self.answered(ask).await?;
        match found == self.chain_id {
            true => Ok(()),
            false => Err(self.contradiction(other_chain(self.chain_id, found))),
        }
    }
}

/// What is wrong where the chain's id has changed.
pub(super) fn other_chain(before: u64, now: u64) -> String {
    format!("chain {now}, where it was chain {before} before")
}
