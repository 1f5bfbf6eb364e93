//! Accounts from a file: `--init` with a genesis as geth writes it, `--load-state` with a state that
//! anvil has saved.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use alloy::primitives::{Address, Bytes, U256};
use serde::Deserialize;
use serde::de::IgnoredAny;
use stylus_chain::{BlockId, Chain, ChainConfig, LAST_BLOCK, LAST_SECOND};

use crate::error::NodeError;

/// The parts of geth's genesis that a local chain can honor.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GethGenesis {
    config: Option<GenesisConfig>,
    timestamp: Option<U256>,
    number: Option<U256>,
    gas_limit: Option<U256>,
    base_fee_per_gas: Option<U256>,
    coinbase: Option<Address>,
    #[serde(default)]
    alloc: BTreeMap<Address, NewAccount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenesisConfig {
    chain_id: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
struct NewAccount {
    balance: Option<U256>,
    nonce: Option<U256>,
    code: Option<Bytes>,
    storage: Option<BTreeMap<U256, U256>>,
}

/// The state that anvil saves, of which the first two fields mean something on another chain. A file with another
/// field is not from anvil.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnvilState {
    block: Option<AnvilBlock>,
    accounts: BTreeMap<Address, NewAccount>,
    #[serde(rename = "best_block_number")]
    _best_block_number: Option<IgnoredAny>,
    #[serde(rename = "blocks")]
    _blocks: Option<IgnoredAny>,
    #[serde(rename = "transactions")]
    _transactions: Option<IgnoredAny>,
    #[serde(rename = "historical_states")]
    _historical_states: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct AnvilBlock {
    number: U256,
    timestamp: U256,
}

impl GethGenesis {
    /// Reads the file.
    ///
    /// # Errors
    /// [`NodeError::File`] when it cannot be read or is not a genesis.
    pub fn read(path: &Path) -> Result<Self, NodeError> {
        let fail = NodeError::file("cannot use the genesis", path);
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        serde_json::from_str(&text)
            .map_err(|error| fail(format!("expected geth's genesis form, found {error}")))
    }

    /// Sets what the file says of the first block: chain id, time, number, gas limit and base fee.
    /// A time or gas limit of 0 says nothing.
    pub fn configure(&self, chain: &mut ChainConfig) {
        let given = |value: Option<U256>| u64::try_from(value?).ok();
        let positive = |value| given(value).filter(|value| *value > 0);
        let chain_id = self.config.as_ref().and_then(|config| config.chain_id);
        chain.chain_id = chain_id.unwrap_or(chain.chain_id);
        chain.timestamp = positive(self.timestamp).or(chain.timestamp);
        chain.number = positive(self.number).unwrap_or(chain.number);
        chain.gas_limit = positive(self.gas_limit).unwrap_or(chain.gas_limit);
        chain.base_fee = given(self.base_fee_per_gas).unwrap_or(chain.base_fee);
    }

    /// Puts the accounts and the coinbase into the chain.
    pub(crate) fn apply(&self, chain: &mut Chain) {
        if let Some(coinbase) = self.coinbase.filter(|address| !address.is_zero()) {
            chain.set_coinbase(coinbase);
        }
        for (address, account) in &self.alloc {
            account.apply(*address, chain);
        }
    }
}

impl AnvilState {
    /// Reads what anvil has saved.
    ///
    /// # Errors
    /// Why it is something else, or that no chain reaches its block.
    pub(crate) fn from_json(text: impl Read) -> Result<Self, String> {
        let state: Self = serde_json::from_reader(text).map_err(|error| error.to_string())?;
        match state.block() {
            Some((number, time)) if number > LAST_BLOCK || time > LAST_SECOND => Err(format!(
                "expected a block up to {LAST_BLOCK} and a time up to {LAST_SECOND} seconds, found block {number} of \
                 second {time}"
            )),
            _ => Ok(state),
        }
    }

    /// Continues from its block.
    pub(crate) fn configure(&self, chain: &mut ChainConfig) {
        if let Some((number, timestamp)) = self.block() {
            (chain.number, chain.timestamp) = (number, Some(timestamp));
        }
    }

    /// Number and time of its block.
    pub(crate) fn block(&self) -> Option<(u64, u64)> {
        let block = self.block.as_ref()?;
        Some((
            block.number.saturating_to(),
            block.timestamp.saturating_to(),
        ))
    }

    /// Puts the accounts into the chain. What `first`, the chain's first block, has code for, such
    /// as the account of block hashes, keeps that code and its storage.
    pub(crate) fn apply(&self, chain: &mut Chain, first: &Chain) {
        for (address, account) in &self.accounts {
            let known = first.account(*address, BlockId::latest());
            if known.is_ok_and(|known| known.code.is_empty()) {
                account.apply(*address, chain);
            } else if let Some(balance) = account.balance {
                chain.set_balance(*address, balance);
            }
        }
    }
}

impl NewAccount {
    fn apply(&self, address: Address, chain: &mut Chain) {
        if let Some(balance) = self.balance {
            chain.set_balance(address, balance);
        }
        if let Some(nonce) = self.nonce.and_then(|nonce| u64::try_from(nonce).ok()) {
            chain.set_nonce(address, nonce);
        }
        if let Some(code) = self.code.as_ref().filter(|code| !code.is_empty()) {
            chain.set_code(address, code.clone());
        }
        for (slot, value) in self.storage.iter().flatten() {
            chain.set_storage_at(address, *slot, (*value).into());
        }
    }
}
