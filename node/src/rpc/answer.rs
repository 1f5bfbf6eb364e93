//! Answers. jsonrpsee refuses those that are too long.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::method::RpcResult;
use crate::rpc_error::RpcError;

/// A successful answer.
///
/// # Errors
/// [`RpcError::Internal`] for what is no JSON.
pub(super) fn ok(value: impl Serialize) -> RpcResult {
    to_raw_value(&value).map_err(|error| RpcError::Internal(error.to_string()))
}

/// The answer of methods that have nothing to say.
pub(super) fn done() -> RpcResult {
    Ok(RawValue::NULL.to_owned())
}

/// A list of what can fail.
///
/// # Errors
/// The first error among the items.
pub(super) fn list<T: Serialize>(
    items: impl IntoIterator<Item = Result<T, RpcError>>,
) -> RpcResult {
    ok(items.into_iter().collect::<Result<Vec<_>, _>>()?)
}
