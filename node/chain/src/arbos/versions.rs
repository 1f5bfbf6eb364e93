//! ArbOS versions: the state each one starts with or changes.

use super::{
    FILTERED_TRANSACTIONS, LAYOUT, PRECOMPILE_CODE, Params, SEQUENCER, STATE, Store, data_price,
    fine, history, precompile_addresses, word,
};
use crate::{config::ARBOS_VERSIONS, state_db::StateDb};
use alloy_primitives::{Address, Bytes, U256};

/// Values of a new chain.
pub(crate) struct Genesis {
    pub(crate) version: u64,
    pub(crate) chain_id: u64,
    pub(crate) base_fee: u64,
    /// Gas per second.
    pub(crate) speed_limit: u64,
    pub(crate) owners: Vec<Address>,
    pub(crate) cache_managers: Vec<Address>,
}

/// Writes ArbOS' state of a new chain.
pub(crate) fn initialize(state_db: &mut StateDb, genesis: &Genesis) {
    exists(state_db, STATE);
    let number = U256::from::<u64>;
    for (slot, value) in [
        (LAYOUT.version, number(30)),
        (LAYOUT.chain_id, number(genesis.chain_id)),
        (LAYOUT.brotli_level, number(1)),
        (LAYOUT.l1_equilibration_units, number(160_000_000)),
        (LAYOUT.l1_inertia, number(10)),
        (LAYOUT.l1_reward_rate, number(10)),
        (LAYOUT.l1_per_batch_gas, number(210_000)),
        (LAYOUT.l2_speed_limit, number(genesis.speed_limit)),
        (LAYOUT.l2_block_gas_limit, number(32_000_000)),
        (LAYOUT.l2_base_fee, number(genesis.base_fee)),
        (LAYOUT.l2_min_base_fee, number(genesis.base_fee)),
        (LAYOUT.l2_pricing_inertia, number(102)),
        (LAYOUT.l2_backlog_tolerance, number(10)),
        (LAYOUT.params, Params::genesis().pack()),
    ] {
        fine(state_db.write(slot, value));
    }
    fine(data_price::initialize(state_db));
    let collector = LAYOUT.batch_poster(SEQUENCER).at(1);
    fine(state_db.write(collector, word(SEQUENCER)));
    fine(LAYOUT.batch_posters.add(state_db, SEQUENCER));
    install_precompiles(state_db, 0..=30);
    upgrade(state_db, genesis.version);
    for owner in &genesis.owners {
        fine(LAYOUT.owners.add(state_db, *owner));
    }
    for manager in &genesis.cache_managers {
        fine(LAYOUT.cache_managers.add(state_db, *manager));
    }
}

/// Takes the state from its version to `target`, one version after the other.
pub(crate) fn upgrade(state_db: &mut StateDb, target: u64) {
    let current: u64 = fine(state_db.read(LAYOUT.version)).saturating_to();
    for version in current + 1..=target {
        let mut params = Params::unpack(fine(state_db.read(LAYOUT.params)));
        params.upgrade(version);
        fine(state_db.write(LAYOUT.params, params.pack()));
        if version == 50 {
            fine(state_db.write(LAYOUT.l2_tx_gas_limit, U256::from(32_000_000)));
        }
        if version == 40 {
            history::install(state_db);
        }
        if version == 60 {
            // It exists from now on, so it is part of the state root, though nothing is filtered.
            exists(state_db, FILTERED_TRANSACTIONS);
        }
        install_precompiles(state_db, version..=version);
        fine(state_db.write(LAYOUT.version, U256::from(version)));
    }
}

/// Returns the time at which a scheduled upgrade becomes due, if there is one.
pub(crate) fn scheduled(state_db: &mut StateDb) -> Option<u64> {
    let target: u64 = fine(state_db.read(LAYOUT.upgrade_version)).saturating_to();
    let at: u64 = fine(state_db.read(LAYOUT.upgrade_timestamp)).saturating_to();
    let current: u64 = fine(state_db.read(LAYOUT.version)).saturating_to();
    (target > current && ARBOS_VERSIONS.contains(&target)).then_some(at)
}

/// Performs an upgrade whose time has come; true if there was one.
pub(crate) fn apply_scheduled(state_db: &mut StateDb, now: u64) -> bool {
    if scheduled(state_db).is_none_or(|at| now < at) {
        return false;
    }
    let target: u64 = fine(state_db.read(LAYOUT.upgrade_version)).saturating_to();
    upgrade(state_db, target);
    true
}

/// Keeps an account of ArbOS' own from being empty.
fn exists(state_db: &mut StateDb, address: Address) {
    state_db.edit_account(address, |account| account.nonce = 1);
}

/// Gives the precompiles of these versions their one byte of code.
fn install_precompiles(state_db: &mut StateDb, since: std::ops::RangeInclusive<u64>) {
    let code_hash = state_db.add_code(Bytes::from_static(PRECOMPILE_CODE));
    for (address, version) in precompile_addresses::ADDRESSES {
        if since.contains(&version) {
            state_db.edit_account(address, |account| account.code_hash = code_hash);
        }
    }
}
