//! `--init FILE`: a genesis of geth's form; its `alloc` is put into the first state.

use std::collections::BTreeMap;
use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;
use stylus_chain::Chain;

use crate::config::NodeConfig;
use crate::error::NodeError;

/// The parts of geth's genesis that a local chain can honour.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Genesis {
    config: Option<GenesisConfig>,
    timestamp: Option<U256>,
    #[serde(default)]
    alloc: BTreeMap<Address, GenesisAccount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenesisConfig {
    chain_id: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct GenesisAccount {
    balance: Option<U256>,
    nonce: Option<U256>,
    code: Option<Bytes>,
    storage: Option<BTreeMap<B256, B256>>,
}

impl Genesis {
    /// Reads the file.
    ///
    /// # Errors
    /// [`NodeError::File`] when it cannot be read or is not a genesis.
    pub(crate) fn read(path: &Path) -> Result<Self, NodeError> {
        let fail = |reason: String| NodeError::File {
            what: "cannot use the genesis",
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
        serde_json::from_str(&text)
            .map_err(|error| fail(format!("expected geth's genesis form, found {error}")))
    }

    /// Chain id and time go into the settings before the chain exists.
    pub(crate) fn configure(&self, config: &mut NodeConfig) {
        if let Some(chain_id) = self.config.as_ref().and_then(|config| config.chain_id) {
            config.chain.chain_id = chain_id;
        }
        if let Some(timestamp) = self
            .timestamp
            .and_then(|time| u64::try_from(time).ok())
            .filter(|time| *time > 0)
        {
            config.chain.timestamp = Some(timestamp);
        }
    }

    /// Puts the accounts into the chain.
    pub(crate) fn apply(&self, chain: &mut Chain) {
        for (address, account) in &self.alloc {
            if let Some(balance) = account.balance {
                chain.set_balance(*address, balance);
            }
            if let Some(nonce) = account.nonce.and_then(|nonce| u64::try_from(nonce).ok()) {
                chain.set_nonce(*address, nonce);
            }
            if let Some(code) = &account.code {
                chain.set_code(*address, code.clone());
            }
            for (slot, value) in account.storage.iter().flatten() {
                chain.set_storage_at(*address, (*slot).into(), *value);
            }
        }
    }
}
