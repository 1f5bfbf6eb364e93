//! Slots that no step may change: the three ERC-1967 slots, the `initialized` marker, and the marks
//! of the two versions that the step connects.

use alloy_primitives::B256;
use stylus_upgrades_host::storage;
use stylus_upgrades_interface::{instance::PathStep, proxy::IUpgradeabilityProxy as Abi, slots};

use crate::{
    instance::{Instance, STUB, load},
    revert::{Reverts, revert},
};

/// The number of guarded slots.
const GUARDED: usize = 6;

/// The guarded slots of a step, with what they held before it ran. The last one is the mark of
/// the version that the step leads to.
pub(crate) struct Guard([(B256, B256); GUARDED]);

impl Guard {
    /// Reads them before the step.
    pub(crate) fn before(path_step: &PathStep) -> Self {
        Self(
            [
                slots::IMPLEMENTATION,
                slots::ADMIN,
                slots::BEACON,
                slots::INITIALIZED,
                slots::migrated(&path_step.from),
                slots::migrated(&path_step.to),
            ]
            .map(|slot| (slot, load(slot))),
        )
    }

    /// Returns their values when a complex step is started, and when it is left: many transactions lie between
    /// the two, but each of them has one value only.
    pub(crate) fn within(instance: &Instance, path_step: &PathStep) -> Self {
        Self([
            (slots::IMPLEMENTATION, STUB.into_word()),
            (slots::ADMIN, instance.registry.into_word()),
            (slots::BEACON, B256::ZERO),
            (slots::INITIALIZED, slots::SET),
            (slots::migrated(&path_step.from), slots::SET),
            (slots::migrated(&path_step.to), B256::ZERO),
        ])
    }

    /// Reads them again, past the cache, after a step that may not have changed any.
    pub(crate) fn check(&self) -> Reverts<()> {
        self.check_first(GUARDED)
    }

    /// The same after a step that marks its target itself.
    pub(crate) fn check_but_target(&self) -> Reverts<()> {
        self.check_first(GUARDED - 1)
    }

    fn check_first(&self, count: usize) -> Reverts<()> {
        storage::flush(true);
        for (slot, held) in self.0.iter().take(count) {
            if load(*slot) != *held {
                return Err(revert(Abi::UpgradeSlotsTouched { slot: *slot }));
            }
        }
        Ok(())
    }
}
