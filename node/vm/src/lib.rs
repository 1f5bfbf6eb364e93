#![doc = "Stylus programs: validation, instrumentation, ink, host functions, engine."]
#![forbid(unsafe_code)]

mod code;
mod context;
mod failure;
mod outcome;
mod program;
mod request;
mod rules;
mod run;

pub use code::*;
pub use context::*;
pub use failure::*;
pub use outcome::*;
pub use program::*;
pub use request::*;
pub use rules::*;
pub use run::*;
