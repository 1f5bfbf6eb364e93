//! The transient lock: registry → proxy → registry is a normal path, everything else that
//! comes back reverts `Reentered()`. It lasts for one transaction at most.
//!
//! ```text
//! byte 0 phase | 1..5 version of the upgrade | 12..32 its instance
//! ```

use alloy_primitives::Address;
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::slots;

use crate::{chain::Reverts, errors, store::Word};

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nowhere.
    Free,
    /// In a call that changes the registry.
    Busy,
    /// The registry has called this instance to upgrade itself.
    Expected(Address),
    /// The instance upgrades itself to the version of that index.
    Open {
        /// Which one.
        instance: Address,
        /// Index of the version.
        version: u32,
        /// Whether the registry started it.
        ours: bool,
    },
}

const BUSY: u8 = 1;
const EXPECTED: u8 = 2;
const OPEN_OURS: u8 = 3;
const OPEN_ALONE: u8 = 4;

/// Reads the lock.
pub fn phase() -> Phase {
    let word = Word(storage::transient_load(&slots::LOCK.0));
    let instance = word.address::<12>();
    let open = |ours| Phase::Open {
        instance,
        version: word.u32::<1>(),
        ours,
    };
    match word.u8::<0>() {
        BUSY => Phase::Busy,
        EXPECTED => Phase::Expected(instance),
        OPEN_OURS => open(true),
        OPEN_ALONE => open(false),
        _ => Phase::Free,
    }
}

/// Sets the lock.
pub fn set(phase: Phase) {
    let mut word = Word::default();
    match phase {
        Phase::Free => {}
        Phase::Busy => word.set_u8::<0>(BUSY),
        Phase::Expected(instance) => {
            word.set_u8::<0>(EXPECTED);
            word.set_address::<12>(instance);
        }
        Phase::Open {
            instance,
            version,
            ours,
        } => {
            word.set_u8::<0>(if ours { OPEN_OURS } else { OPEN_ALONE });
            word.set_u32::<1>(version);
            word.set_address::<12>(instance);
        }
    }
    storage::transient_store(&slots::LOCK.0, &word.0);
}

/// Takes the free lock for a call that changes the registry.
pub fn take() -> Reverts<()> {
    if phase() != Phase::Free {
        return Err(errors::reentered());
    }
    set(Phase::Busy);
    Ok(())
}
