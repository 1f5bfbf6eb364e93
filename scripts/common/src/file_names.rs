//! The names of the files and folders that commands keep in a project. They are no sources of a contract.

/// The manifest.
pub const MANIFEST: &str = "stylus-upgrades.toml";
/// The folder of journals, beside the manifest.
pub const JOURNALS: &str = ".stylus-upgrades";
/// The folder of layout documents and builds, beside the manifest.
pub const LAYOUTS: &str = "stylus-upgrades-layouts";
/// The file of what must hold after an upgrade, as `plan --write-expect` is shown to write it.
pub const EXPECTATIONS: &str = "expect.toml";
/// The folder of what was registered, beside the manifest; it belongs into version control. It is not called
/// `stylus-upgrades`, which is the name of a clone of the framework.
pub const VERSIONS: &str = "stylus-upgrades-versions";
