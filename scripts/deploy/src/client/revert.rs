//! Revert data decoded: every error of the framework's interfaces, Solidity's own two, and for
//! anything else its selector.

mod contract_error;
mod declared;
mod step_end;

pub use contract_error::ContractError;
pub use declared::declare_errors;
pub use step_end::StepEnd;

use super::advice::{Advice, not_runnable_reason};
use crate::error::Explain;
use crate::output::shortened;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::Bytes;
use alloy::sol_types::SolError;
use std::fmt;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::ImplementationNotRunnable;

/// Characters of an argument that are printed, at most: more than a label may have.
const ARGUMENT_MAX: usize = 200;

/// Why a contract refused.
#[derive(Debug, Clone, PartialEq, Eq, Explain)]
#[explain(
    name = self.error_name(),
    expected = self.advice().expected,
    found = self.advice().found,
    next = self.advice().next
)]
pub struct Revert {
    data: Bytes,
    error: Option<Box<ContractError>>,
    /// How a step ended that is not applied, where the calls were looked at.
    step: Option<Box<StepEnd>>,
}

impl Revert {
    /// Finds out which error revert data is.
    pub fn decode(data: &[u8]) -> Self {
        Self {
            data: Bytes::copy_from_slice(data),
            error: ContractError::decode(data).map(Box::new),
            step: None,
        }
    }

    /// The same, of a step that ended like that.
    pub fn ended(self, step: Option<StepEnd>) -> Self {
        let step = step.map(Box::new);
        Self { step, ..self }
    }

    /// The data as it came.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The error, if it is one that is known.
    pub fn error(&self) -> Option<&ContractError> {
        self.error.as_deref()
    }

    /// The error of that type, if it is one.
    pub fn decoded<E: SolError>(&self) -> Option<E> {
        E::abi_decode(&self.data).ok()
    }

    /// Whether it is an error of that type.
    pub fn is<E: SolError>(&self) -> bool {
        self.decoded::<E>().is_some()
    }

    /// The error's name; `Revert` for one without data, `Unknown` for a foreign one.
    fn error_name(&self) -> &'static str {
        match &self.error {
            Some(error) => error.name(),
            None if self.data.is_empty() => "Revert",
            None => "Unknown",
        }
    }

    /// What was expected, what was found, what to do next.
    pub fn advice(&self) -> Advice {
        match (&self.error, &self.step) {
            (Some(error), Some(step)) => step.advice(error.advice().expected),
            (Some(error), None) => error.advice(),
            _ if self.data.is_empty() => Advice::new(
                "a contract that says why",
                "no data",
                "call it by eth_call with more gas, or trace it",
            ),
            _ if self.declared().is_some() => Advice::new(
                "a call that goes through",
                self.to_string(),
                "correct the arguments, or the contract: its own code refuses",
            ),
            _ => Advice::new(
                "an error of the framework",
                format!(
                    "the selector 0x{}",
                    hex::encode(self.data.get(..4).unwrap_or_default())
                ),
                "look the selector up in the contract's own interface",
            ),
        }
    }

    /// The name and the arguments of an error that a contract declares, of none of the framework's.
    fn declared(&self) -> Option<(String, Vec<DynSolValue>)> {
        match self.error {
            Some(_) => None,
            None => declared::decode(&self.data),
        }
    }

    /// The arguments of a known error, in order.
    fn arguments(&self) -> Option<Vec<DynSolValue>> {
        let signature = self.error()?.signature();
        let (_, types) = signature.split_at(signature.find('(')?);
        let body = self.data.get(4..)?;
        match DynSolType::parse(types)
            .ok()?
            .abi_decode_params(body)
            .ok()?
        {
            DynSolValue::Tuple(values) => Some(values),
            value => Some(vec![value]),
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.arguments() {
            Some(arguments) => {
                write!(f, "{}({})", self.error_name(), listed(&arguments))?;
                match self.decoded::<ImplementationNotRunnable>() {
                    Some(error) => write!(f, ": {}", not_runnable_reason(error.reason)),
                    None => Ok(()),
                }?;
                match &self.step {
                    Some(step) => write!(f, ": {}", step.words()),
                    None => Ok(()),
                }
            }
            None if self.data.is_empty() => f.write_str("it reverted without data"),
            None => match self.declared() {
                Some((name, values)) => write!(f, "{name}({})", listed(&values)),
                None => write!(f, "it reverted with {}", self.data),
            },
        }
    }
}

/// Arguments in a row, each cut where it is long.
fn listed(arguments: &[DynSolValue]) -> String {
    let arguments = arguments.iter().map(show);
    let arguments: Vec<_> = arguments
        .map(|argument| shortened(&argument, ARGUMENT_MAX).into_owned())
        .collect();
    arguments.join(", ")
}

/// A value as people write it.
pub fn show(value: &DynSolValue) -> String {
    let list = |values: &[DynSolValue]| values.iter().map(show).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Bool(value) => value.to_string(),
        DynSolValue::Int(value, _) => value.to_string(),
        DynSolValue::Uint(value, _) => value.to_string(),
        DynSolValue::FixedBytes(word, size) => {
            format!("0x{}", hex::encode(word.get(..*size).unwrap_or_default()))
        }
        DynSolValue::Address(address) => address.to_checksum(None),
        DynSolValue::Bytes(bytes) => format!("0x{}", hex::encode(bytes)),
        DynSolValue::String(text) => format!("{text:?}"),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => {
            format!("[{}]", list(values))
        }
        DynSolValue::Tuple(values) => format!("({})", list(values)),
        other => format!("{other:?}"),
    }
}
