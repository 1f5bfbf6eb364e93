//! What nearly every command uses: its place, its report, its errors.

pub(super) use super::context::Context;
pub(super) use super::facts::Session;
pub(super) use crate::app_error::Error;
pub(super) use crate::error::{Exit, Explain, Refusal, Report};
pub(super) use crate::names::Names;
pub(super) use crate::output::Outcome;
pub(super) use crate::report::CommandReport;
pub(super) use alloy::primitives::{Address, B256, Bytes, U256};
pub(super) use alloy::sol_types::SolCall;
pub(super) use serde::Serialize;
pub(super) use stylus_upgrades_interface::registry::IRegistry as abi;

/// The result of a command, or of a part of it.
pub(super) type Result<T, E = Error> = std::result::Result<T, E>;
