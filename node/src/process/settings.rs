//! From flags to the settings of a node.

use std::path::PathBuf;

use stylus_chain::ChainConfig;

use super::flags::{AccountFlags, MiningFlags, NodeFlags, ServerFlags, StateFlags};
use super::refuse;
use crate::accounts::{AccountsConfig, DEFAULT_MNEMONIC, ether, random_phrase};
use crate::config::{AdmissionPolicy, CorsPolicy, MiningMode, NodeConfig, StateFiles};
use crate::error::NodeError;
use crate::fork::Fork;
use crate::genesis::GethGenesis;

impl NodeFlags {
    /// The node that the flags describe.
    ///
    /// # Errors
    /// [`NodeError::Mnemonic`] when a random phrase of an impossible length is requested,
    /// [`NodeError::File`] for a file that is no genesis, [`NodeError::Fork`] when there is nothing to
    /// fork, [`NodeError::Usage`] for rules that the chain does not have.
    pub(super) fn node_config(&self) -> Result<NodeConfig, NodeError> {
        let accounts = self.accounts.config()?;
        let fund = self.accounts.fund_accounts.iter();
        let fund = fund
            .map(|(address, amount)| (*address, amount.unwrap_or(accounts.balance)))
            .collect();
        let genesis = self.environment.init.as_deref();
        let genesis = genesis.map(GethGenesis::read).transpose()?;
        let admission = if self.lenient {
            AdmissionPolicy::Lenient
        } else {
            AdmissionPolicy::Nitro
        };
        let config = NodeConfig {
            hosts: self.host.clone(),
            port: self.port,
            fund,
            accounts,
            chain: self.chain_config(genesis.as_ref()),
            fork: self.fork()?,
            min_gas_price: self.environment.gas_price,
            mining: self.mining.mode(),
            admission,
            genesis,
            state: self.state.files(),
            cors: self.server.cors(),
            allowed_hosts: self.server.allow_host.clone(),
            request_bytes: (!self.server.no_request_size_limit)
                .then_some(admission.request_bytes()),
        };
        if let Some(named) = &self.environment.hardfork {
            let version = config.chain_here().arbos_version;
            refuse::hardfork(named, version).map_err(NodeError::Usage)?;
        }
        Ok(config)
    }

    /// The block to fork, which the endpoint is asked for.
    fn fork(&self) -> Result<Option<Fork>, NodeError> {
        let gas_limit = if self.environment.disable_block_gas_limit {
            Some(u64::MAX)
        } else {
            self.environment.gas_limit
        };
        let options = self.fork.options(self.chain_id, gas_limit);
        Ok(options.map(Fork::connect).transpose()?)
    }

    /// The settings that are given as flags, then those of the genesis, then the default ones.
    fn chain_config(&self, genesis: Option<&GethGenesis>) -> ChainConfig {
        let (given, mut default) = (&self.environment, ChainConfig::default());
        if let Some(genesis) = genesis {
            genesis.configure(&mut default);
        }
        ChainConfig {
            chain_id: self.chain_id.unwrap_or(default.chain_id),
            arbos_version: self.arbos_version,
            timestamp: given.timestamp.or(default.timestamp),
            number: given.number.unwrap_or(default.number),
            l1_block_number: given.l1_block_number.0,
            l2_speed_limit: given.l2_speed_limit,
            l1_price: given.l1_price,
            base_fee: given.block_base_fee_per_gas.unwrap_or(default.base_fee),
            gas_limit: if given.disable_block_gas_limit {
                u64::MAX
            } else {
                given.gas_limit.unwrap_or(default.gas_limit)
            },
            code_size_limit: if given.disable_code_size_limit {
                Some(usize::MAX)
            } else {
                given.code_size_limit
            },
            memory_limit: given.memory_limit,
            auto_impersonate: self.accounts.auto_impersonate,
            order: self.mining.order,
            max_transactions: self.mining.max_transactions,
            ..default
        }
    }
}

impl AccountFlags {
    fn config(&self) -> Result<AccountsConfig, NodeError> {
        let mnemonic = match (
            &self.mnemonic,
            self.mnemonic_random,
            self.mnemonic_seed_unsafe,
        ) {
            (Some(phrase), _, _) => phrase.clone(),
            (None, Some(words), _) => random_phrase(words, None)?,
            (None, None, Some(seed)) => random_phrase(12, Some(seed))?,
            (None, None, None) => DEFAULT_MNEMONIC.to_owned(),
        };
        Ok(AccountsConfig {
            count: self.accounts,
            mnemonic,
            derivation_path: self.derivation_path.clone(),
            balance: ether(self.balance),
        })
    }
}

impl MiningFlags {
    fn mode(&self) -> MiningMode {
        if self.no_mining {
            return MiningMode::Manual;
        }
        match self.block_time {
            Some(every) if self.mixed_mining => MiningMode::Mixed(every),
            Some(every) => MiningMode::Interval(every),
            None => MiningMode::Auto,
        }
    }
}

impl StateFlags {
    /// For a folder the file is `state.json` in it, as in anvil.
    fn files(&self) -> StateFiles {
        let file = |path: &PathBuf| {
            if path.is_dir() {
                path.join("state.json")
            } else {
                path.clone()
            }
        };
        StateFiles {
            load: self.state.as_ref().or(self.load_state.as_ref()).map(file),
            dump: self.state.as_ref().or(self.dump_state.as_ref()).map(file),
            interval: self.state_interval,
        }
    }
}

impl ServerFlags {
    fn cors(&self) -> CorsPolicy {
        if self.no_cors {
            CorsPolicy::Off
        } else if self.allow_origin.iter().any(|origin| origin == "*") {
            CorsPolicy::Any
        } else {
            CorsPolicy::Origins(self.allow_origin.clone())
        }
    }
}
