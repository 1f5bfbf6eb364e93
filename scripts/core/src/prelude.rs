//! What nearly every file uses: errors, reports, words of the registry.

pub(crate) use crate::app_error::Error;
pub(crate) use crate::error::{Exit, Explain, Refusal, Report};
pub(crate) use crate::names::Names;
pub(crate) use crate::output::Outcome;
pub(crate) use crate::report::CommandReport;
pub(crate) use alloy::primitives::{Address, B256, Bytes, U256};
pub(crate) use alloy::sol_types::SolCall;
pub(crate) use serde::Serialize;
pub(crate) use stylus_upgrades_interface::registry::IRegistry as abi;

/// The result of a command, or of a part of it.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
