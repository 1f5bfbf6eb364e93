//! Commands on storage layouts.

use clap::Subcommand;

/// Commands on storage layouts. They need no chain.
#[derive(Debug, Subcommand)]
pub enum LayoutCommand {
    /// Show the storage layout of a contract, and the hash that the registry records
    ///
    /// The layout is that of a contract which derives StorageLayout, read from what its compiler
    /// wrote, or that of a compiler's JSON.
    Show {
        /// A crate's folder, a contract of this workspace by name, git:REVISION, a .wasm file, a layout's
        /// hash, what was registered (NAME@VERSION; NAME@live asks the chain), or JSON of solc or
        /// @openzeppelin/upgrades-core (FILE:NAME for one contract of several)
        source: String,
        /// Keep it next to the manifest under its hash, where upgrade, migrate and register look for
        /// the layout of the live version
        #[arg(long)]
        keep: bool,
    },
    /// Compare two layouts: may the new version take over the storage of the old one?
    ///
    /// Exit code 0: it may. Exit code 1: data would be misread or lost, or a rename or retype is
    /// not declared. Each finding has an id, such as reorder:owner, for --accept.
    Diff {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// A migration runs in between: it may drop fields, and it handles what the contract's author
        /// declares in Cargo.toml ([package.metadata.stylus-upgrades] migrates = ["reorder:owner"])
        #[arg(long)]
        with_migration: bool,
    },
    /// Write a migration of the old version's data, in Rust
    ///
    /// Fields of the same name keep their values, even if they moved or their type is wider now.
    /// Fields that one call cannot convert, or whose data would be lost without --drop, are refused
    /// by name.
    Migration {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// Another source for one field: `field=@old` (a field of the old version), `field=empty`,
        /// or `field=expression` (Rust, of type U256; old values are named old_field); may be repeated
        #[arg(long = "override", value_name = "FIELD=SOURCE")]
        overrides: Vec<String>,
        /// A field of the old version that may be lost; may be repeated
        #[arg(long, value_name = "FIELD")]
        drop: Vec<String>,
    },
}
