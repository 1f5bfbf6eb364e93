//! Execution: revm's loop with a second kind of frame for Stylus programs.

mod frame;
mod handler;
mod instructions;
mod plain;
mod recorded;

use frame::ArbEvm;
pub(crate) use handler::{Executed, ExecutionError, execute};
