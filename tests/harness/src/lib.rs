//! Test an upgrade in twenty lines: a chain, contracts, proxies, assertions.
#![forbid(unsafe_code)]

mod chain;
mod error;
mod home;
mod lines;
mod npm;
mod process;
mod revert;
mod solidity;

pub use chain::{CALL_GAS, Chain, GAS, logs_of};
pub use error::HarnessError;
pub use home::home;
pub use lines::Lines;
pub use npm::Npm;
pub use process::{Anvil, launcher};
pub use revert::{Revert, assert_reverts};
pub use solidity::{Contract, Solidity};
