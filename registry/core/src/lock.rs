//! The transient locks. They last for one transaction at most.
//!
//! The registry's own lock is taken by every call that changes it, and handed to the instance that
//! the registry upgrades in that call: registry → proxy → registry is a normal path, everything
//! else that comes back reverts `Reentered()`.
//!
//! An upgrade that an instance begins by itself is noted for that instance alone: it keeps the
//! instance from calling the registry for anything but its upgrade, and holds up nobody else, however
//! long it stays open. So approvers may add steps meanwhile, and the same search would find another
//! path: the complex step at which the path stops is noted too, as it was when the upgrade began.

use alloy_primitives::{Address, B256};
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{
    ids::{Order, VersionIndex},
    registry_storage::{Word, lock::Lock, upgrade::Upgrade},
    slots,
};

use crate::{
    chain::{Reverts, sender},
    errors,
};

/// The phase of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockPhase {
    /// Nowhere.
    Free,
    /// In a call that changes the registry.
    Busy,
    /// The registry has called an instance, which asks what for.
    Expected {
        /// The instance.
        instance: Address,
        /// The order.
        order: Order,
    },
    /// The instance upgrades itself to the version of that index, because the registry called it.
    Open {
        /// The instance.
        instance: Address,
        /// Index of the version.
        version: VersionIndex,
    },
}

const BUSY: u8 = 1;
const EXPECTED: u8 = 2;
const OPEN: u8 = 3;

/// Reads the registry's lock.
pub fn phase() -> LockPhase {
    let word = Word(storage::transient_load(&slots::LOCK.0));
    let instance = Lock::instance().get(&word);
    match Lock::phase().get(&word) {
        BUSY => LockPhase::Busy,
        EXPECTED => match Order::from_number(Lock::order().get(&word)) {
            Some(order) => LockPhase::Expected { instance, order },
            None => LockPhase::Busy,
        },
        OPEN => LockPhase::Open {
            instance,
            version: Lock::version().get(&word),
        },
        _ => LockPhase::Free,
    }
}

/// Sets the registry's lock.
pub fn set(phase: LockPhase) {
    let mut word = Word::default();
    match phase {
        LockPhase::Free => {}
        LockPhase::Busy => Lock::phase().set(&mut word, BUSY),
        LockPhase::Expected { instance, order } => {
            Lock::phase().set(&mut word, EXPECTED);
            Lock::order().set(&mut word, order as u8);
            Lock::instance().set(&mut word, instance);
        }
        LockPhase::Open { instance, version } => {
            Lock::phase().set(&mut word, OPEN);
            Lock::version().set(&mut word, version);
            Lock::instance().set(&mut word, instance);
        }
    }
    storage::transient_store(&slots::LOCK.0, &word.0);
}

/// Takes the free lock for a call that changes the registry.
pub fn take() -> Reverts<()> {
    if phase() != LockPhase::Free || alone(sender()).is_some() {
        return Err(errors::reentered());
    }
    set(LockPhase::Busy);
    Ok(())
}

/// Notes to which registry an instance is transferred; zero to forget it.
pub fn set_transfer(instance: Address, registry: Address) {
    storage::transient_store(&slot(instance, TRANSFER), &registry.into_word().0);
}

/// The registry to which an instance is transferred.
pub fn transfer(instance: Address) -> Address {
    let word = storage::transient_load(&slot(instance, TRANSFER));
    Address::from_word(B256::new(word))
}

/// Opens an upgrade of an instance; `by_registry` if the registry called it. `stop` are the versions that
/// the next complex step of its path connects, none where there is no such step.
pub fn open(
    instance: Address,
    version: VersionIndex,
    stop: (VersionIndex, VersionIndex),
    by_registry: bool,
) {
    let mut word = Word::default();
    if by_registry {
        set(LockPhase::Open { instance, version });
    } else {
        Upgrade::alone().set(&mut word, true);
        Upgrade::version().set(&mut word, version);
    }
    Upgrade::stop_from().set(&mut word, stop.0);
    Upgrade::stop_to().set(&mut word, stop.1);
    storage::transient_store(&slot(instance, UPGRADE), &word.0);
}

/// The versions that the next complex step connects, in the upgrade that an instance is in.
pub fn stop(instance: Address) -> (VersionIndex, VersionIndex) {
    let word = load(instance);
    (
        Upgrade::stop_from().get(&word),
        Upgrade::stop_to().get(&word),
    )
}

/// Index of the version that an instance upgrades itself to now. While the registry has another
/// instance upgraded, or does something else, an upgrade that an instance began by itself waits.
pub fn opened(instance: Address) -> Option<VersionIndex> {
    match phase() {
        LockPhase::Open {
            instance: open,
            version,
        } if open == instance => Some(version),
        LockPhase::Free => alone(instance),
        _ => None,
    }
}

/// Closes the upgrade that an instance is in.
pub fn close(instance: Address) {
    if phase() == LockPhase::Free {
        storage::transient_store(&slot(instance, UPGRADE), &Word::default().0);
    } else {
        set(LockPhase::Busy);
    }
}

/// Index of the version to which an instance began to upgrade itself, without the registry.
pub fn alone(instance: Address) -> Option<VersionIndex> {
    let word = load(instance);
    Upgrade::alone()
        .get(&word)
        .then(|| Upgrade::version().get(&word))
}

fn load(instance: Address) -> Word {
    Word(storage::transient_load(&slot(instance, UPGRADE)))
}

/// First byte of the transient slot of an instance's upgrade.
const UPGRADE: u8 = 1;
/// First byte of the transient slot of an instance's transfer.
const TRANSFER: u8 = 2;

/// A transient slot of an instance. No hash ends up so near to an address. The slot of the address itself is that
/// of a complex step that began in this transaction.
fn slot(instance: Address, first: u8) -> [u8; 32] {
    let mut slot = instance.into_word().0;
    slot[0] = first;
    slot
}
