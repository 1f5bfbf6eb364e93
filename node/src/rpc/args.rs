//! Positional parameters.

use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::rpc_error::RpcError;

/// The parameters of one request, parsed one by one as the method asks for them.
#[derive(Clone, Debug)]
pub(super) struct Args(Vec<Box<RawValue>>);

impl Args {
    /// # Errors
    /// [`RpcError::Params`] unless the parameters are absent or an array.
    pub(super) fn new(params: &Params<'_>) -> Result<Self, RpcError> {
        match params.as_str() {
            None | Some("null") => Ok(Self(Vec::new())),
            Some(text) => serde_json::from_str(text).map(Self).map_err(|error| {
                RpcError::Params(format!("expected an array of parameters: {error}"))
            }),
        }
    }

    /// All of them, to be passed on.
    pub(super) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    /// The parameter at `index`, which must be there.
    pub(super) fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, RpcError> {
        self.opt(index, name)?
            .ok_or_else(|| RpcError::Params(format!("{} is missing", of(index, name))))
    }

    /// The parameter at `index`, unless it is absent or null.
    pub(super) fn opt<T: DeserializeOwned>(
        &self,
        index: usize,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        match self.0.get(index).map(|raw| raw.get()) {
            None | Some("null") => Ok(None),
            Some(text) => serde_json::from_str(text)
                .map(Some)
                .map_err(|error| RpcError::Params(format!("{}: {error}", of(index, name)))),
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
}

fn of(index: usize, name: &str) -> String {
    format!("parameter {index} ({name})")
}
