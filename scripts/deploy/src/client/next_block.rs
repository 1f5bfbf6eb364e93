//! The time of the next block. On a quiet chain the newest block is old, and what is sent now is executed now: a delay
//! that ended since is over for it.

use super::{ChainError, Client};
use alloy::network::TransactionBuilder;
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;

/// Init code that returns TIMESTAMP as a word: `TIMESTAMP PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN`.
const TIME: [u8; 9] = [0x42, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3];

impl Client {
    /// Returns the time that a block would have that is made now, in Unix seconds. Nitro executes calls at `pending` at
    /// the time of its clock; the header of `pending` has the time of the newest block there.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn next_block_time(&self) -> Result<u64, ChainError> {
        let what = "the time of the next block";
        let request = TransactionRequest::default().with_deploy_code(TIME);
        let answer = self.provider.call(request).pending().await;
        let answer = answer.map_err(|error| self.error(what, error))?;
        let word = <[u8; 32]>::try_from(answer.as_ref());
        let word = word.map_err(|_| {
            self.contradiction(format!("{} bytes as the time of a block", answer.len()))
        })?;
        Ok(U256::from_be_bytes(word).saturating_to())
    }
}
