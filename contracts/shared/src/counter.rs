//! The counter: its storage and its rules. Both versions of the contract depend on this crate. It
//! has no `#[entrypoint]`: two crates with one cannot be linked into the same program, because
//! both define the symbol `user_entrypoint`.

mod error;
mod state;

pub use error::CounterError;
pub use state::{CounterState, Overflow};
