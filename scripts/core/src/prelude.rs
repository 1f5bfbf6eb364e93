//! Names that nearly every file uses: errors, reports, words of the registry.

pub use crate::app_error::Error;
pub use crate::error::{Exit, Explain, Refusal, Report};
pub use crate::names::Names;
pub use crate::output::Outcome;
pub use crate::report::CommandReport;
pub use alloy::primitives::{Address, B256, Bytes, U256};
pub use alloy::sol_types::SolCall;
pub use serde::Serialize;
pub use stylus_upgrades_interface::registry::IRegistry as abi;

/// The result of a command, or of a part of it.
pub type Result<T, E = Error> = std::result::Result<T, E>;
