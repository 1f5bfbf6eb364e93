//! A fork of the endpoint's chain in this process: the state of one block, read on demand. Nothing
//! is ever sent to the endpoint by it.

use super::{ChainError, Client};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::transports::TransportError;
use futures::try_join;
use serde::Deserialize;
use stylus_chain::{ChainConfig, Source, SourceAccount};
use tokio::runtime::Handle;

/// The block, and the way to ask for it. It blocks its thread: use it outside of async code.
pub(crate) struct Remote {
    client: Client,
    block: BlockId,
    hash: B256,
    runtime: Handle,
}

/// What a block says about itself; Nitro adds `l1BlockNumber`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    number: U256,
    hash: B256,
    timestamp: U256,
    #[serde(default)]
    l1_block_number: Option<U256>,
}

impl Remote {
    /// The newest block, with the settings of a chain that goes on from it.
    pub(crate) async fn newest(client: &Client) -> Result<(Self, ChainConfig), ChainError> {
        Self::at(client, BlockNumberOrTag::Latest).await
    }

    /// As [`Self::newest`], of any block whose state the endpoint still has.
    pub(crate) async fn at(
        client: &Client,
        block: BlockNumberOrTag,
    ) -> Result<(Self, ChainConfig), ChainError> {
        let head: Head = client
            .provider()
            .raw_request("eth_getBlockByNumber".into(), (block, false))
            .await
            .map_err(|error| client.error("eth_getBlockByNumber", error))?;
        let number = head.number.saturating_to();
        let config = ChainConfig {
            chain_id: client.chain_id(),
            number,
            timestamp: Some(head.timestamp.saturating_to()),
            l1_block_number: head.l1_block_number.map(|number| number.saturating_to()),
            auto_impersonate: true,
            ..ChainConfig::default()
        };
        let remote = Self {
            client: client.clone(),
            block: number.into(),
            hash: head.hash,
            runtime: Handle::current(),
        };
        Ok((remote, config))
    }

    /// The hash of the block.
    pub(crate) fn hash(&self) -> B256 {
        self.hash
    }
}

impl Source for Remote {
    fn account(&self, address: Address) -> Result<SourceAccount, String> {
        let provider = self.client.provider();
        let query = async {
            try_join!(
                async { provider.get_balance(address).block_id(self.block).await },
                async {
                    provider
                        .get_transaction_count(address)
                        .block_id(self.block)
                        .await
                },
                async { provider.get_code_at(address).block_id(self.block).await },
            )
        };
        let (balance, nonce, code) = self
            .runtime
            .block_on(query)
            .map_err(|error| format!("{address} at block {}: {error}", self.block))?;
        Ok(SourceAccount {
            balance,
            nonce,
            code,
        })
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256, String> {
        let provider = self.client.provider();
        let query = async {
            provider
                .get_storage_at(address, slot)
                .block_id(self.block)
                .await
        };
        self.runtime.block_on(query).map_err(|error| {
            format!(
                "slot {slot:#x} of {address} at block {}: {error}",
                self.block
            )
        })
    }

    fn block_hash(&self, number: u64) -> Result<B256, String> {
        let query = async {
            let block = BlockNumberOrTag::Number(number);
            let provider = self.client.provider();
            let head: Head = provider
                .raw_request("eth_getBlockByNumber".into(), (block, false))
                .await?;
            Ok(head.hash)
        };
        let found: Result<B256, TransportError> = self.runtime.block_on(query);
        found.map_err(|error| format!("the hash of block {number}: {error}"))
    }
}
