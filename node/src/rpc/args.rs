//! Positional parameters.

use std::collections::HashMap;

use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::config::Admission;
use crate::rpc_error::{LENIENT, RpcError};

/// The parameters of one request, parsed one by one as the method asks for them.
#[derive(Clone, Debug)]
pub(super) struct Args {
    values: Vec<Box<RawValue>>,
    admission: Admission,
}

impl Args {
    /// # Errors
    /// [`RpcError::Params`] unless the parameters are absent or an array.
    pub(super) fn new(params: &Params<'_>, admission: Admission) -> Result<Self, RpcError> {
        let values = match params.as_str() {
            None | Some("null") => Vec::new(),
            Some(text) if !text.starts_with('[') => {
                return Err(RpcError::Params("non-array args".into()));
            }
            Some(text) => serde_json::from_str(text).map_err(|error| {
                RpcError::Params(format!("expected an array of parameters: {error}"))
            })?,
        };
        Ok(Self { values, admission })
    }

    /// All of them, to be passed on.
    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.values).unwrap_or_default()
    }

    /// The parameter at `index`, which must be there.
    pub(super) fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, RpcError> {
        self.opt(index, name)?.ok_or_else(|| missing(index))
    }

    /// The parameter at `index`, unless it is absent or null.
    pub(super) fn opt<T: DeserializeOwned>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        let Some(text) = self.values.get(index).map(|raw| raw.get()) else {
            return Ok(None);
        };
        if text == "null" {
            return Ok(None);
        }
        let value = serde_json::from_str(text)
            .map_err(|error| RpcError::Params(format!("{}: {error}", of(index, name))))?;
        if !self.admission.is_lenient() {
            prefixed(index, text)?;
        }
        Ok(Some(value))
    }

    /// A parameter that Nitro wants to be there, and that has a default where the node is lenient.
    pub(super) fn required<T: DeserializeOwned>(
        &self,
        index: usize,
        name: &str,
        default: T,
    ) -> Result<T, RpcError> {
        match self.opt(index, name)? {
            Some(value) => Ok(value),
            None if self.admission.is_lenient() => Ok(default),
            None => Err(RpcError::Params(format!("{} ({LENIENT})", missing(index)))),
        }
    }

    /// A number that fits 64 bits, hexadecimal or not.
    pub(super) fn u64(&self, index: usize, name: &str) -> Result<u64, RpcError> {
        RpcError::narrow(&of(index, name), self.get(index, name)?)
    }

    /// Like [`Self::u64`], unless absent.
    pub(super) fn opt_u64(&self, index: usize, name: &str) -> Result<Option<u64>, RpcError> {
        let value = self.opt::<U256>(index, name)?;
        value
            .map(|value| RpcError::narrow(&of(index, name), value))
            .transpose()
    }

    /// What is refused of them.
    pub(super) fn admission(&self) -> Admission {
        self.admission
    }
}

fn of(index: usize, name: &str) -> String {
    format!("parameter {index} ({name})")
}

fn missing(index: usize) -> RpcError {
    RpcError::Params(format!("missing value for required argument {index}"))
}

/// The fields of a call or transaction that are hexadecimal.
const HEXADECIMAL: [&str; 11] = [
    "from",
    "to",
    "gas",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "value",
    "nonce",
    "data",
    "input",
    "chainId",
];

/// Refuses hexadecimal text without 0x: a parameter, or a field of a call.
fn prefixed(index: usize, text: &str) -> Result<(), RpcError> {
    let bare = |text: &str| {
        let digits = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        digits.is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    };
    let found = match text.as_bytes().first() {
        Some(b'"') => bare(text),
        Some(b'{') => {
            let fields = serde_json::from_str::<HashMap<String, &RawValue>>(text);
            let fields = fields.unwrap_or_default();
            HEXADECIMAL
                .iter()
                .any(|name| fields.get(*name).is_some_and(|value| bare(value.get())))
        }
        _ => false,
    };
    match found {
        true => Err(RpcError::Params(format!(
            "invalid argument {index}: hex string without 0x prefix ({LENIENT})"
        ))),
        false => Ok(()),
    }
}
