//! The storage and the rules that the versions of an example share, and the migrations between them: a module per
//! example. None has an `#[entrypoint]`: two crates with one cannot be linked into the same program, because both define
//! the symbol `user_entrypoint`.

extern crate alloc;

pub mod counter;
pub mod erc20;
pub mod erc721;
pub mod points;
