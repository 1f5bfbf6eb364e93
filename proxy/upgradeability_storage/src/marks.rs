//! `migrated[label]`: which versions the data of this instance has been brought to.

use alloy_primitives::B256;
use stylus_upgrades_interface::{
    instance::Hop, migratable::IMigratable, proxy::IUpgradeabilityProxy as Abi, slots,
};

use crate::{
    instance::{emit, load, store},
    revert::{Reverts, revert},
};

/// Whether the data has been brought to `label`.
pub(crate) fn is_set(label: &str) -> bool {
    load(slots::migrated(label)) != B256::ZERO
}

/// Marks a version that the instance was born at.
pub(crate) fn set(label: &str) {
    store(slots::migrated(label), slots::SET);
}

/// Marks the target of a step that does not mark itself, and says so.
pub(crate) fn set_by_proxy(hop: &Hop) {
    set(&hop.to);
    emit(&IMigratable::Migrated {
        from: hop.from.clone(),
        to: hop.to.clone(),
    });
}

/// Whether a step may run: from where the instance is to where it never was.
pub(crate) fn permit(hop: &Hop) -> Reverts<()> {
    if is_set(&hop.to) {
        let (from, to) = (hop.from.clone(), hop.to.clone());
        return Err(revert(IMigratable::AlreadyMigrated { from, to }));
    }
    if !is_set(&hop.from) {
        return Err(revert(IMigratable::PredecessorMissing {
            version: hop.from.clone(),
        }));
    }
    Ok(())
}

/// A step that left its mark unset, reverted without data, or lacks its calldata.
pub(crate) fn not_applied(hop: &Hop) -> alloc::vec::Vec<u8> {
    revert(Abi::MigrationNotApplied {
        from: hop.from.clone(),
        to: hop.to.clone(),
    })
}
