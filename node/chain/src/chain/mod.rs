//! The chain's public interface.

mod access_list;
mod branch;
mod control;
mod environment;
mod fork;
mod mine;
mod node_interface;
mod outbox_proof;
mod posting;
mod proof;
mod read;
mod reader;
mod rewind;
mod saved;
mod seal;
mod simulate;
mod simulate_blocks;
mod snapshot;
mod storage_range;
mod submit;
mod traces;

pub use submit::{Aside, recover};

use crate::{
    ChainConfig,
    clock::{Clock, wall},
    genesis,
    ledger::Ledger,
    pool::Pool,
    program_cache::ProgramCache,
    state_db::{PersistentMap, StateDb},
};
use alloy_primitives::{Address, B256};
pub use fork::{AccountChange, SlotChange};
pub use reader::ChainReader;
pub use saved::ChainState;
pub use simulate_blocks::{SimulatedBlock, SimulationRules};
use snapshot::Snapshots;
use std::sync::{Arc, Mutex};
pub use storage_range::StorageRange;

/// A local Arbitrum chain. All methods work at once on the state in memory; none blocks.
pub struct Chain {
    config: Arc<ChainConfig>,
    state_db: StateDb,
    ledger: Ledger,
    programs: Arc<Mutex<ProgramCache>>,
    pool: Pool,
    clock: Clock,
    settings: Settings,
    snapshots: Snapshots,
    next_snapshot: u64,
    /// True if transactions wait that can run, as far as it was looked.
    is_behind: bool,
}

/// Settings that change while the chain runs.
#[derive(Clone, Debug)]
struct Settings {
    coinbase: Address,
    gas_limit: u64,
    /// Base fee of the next block only, wei.
    next_base_fee: Option<u64>,
    /// Least gas price to suggest, wei.
    min_gas_price: u128,
    prevrandao: B256,
    /// The number that NUMBER gives; `None` for the number of the block on this chain.
    l1_block_number: Option<u64>,
    automine: bool,
    auto_impersonate: bool,
    impersonated: PersistentMap<Address, ()>,
}

impl Chain {
    /// ArbOS versions whose rules are known.
    pub const ARBOS_VERSIONS: &'static [u64] = &crate::config::ARBOS_VERSIONS;

    /// Builds the genesis block.
    ///
    /// # Panics
    /// If `arbos_version` is none of [`Chain::ARBOS_VERSIONS`].
    pub fn new(config: ChainConfig) -> Self {
        let version = config.arbos_version;
        assert!(
            Self::ARBOS_VERSIONS.contains(&version),
            "the rules of ArbOS {version} are not known, only those of {:?}",
            Self::ARBOS_VERSIONS
        );
        let mut state_db = StateDb::default();
        genesis::initialize(&mut state_db, &config);
        Self::begin(config, state_db)
    }

    /// Seals the first block on top of `state`.
    fn begin(config: ChainConfig, state_db: StateDb) -> Self {
        let settings = Settings {
            coinbase: crate::arbos::SEQUENCER,
            gas_limit: config.gas_limit,
            next_base_fee: None,
            min_gas_price: 0,
            prevrandao: B256::with_last_byte(1),
            l1_block_number: config.l1_block_number,
            automine: config.automine,
            auto_impersonate: config.auto_impersonate,
            impersonated: PersistentMap::default(),
        };
        let mut clock = Clock {
            repeat: config.repeat_timestamps,
            ..Clock::default()
        };
        let timestamp = config.timestamp.unwrap_or_else(wall);
        clock.set(timestamp);
        let mut chain = Self {
            config: Arc::new(config),
            state_db,
            ledger: Ledger::default(),
            programs: Arc::default(),
            pool: Pool::default(),
            clock,
            settings,
            snapshots: Snapshots::default(),
            next_snapshot: 1,
            is_behind: false,
        };
        if chain.arbos_version() >= 40 {
            chain.ledger.history_since = Some(chain.config.number);
        }
        chain.seal_genesis(timestamp);
        chain
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_chain_can_be_sent_to_a_worker_thread() {
        fn sendable<T: Send>() {}
        sendable::<super::Chain>();
    }
}
