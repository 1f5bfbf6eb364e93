//! `migrated[label]`: which versions the data of this instance has been brought to.

use alloy_primitives::B256;
use stylus_upgrades_interface::{
    instance::PathStep, migratable::IMigratable, proxy::IUpgradeabilityProxy as Abi, slots,
};

use crate::{
    instance::{emit, load, store},
    revert::{Reverts, revert},
};

/// Returns true if the data has been brought to `label`.
pub(crate) fn is_set(label: &str) -> bool {
    load(slots::migrated(label)) != B256::ZERO
}

/// Marks the version at which the instance was created, or is resumed.
pub(crate) fn set(label: &str) {
    store(slots::migrated(label), slots::SET);
}

/// Marks the target of a step that does not mark itself, and emits `Migrated`.
pub(crate) fn set_by_proxy(path_step: &PathStep) {
    set(&path_step.to);
    emit(&IMigratable::Migrated {
        from: path_step.from.clone(),
        to: path_step.to.clone(),
    });
}

/// Checks that a step may run: from where the instance is to where it never was.
pub(crate) fn permit(path_step: &PathStep) -> Reverts<()> {
    if is_set(&path_step.to) {
        let (from, to) = (path_step.from.clone(), path_step.to.clone());
        return Err(revert(IMigratable::AlreadyMigrated { from, to }));
    }
    require(&path_step.from)
}

/// Refuses an instance whose data has not been brought to `label`.
pub(crate) fn require(label: &str) -> Reverts<()> {
    if is_set(label) {
        return Ok(());
    }
    Err(missing(label))
}

/// The error for an instance that is not at `label`.
pub(crate) fn missing(label: &str) -> alloc::vec::Vec<u8> {
    let version = label.into();
    revert(IMigratable::PredecessorMissing { version })
}

/// A step that left its mark unset, reverted without data, or lacks its calldata.
pub(crate) fn not_applied(path_step: &PathStep) -> alloc::vec::Vec<u8> {
    revert(Abi::MigrationNotApplied {
        from: path_step.from.clone(),
        to: path_step.to.clone(),
    })
}
