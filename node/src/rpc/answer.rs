//! Answers, written as JSON while they are made, and never longer than the bound.

use std::io;

use serde::Serialize;
use serde_json::value::RawValue;

use super::method::RpcResult;
use crate::limits::MAX_ANSWER;
use crate::rpc_error::RpcError;

/// A successful answer.
///
/// # Errors
/// [`RpcError::AnswerTooLong`].
pub(super) fn ok(value: impl Serialize) -> RpcResult {
    let mut json = Bounded::default();
    json.push(&value)?;
    json.finish()
}

/// The answer of methods that have nothing to say.
pub(super) fn done() -> RpcResult {
    Ok(RawValue::NULL.to_owned())
}

/// A list, of which only one item is in memory beside its JSON.
///
/// # Errors
/// [`RpcError::AnswerTooLong`], or the first error among the items.
pub(super) fn list<T: Serialize>(
    items: impl IntoIterator<Item = Result<T, RpcError>>,
) -> RpcResult {
    let mut json = Bounded::default();
    json.0.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            json.0.push(b',');
        }
        json.push(&item?)?;
    }
    json.0.push(b']');
    json.finish()
}

/// JSON that refuses to grow beyond the bound.
#[derive(Default)]
pub(super) struct Bounded(Vec<u8>);

impl Bounded {
    /// Appends a value.
    ///
    /// # Errors
    /// [`RpcError::AnswerTooLong`].
    pub(super) fn push(&mut self, value: &impl Serialize) -> Result<(), RpcError> {
        serde_json::to_writer(self, value).map_err(|error| match error.is_io() {
            true => RpcError::AnswerTooLong,
            false => RpcError::Internal(error.to_string()),
        })
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn finish(self) -> RpcResult {
        let reason = |error: String| RpcError::Internal(error);
        let text = String::from_utf8(self.0).map_err(|error| reason(error.to_string()))?;
        RawValue::from_string(text).map_err(|error| reason(error.to_string()))
    }
}

impl io::Write for &mut Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_ANSWER {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
