//! The proxy that this code runs in: its slots, its pause.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use stylus_upgrades_host::{call, context, storage};
use stylus_upgrades_interface::{build, proxy::IUpgradeabilityProxy as Abi, slots};

use crate::revert::{Reverts, revert};

/// The pause stub: CREATE2 deployer, salt 0. It reverts `UpgradeInProgress()` to every call.
pub(crate) const STUB: Address = Address::new(build::address(option_env!("STYLUS_UPGRADES_STUB")));

/// The proxy whose storage this is.
pub(crate) struct Instance {
    /// Its own address.
    pub(crate) address: Address,
    /// The content of its ERC-1967 admin slot.
    pub(crate) registry: Address,
}

impl Instance {
    /// The acting account, which is a proxy if it has a registry: in this contract's own
    /// storage nothing ever writes the admin slot.
    pub(crate) fn here() -> Reverts<Self> {
        let registry = Address::from_word(load(slots::ADMIN));
        if registry.is_zero() {
            return Err(revert(Abi::NotAProxy {}));
        }
        Ok(Self {
            address: Address::new(context::contract_address()),
            registry,
        })
    }

    /// The code that it runs: the stub while an upgrade runs.
    pub(crate) fn implementation(&self) -> Address {
        Address::from_word(load(slots::IMPLEMENTATION))
    }

    /// Returns true if some version has initialized it.
    pub(crate) fn is_initialized(&self) -> bool {
        load(slots::INITIALIZED) != B256::ZERO
    }

    /// Refuses an upgrade in the middle of a call: the outer frame would later flush stale
    /// cached slots over migrated ones. Refuses a second one in the same transaction: what the
    /// first `Upgraded` reported would not be true at its end. Then writes the stub into the slot.
    pub(crate) fn pause(&self) -> Reverts<()> {
        let upgraded = storage::transient_load(&slots::UPGRADED.0) != [0; 32];
        if upgraded || context::msg_reentrant() {
            return Err(revert(Abi::UpgradeInProgress {}));
        }
        store(slots::IMPLEMENTATION, STUB.into_word());
        Ok(())
    }

    /// Writes the code that runs from now on into the slot and emits `Upgraded`.
    pub(crate) fn switch_to(&self, implementation: Address) {
        store(slots::IMPLEMENTATION, implementation.into_word());
        storage::transient_store(&slots::UPGRADED.0, &slots::SET.0);
        emit(&Abi::Upgraded { implementation });
    }

    /// Has another registry decide from now on. The instance runs `implementation`, as it did before.
    pub(crate) fn transfer(&self, registry: Address, implementation: Address) {
        store(slots::IMPLEMENTATION, implementation.into_word());
        store(slots::ADMIN, registry.into_word());
        emit(&Abi::AdminChanged {
            previousAdmin: self.registry,
            newAdmin: registry,
        });
    }

    /// Sets the framework's slots to what they hold in every proxy of the framework. An earlier
    /// registry may have left other values: a complex step would never end, or a constructor would be open.
    pub(crate) fn settle(&self) {
        store(slots::BEACON, B256::ZERO);
        self.mark_initialized();
    }

    /// Marks the creation: nobody can initialize from now on, neither by our mixin nor by the
    /// SDK's `#[constructor]`.
    pub(crate) fn mark_initialized(&self) {
        store(slots::INITIALIZED, slots::SET);
        store(slots::CONSTRUCTED, slots::CONSTRUCTED_SET);
    }
}

/// The value of a slot, past the cache if nothing was loaded since the last call.
pub(crate) fn load(slot: B256) -> B256 {
    B256::new(storage::load(&slot.0))
}

/// Sets a slot at once, and forgets what the cache holds.
pub(crate) fn store(slot: B256, value: B256) {
    storage::store(&slot.0, &value.0);
    storage::flush(true);
}

/// Emits an event from the proxy.
pub(crate) fn emit<E: SolEvent>(event: &E) {
    let topics = event.encode_topics();
    let mut log = Vec::new();
    for topic in &topics {
        log.extend_from_slice(topic.0.as_slice());
    }
    log.extend(event.encode_data());
    call::emit_log(&log, topics.len());
}
