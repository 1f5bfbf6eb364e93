//! Upgradeable: what an implementation composes to live behind a proxy of this framework.
//!
//! ```text
//! use stylus_upgradeable::prelude::*;
//!
//! #[derive(SolidityError)]
//! pub enum CounterError {
//!     Overflow(Overflow),
//!     Migratable(MigratableError),                    // 1
//! }
//!
//! #[upgradeable]                                      // 2
//! #[public]
//! impl Counter {
//!     #[initializer("1.0")]                           // 3
//!     pub fn initialize(&mut self, value: U256) -> Result<(), CounterError> { … }
//!
//!     #[migration(from = "1.0", to = "2.0")]
//!     pub fn migrate(&mut self, step: U256) -> Result<(), CounterError> { … }
//! }
//! ```
//!
//! `#[upgradeable]` adds `isMigrated(string)` and no storage: what the framework keeps lies in
//! ERC-7201 namespaces. The proxy answers [`RESERVED`] itself, so a contract with such a
//! selector, or with one selector for two functions, does not compile. A contract that
//! implements traits puts `#[upgradeable]` above each of their `#[public] impl` blocks too.
//!
//! What must hold after a step stands in its attribute, after the versions:
//! `#[migration(from = "1.0", to = "2.0", nonzero(step), holds(Self::supply_is_sum))]`. Where it
//! does not, the upgrade reverts `PostConditionFailed` with the condition as its author wrote it.
//! Scripts and complex programs declare the same by `#[ensures(…)]`. A contract that declares
//! nothing pays nothing for it when it runs.
//!
//! | feature | gives |
//! |---|---|
//! | `layout` (on unless switched off) | [`layout`]: `#[derive(StorageLayout)]`, by which tools compare two versions. `#[upgradeable]` asks for it above its own struct |
//! | `lazy` | `lazy`: maps and fields that are converted one by one, when they are first written |
//! | `complex` | `complex`: a migration of many transactions |
//! | `export-abi` | for the contract's own feature of that name |
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]

extern crate alloc;

#[cfg(feature = "complex")]
#[forbid(unsafe_code)]
pub mod complex;
#[forbid(unsafe_code)]
mod interface;
#[cfg(feature = "layout")]
pub mod layout;
mod layout_section;
#[cfg(feature = "lazy")]
pub mod lazy;
#[forbid(unsafe_code)]
pub mod migratable;
pub mod prelude;

pub use interface::{RESERVED, Reserved, Upgradeable};
pub use migratable::{IsZero, Migratable, MigratableError, Proof};
pub use stylus_upgrades_macros::{
    ensures, inheritable, initializer, initializing, migration, upgradeable,
};

/// Items that the attributes emit; no promise to anybody else.
#[doc(hidden)]
pub mod __private {
    pub use alloc::vec::Vec;

    #[cfg(feature = "export-abi")]
    pub use crate::migratable::is_migrated::export::MigratableStylusAbiStruct;
    pub use crate::migratable::{
        Initializer, IsZero, Migration,
        condition::{require, settle},
        declare,
        is_migrated::route,
    };

    pub use crate::interface::{
        Argument, Function, Outcome, Part, PublicInterface, Types, assert_disjoint,
        assert_none_reserved, assert_not_reserved, is_upgradeable, part, section,
    };
}

/// Examples of code that compiles and of code that does not.
#[cfg(doctest)]
#[doc = include_str!("refused.md")]
pub struct Refused;
