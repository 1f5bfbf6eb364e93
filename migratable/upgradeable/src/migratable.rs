//! Migratable: initializers and migrations, each exactly once.
//!
//! The flags of an instance, one per version, lie in the ERC-7201 namespace
//! `stylus-upgrades.migratable` of the proxy's storage: the layout of the composing contract
//! is its own affair. An initializer or a migration runs only while the proxy's upgrade holds
//! the matching one-shot token in transient storage.
//!
//! | module | holds |
//! |---|---|
//! | [`step`] | [`Initializer`], [`Migration`], [`ComplexStart`]: the checks, in their order |
//! | [`condition`] | [`IsZero`]: what must hold after a step |
//! | [`declare`] | the steps that a contract declares, for its module's section |
//! | [`error`] | [`MigratableError`], one variant in a contract's own error enum |
//! | [`proof`] | [`Proof`]: what an `#[initializing]` function asks for |
//! | [`is_migrated`] | [`Migratable`]: `isMigrated(string)`, routed without the SDK's decoder |
//! | [`words`] | tokens and flag slots, derived at compile time |
//!
//! Authors use the attributes of this crate and meet these types in error messages only.

pub mod condition;
pub mod declare;
mod encode;
pub mod error;
pub mod is_migrated;
pub mod proof;
pub mod step;
pub mod words;

pub use condition::IsZero;
pub use error::MigratableError;
pub use is_migrated::Migratable;
pub use proof::Proof;
pub use step::{ComplexStart, Initializer, Migration};
