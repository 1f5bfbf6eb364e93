//! A registry's views, asked of the endpoint.

use super::{BlockAnswer, ChainError, Client};
use crate::model::{Block, Registry, Views};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;

impl Client {
    /// The registry at that address, asked here.
    pub fn registry(&self, address: Address) -> Registry<&Self> {
        Registry {
            client: self,
            address,
        }
    }
}

impl Views for &Client {
    type Error = ChainError;

    async fn view<C: SolCall>(&self, account: Address, call: &C) -> Result<C::Return, ChainError> {
        self.call(account, call).await
    }

    async fn block(&self) -> Result<Block, ChainError> {
        let number = Client::block(self);
        let what = format!("block {number}, which is read");
        let block = self
            .sooner_or_later(&what, async || BlockAnswer::head(self, number).await)
            .await?;
        Ok(Block {
            number: block.number.to(),
            hash: block.hash,
            time: block.timestamp.to(),
        })
    }

    fn is_refused(error: &ChainError) -> bool {
        error.revert().is_some()
    }

    fn replaced(&self, block: Block) -> ChainError {
        self.contradiction(format!(
            "another block {} than {}, while it was read",
            block.number, block.hash
        ))
    }

    fn contradicted(&self, found: String) -> ChainError {
        self.contradiction(found)
    }
}
