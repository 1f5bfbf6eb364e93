#![doc = "Stylus programs: validation, instrumentation, ink, host functions, engine."]
#![forbid(unsafe_code)]

mod activation;
mod code;
mod context;
mod data_fee;
mod engine;
mod failure;
mod frame;
mod hooks;
mod outcome;
pub mod pages;
mod program;
mod request;
mod rules;
mod run;
mod start_gas;
mod storage_cache;
#[cfg(feature = "vectors")]
pub mod vectors;

pub use activation::{ActivationError, Rule, activate};
pub use code::*;
pub use context::*;
pub use data_fee::*;
pub use failure::*;
pub use outcome::*;
pub use program::*;
pub use request::*;
pub use rules::*;
pub use run::*;
pub use start_gas::*;
