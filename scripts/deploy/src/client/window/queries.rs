//! What a window asks the chain.

use super::{FEES_HOLD, Window};
use crate::client::{ChainError, Fees};
use crate::ids::TxHash;
use alloy::consensus::Transaction;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use std::time::{Duration, Instant};

/// Looks for the receipt of a transaction whose nonce is used up.
const RECEIPT_LOOKS: u32 = 20;
/// Pause between two of them.
const RECEIPT_PAUSE: Duration = Duration::from_millis(50);

impl<L> Window<L> {
    /// The receipt of whichever was mined; `None` if none of them was.
    pub(super) async fn receipt(
        &self,
        hashes: &[TxHash],
    ) -> Result<Option<TransactionReceipt>, ChainError> {
        for look in 0..RECEIPT_LOOKS {
            if look > 0 {
                tokio::time::sleep(RECEIPT_PAUSE).await;
            }
            for hash in hashes {
                let found = self.client.receipt_now(*hash).await?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// Whether what waits with that nonce, as the journal has it, pays less than the base fee.
    pub(super) async fn is_hopeless(&self, nonce: u64) -> Result<bool, ChainError> {
        let entries = self.client.in_flight();
        let Some(entry) = entries.iter().find(|entry| entry.nonce == nonce) else {
            return Ok(false);
        };
        let Some(found) = self.client.known(entry.tx).await? else {
            return Ok(false);
        };
        let max = found.inner.inner().max_fee_per_gas();
        Ok(self.base_fee().await? > max)
    }

    pub(super) async fn fees(&mut self) -> Result<Fees, ChainError> {
        if let Some((since, fees)) = self.fees
            && since.elapsed() < FEES_HOLD
        {
            return Ok(fees);
        }
        let fees = self.client.fees().await?;
        self.fees = Some((Instant::now(), fees));
        Ok(fees)
    }

    pub(super) async fn base_fee(&self) -> Result<u128, ChainError> {
        let provider = self.client.provider();
        let block = provider
            .get_block_by_number(BlockNumberOrTag::Pending)
            .await;
        let block = block.map_err(|error| self.client.error("eth_getBlockByNumber", error))?;
        let fee = block.and_then(|block| block.header.base_fee_per_gas);
        Ok(fee.unwrap_or_default().into())
    }

    pub(super) async fn block(&self) -> Result<u64, ChainError> {
        let found = self.client.provider().get_block_number().await;
        found.map_err(|error| self.client.error("eth_blockNumber", error))
    }

    pub(super) async fn count(&self, at: BlockNumberOrTag) -> Result<u64, ChainError> {
        self.client.nonce(self.sender, at).await
    }
}
