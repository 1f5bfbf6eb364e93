//! Commands on storage layouts.

use clap::Subcommand;

/// Commands on storage layouts. They need no chain.
#[derive(Debug, Subcommand)]
pub enum LayoutCommand {
    /// Show where a contract's storage keeps what, and the hash that the registry records
    ///
    /// The layout is that of a contract which derives StorageLayout, read from what its compiler
    /// wrote, or that of a compiler's JSON.
    Show {
        /// A crate's folder, a contract of this workspace by name, git:REVISION, a .wasm file, a layout's
        /// hash, what was registered (NAME@VERSION; NAME@live asks the chain), or JSON of solc or
        /// @openzeppelin/upgrades-core (FILE:NAME for one contract of several)
        source: String,
        /// Keep it beside the manifest under its hash, where upgrade, migrate and register look for
        /// the layout of the version that is live
        #[arg(long)]
        keep: bool,
    },
    /// Compare two layouts: may the new version take over the storage of the old one?
    ///
    /// Exit code 0: it may. Exit code 1: data would be misread or lost, or a rename or retype is
    /// not declared. What is found has a name, such as reorder:owner, which --accept takes.
    Diff {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// A migration runs in between: fields may be left behind, and what the contract's author
        /// declares in Cargo.toml ([package.metadata.stylus-upgrades] migrates = ["reorder:owner"])
        /// is the migration's business
        #[arg(long)]
        with_migration: bool,
    },
    /// Write the migration that carries the old version's data over, as Rust
    ///
    /// Fields of the same name keep their values, wherever they moved and even if their type is
    /// wider now. What cannot be carried over in one call, or would lose data unsaid, is refused by
    /// name.
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
