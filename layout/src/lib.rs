//! Storage layouts of contracts: derived from Rust, read from any compiler's JSON, compared
//! between two versions, and turned into the migration that carries the data over.
//!
//! A contract writes `#[derive(StorageLayout)]` of `stylus-upgradeable` on its storage structs. On
//! WASM the layout of the entrypoint ends up in a custom section of the module and no code is added.
//! Tools use [`Layout::from_section`], [`Layout::from_json`], [`compare`], [`skeleton`], and [`Storage`] for the
//! fields, their slots and their values.
//!
//! ```
//! # #![allow(unexpected_cfgs, dead_code)]
//! # extern crate alloc;
//! use stylus_layout::{Layout, Overrides, Source, compare, skeleton};
//! use stylus_sdk::prelude::*;
//! use stylus_sdk::storage::{StorageAddress, StorageU64, StorageU256};
//! use stylus_upgradeable::layout::{StorageLayout, kind::section};
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
//! let old = Layout::from_section(&section::<CounterV1>())?.expect("a layout");
//! let new = Layout::from_section(&section::<CounterV2>())?.expect("a layout");
//! let report = compare(&old, &new)?;
//! assert!(!report.is_safe());
//! for one in &report.findings {
//!     println!("{} {} {}", one.verdict.name(), one.field, one.note);
//! }
//!
//! let step = Overrides::none().with("step", Source::Code("U256::from(1)".into()));
//! let rust = skeleton(&old, &new, &step)?;
//! assert!(rust.contains("pub fn migrate_storage(host: &impl StorageAccess) {"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Beside `@openzeppelin/upgrades-core`
//!
//! Upgrades-core compares names and types. This crate compares bytes, so it accepts changes that move no byte and that
//! upgrades-core refuses. `layout/tests/it/pairs.rs` compiles each of these pairs and asks both:
//!
//! | change | reason why it is safe |
//! |---|---|
//! | `mapping(uint64 => T)` becomes `mapping(uint128 => T)` | both keys have the same word, so each entry keeps its slot |
//! | a struct is put around fields, or removed from around them | names, types and places stay |
//! | the last struct or the last fixed array grows | nothing lies after it |
//! | a struct or a fixed array grows over a gap that shrinks by as much | nothing used these bytes |
//! | a struct gets a member in its own padding | no other member moves |
//! | a gap grows over unused bytes | nothing used these bytes |
//!
//! It also compares what one tool alone cannot see: a version in Rust with a version in Solidity, fields of different
//! roots that share bytes, and negative keys of mappings, which Solidity and stylus-sdk keep in different slots.
//!
//! ```
//! use stylus_layout::{Layout, compare};
//!
//! let version = |bits: u64| {
//!     let id = format!("t_mapping(t_uint{bits},t_bool)");
//!     Layout::from_json(&format!(
//!         r#"{{"storage":[{{"label":"open","slot":"0","offset":0,"type":"{id}"}}],
//!             "types":{{
//!                 "{id}":{{"encoding":"mapping","label":"mapping(uint{bits} => bool)","numberOfBytes":"32",
//!                          "key":"t_uint{bits}","value":"t_bool"}},
//!                 "t_uint{bits}":{{"encoding":"inplace","label":"uint{bits}","numberOfBytes":"{}"}},
//!                 "t_bool":{{"encoding":"inplace","label":"bool","numberOfBytes":"1"}}}}}}"#,
//!         bits / 8
//!     ))
//! };
//! assert!(compare(&version(64)?, &version(128)?)?.is_safe());
//! assert!(!compare(&version(128)?, &version(64)?)?.is_safe());
//! # Ok::<(), stylus_layout::LayoutError>(())
//! ```

mod added;
mod bytes;
mod compare;
mod document;
mod error;
mod input;
mod interface;
mod layout;
mod older_sdk;
mod plan;
mod report;
mod section;
mod skeleton;
mod steps;
mod storage;

pub use added::{Range, Ranges, WordPart};
pub use compare::compare;
pub use document::{BuildInfo, BuildMetadata, DOCUMENT_MAX, Document, FilledIn, UNPACKED_MAX};
pub use error::LayoutError;
pub use interface::{NOTE_MAX, NOTES_MAX, PublicInterface};
pub use interface::{error_entry, event_entry, function_entry, types};
pub use layout::{Item, Layout, Members, TypeItem, Unlisted};
pub use plan::{
    Conversion, Entries, Overrides, Part, Plan, Put, Read, Source, Take, Unsupported, Value, Write,
    plan,
};
pub use report::{Decision, Declared, FieldChange, Location, Report, Verdict, Which};
pub use skeleton::skeleton;
pub use steps::{DeclaredStep, StepKind};
pub use storage::{
    DecodedValue, FieldPlace, FieldWalk, HashRoot, LazyForm, LazyType, MappingType, Storage,
    StorageArea, StorageField, StorageType, TextLength, TypeId, TypeKind, ValuePlace, WORD_BYTES,
    WalkLimits, elements_begin, is_gap_name, text_length,
};
