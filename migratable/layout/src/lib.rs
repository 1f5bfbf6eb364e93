//! Storage layouts of contracts: derived from Rust, read from any compiler's JSON, compared
//! between two versions, and turned into the migration that carries the data over.
//!
//! A contract's crate turns the feature `sdk` on and writes `#[derive(StorageLayout)]` on its
//! storage structs. On WASM the layout of the entrypoint ends up in a custom section of the module
//! and no code is added. Tools use [`Layout::from_section`], [`Layout::from_json`], [`compare`] and
//! [`skeleton`].
//!
//! ```
//! # #![allow(unexpected_cfgs, dead_code)]
//! # extern crate alloc;
//! use stylus_layout::{Declarations, Overrides, Source, StorageLayout, compare, skeleton};
//! use stylus_sdk::prelude::*;
//! use stylus_sdk::storage::{StorageAddress, StorageU64, StorageU256};
//!
//! #[storage]
//! #[derive(StorageLayout)]
//! pub struct CounterV1 {
//!     owner: StorageAddress,
//!     value: StorageU64,
//! }
//! #[storage]
//! #[derive(StorageLayout)]
//! pub struct CounterV2 {
//!     value: StorageU256,
//!     #[layout(renamed_from = "owner")]
//!     admin: StorageAddress,
//!     step: StorageU64,
//! }
//! let (old, new) = (CounterV1::layout(), CounterV2::layout());
//! let report = compare(&old, &new, &Declarations::none())?;
//! assert!(!report.is_safe());
//! println!("{report}{}", report.to_json());
//!
//! let step = Overrides::none().with("step", Source::Code("U256::from(1)".into()));
//! let rust = skeleton(&old, &new, &step)?;
//! assert!(rust.contains("pub fn migrate_storage(host: &impl StorageAccess) {"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "sdk")]
extern crate alloc;

#[cfg(feature = "sdk")]
mod erc7201;
mod format;
#[cfg(feature = "sdk")]
mod kind;
#[cfg(feature = "sdk")]
pub use erc7201::{Erc7201, Namespace};
pub use format::{SECTION, STEPS_SECTION};
#[cfg(feature = "sdk")]
pub use kind::{KeyLayout, Kind, Link, StorageLayout};
#[cfg(feature = "sdk")]
pub use stylus_layout_derive::StorageLayout;

/// What derived code names; not for other use.
#[cfg(feature = "sdk")]
#[doc(hidden)]
pub mod derived {
    pub use crate::kind::{
        Field, NotTheEntrypoint, Probe, Struct, encode, encoded_length, own_bytes,
    };
    pub use alloy_primitives::B256;
    pub use stylus_sdk::storage::StorageType;
    pub use stylus_upgrades_interface::slots::erc7201;
}

#[cfg(not(target_arch = "wasm32"))]
mod host {
    pub use crate::added::{Range, Ranges, WordPart};
    pub use crate::compare::compare;
    pub use crate::declarations::Declarations;
    pub use crate::document::{DOCUMENT_MAX, Document};
    pub use crate::error::LayoutError;
    pub use crate::layout::{Item, Layout, Members, TypeItem};
    pub use crate::plan::{
        Conversion, Overrides, Part, Plan, Put, Read, Source, Storage, Take, Unsupported, Value,
        Write, plan,
    };
    pub use crate::report::{Decision, Finding, Place, Report, Verdict};
    pub use crate::skeleton::skeleton;
    pub use crate::steps::{DeclaredStep, StepKind};
}
#[cfg(not(target_arch = "wasm32"))]
pub use host::*;

#[cfg(not(target_arch = "wasm32"))]
mod added;
#[cfg(not(target_arch = "wasm32"))]
mod compare;
#[cfg(not(target_arch = "wasm32"))]
mod declarations;
#[cfg(not(target_arch = "wasm32"))]
mod document;
#[cfg(not(target_arch = "wasm32"))]
mod error;
#[cfg(not(target_arch = "wasm32"))]
mod fields;
#[cfg(not(target_arch = "wasm32"))]
mod layout;
#[cfg(not(target_arch = "wasm32"))]
mod plan;
#[cfg(not(target_arch = "wasm32"))]
mod report;
#[cfg(not(target_arch = "wasm32"))]
mod section;
#[cfg(not(target_arch = "wasm32"))]
mod shape;
#[cfg(not(target_arch = "wasm32"))]
mod skeleton;
#[cfg(not(target_arch = "wasm32"))]
mod steps;
