//! Items that authors write.

use alloc::{string::String, vec::Vec};

use alloy_sol_types::SolError;
use stylus_upgrades_interface::registry::IRegistry;

/// A value, or the revert data of the call.
pub type Outcome<T> = Result<T, Vec<u8>>;

/// The outcome of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Items that were migrated, or brought back.
    pub items: u64,
    /// Items that turned out to be there beside those counted so far.
    pub found: u64,
}

impl Batch {
    /// So many items, all of them counted before.
    pub const fn of(items: u64) -> Self {
        Self { items, found: 0 }
    }
}

/// A complex migration. Its bodies run on the proxy's storage while nobody else can write it;
/// `msg_sender()` is the handler in them, or the account that upgrades, and never an authority.
///
/// A body that leaves an item out or takes one twice is what only its author can prevent: items
/// that the handler supplies are claims, to be checked against storage.
pub trait ComplexMigration {
    /// The version that it leaves.
    const FROM: &'static str;
    /// The version that it reaches.
    const TO: &'static str;
    /// True if `back` or `previous` are written.
    const REVERSIBLE: bool = false;
    /// Most gas that one item of the cursor form costs, storage included: `migrateNext` stops
    /// while this much is left of its budget.
    const ITEM_GAS: u64 = 0;

    /// Prepares, and counts the items, as far as storage shows them. At most 2^40 - 1 of them.
    ///
    /// # Errors
    /// What the upgrade should revert with.
    fn start(&mut self) -> Outcome<u64>;

    /// Migrates the items that the handler supplies; `position` items were migrated before.
    ///
    /// # Errors
    /// Whatever is wrong with an item; the batch is then none.
    fn batch(&mut self, position: u64, items: &[u8]) -> Outcome<Batch> {
        let _ = (position, items);
        Err(not_supported("migrateBatch"))
    }

    /// Migrates the item at `position`, from 0 on.
    ///
    /// # Errors
    /// What the call should revert with; the items before it are then not migrated either.
    fn next(&mut self, position: u64) -> Outcome<()> {
        let _ = position;
        Err(not_supported("migrateNext"))
    }

    /// Brings the items that the handler supplies back into the old form; `position` items are
    /// in the new one.
    ///
    /// # Errors
    /// As [`ComplexMigration::batch`].
    fn back(&mut self, position: u64, items: &[u8]) -> Outcome<Batch> {
        let _ = (position, items);
        Err(not_supported("migrateBatch, turning back"))
    }

    /// Brings the item at `position` back into the old form; it is the last one in the new form.
    ///
    /// # Errors
    /// As [`ComplexMigration::next`].
    fn previous(&mut self, position: u64) -> Outcome<()> {
        let _ = position;
        Err(not_supported("migrateNext, turning back"))
    }

    /// Cleans up and checks what must hold now that every item is in the new form.
    /// `#[ensures(nonzero(field), holds(Self::condition))]` of `stylus-upgradeable` above it reverts
    /// with `PostConditionFailed` what does not hold, and the contract stays in its step, to be
    /// mended or rolled back. Where there is no way back, an end that is always refused keeps the
    /// contract paused for good.
    ///
    /// # Errors
    /// What `endMigration` should revert with.
    fn end(&mut self) -> Outcome<()> {
        Ok(())
    }

    /// The same, now that every item is in the old form again. It is the only way out then: what
    /// it refuses for good keeps the contract paused for good.
    ///
    /// # Errors
    /// What `endMigration` should revert with.
    fn restored(&mut self) -> Outcome<()> {
        Ok(())
    }
}

/// `NotSupported(what)`
#[inline(never)]
pub(crate) fn not_supported(what: &str) -> Vec<u8> {
    IRegistry::NotSupported {
        what: String::from(what),
    }
    .abi_encode()
}
