//! From the source of a contract to the bytes that go on chain.
//!
//! ```text
//! sources → copy → cargo rustc (profile contract, wasm32) → wasm-opt, if the crate declares it → encode again → check
//!   → brotli 11 → EF F0 00 00 ++ stream
//! ```
//!
//! Contracts are built in a copy of their sources, which holds what the source hash is taken over
//! and nothing else (`source`, `copy`). What is not hashed is not there to be read.
//!
//! A contract that derives `StorageLayout` says where its storage keeps what in a custom section of
//! the module that cargo writes: the layout goes into the [`Artifact`], and the section no further.
//!
//! The same sources give the same bytes in any folder; what was built before is taken from a
//! cache, unless [`Builder::from_scratch`] is asked for. Only the wasm32 target is ever added to the machine.
//!
//! The framework's own programs are not built: their bytes are pinned
//! ([`stylus_upgrades_framework`]). Its sources are a choice ([`Builder::framework_from`]).

mod archives;
mod builder;
mod cache;
mod cargo;
mod cargo_home;
mod cargo_stylus;
mod code;
mod committed;
mod config;
mod constants;
mod copied;
mod copy;
mod error;
pub mod examples;
mod folders;
mod foreign;
mod framework;
mod info;
mod key_digits;
mod key_files;
mod known_sources;
mod line_table;
mod lock_file;
mod manifest_links;
mod manifests;
mod metadata;
mod nearest;
mod optimization;
mod package;
mod procedure;
mod reviewed;
mod revision;
mod sandbox;
mod settled_lock;
mod snapshot;
mod source;
mod sources;
#[cfg(test)]
mod tests;
mod toolchain;
mod tools;
mod tree;
mod verification;
pub mod wasm;
mod wasm_opt;
mod workplace;

pub use builder::Builder;
pub use code::Artifact;
pub use constants::{Constant, Constants};
pub use error::BuildError;
pub use framework::{EvmContract, Framework, Part};
pub use info::{BuildInfo, Commit, Recipe};
pub use line_table::WithLines;
pub use package::{FRAMEWORK, Package, crates_of, workspace_of};
pub use reviewed::{OnDefault, Reviewed, added_by, is_of_author, is_tracked};
pub use revision::{REVISION, repository};
pub use sandbox::Sandbox;
pub use settled_lock::settle_lock;
pub use sources::is_framework;
pub use stylus_upgrades_evm as evm;
