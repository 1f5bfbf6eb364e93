// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it again
// if either changes.

use stylus_sdk::stylus_core::StorageAccess;

/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.
pub fn migrate_storage(_host: &impl StorageAccess) {
    // Every field is where and what it was.
}
