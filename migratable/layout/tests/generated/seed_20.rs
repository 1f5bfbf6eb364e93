pub fn migrate_storage(_: &impl stylus_sdk::stylus_core::StorageAccess) {}
