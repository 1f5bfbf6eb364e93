//! Stylus programs: validation, instrumentation, ink, host functions, engine.
//!
//! 1. [`decompress`] turns code on chain (`EF F0 00 dd` and brotli) into WebAssembly.
//! 2. [`activate`] checks it by the chain's [`Rules`], charges gas, meters it and compiles it; it
//!    gives a [`Program`], which is cheap to clone, and the [`ProgramInfo`] the chain keeps.
//! 3. [`Run::start`] makes a frame of it, and [`Run::resume`] runs it until it asks the chain
//!    something ([`Request`]) or ends ([`Outcome`]). The chain works out everything on the EVM's
//!    side and answers with an [`Answer`], whose gas the program pays in ink.
//!
//! A panic ends the frame or the activation that met it, as [`Failure::Internal`] or as an
//! [`ActivationError`].
//!
//! A frame that waits holds no native stack, so frames nest as deep as the chain likes. What
//! starts ([`StartParams`]), pages ([`pages`]) and compiled bytes ([`DataPricer`]) cost are pure
//! functions, for the chain to use.
//!
//! Rules and prices are those of Arbitrum Nitro at ArbOS 30 to 61, Stylus versions 1 to 3; the
//! meter is measured against the original crates of Nitro v3.9.5 (`tests/vectors`).
#![forbid(unsafe_code)]

mod activation;
mod code;
mod context;
mod data_fee;
mod engine;
mod error;
mod exported;
mod failure;
mod frame;
mod guard;
mod guest;
mod hooks;
#[doc(hidden)]
pub mod inspect;
mod outcome;
pub mod pages;
mod program;
mod request;
mod rules;
mod run;
mod signature;
mod start_gas;
mod storage_cache;
mod units;

pub use activation::{activate, activate_counting};
pub use code::*;
pub use context::*;
pub use data_fee::*;
pub use error::{ActivationError, Rule, StartError};
pub use failure::*;
pub use outcome::*;
pub use program::*;
pub use request::*;
pub use rules::*;
pub use run::*;
pub use start_gas::*;
