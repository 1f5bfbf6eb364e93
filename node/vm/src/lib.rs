#![doc = "Stylus programs: validation, instrumentation, ink, host functions, engine."]
#![forbid(unsafe_code)]

mod activation;
mod code;
mod context;
mod engine;
mod failure;
mod frame;
mod hooks;
mod outcome;
mod program;
mod request;
mod rules;
mod run;
mod storage_cache;

pub use activation::{ActivationError, Rule, activate};
pub use code::*;
pub use context::*;
pub use failure::*;
pub use outcome::*;
pub use program::*;
pub use request::*;
pub use rules::*;
pub use run::*;
