//! Answers. One that would be too long ends while it is written.

use std::cell::Cell;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::method::RpcResult;
use crate::limits::{ANSWER, LARGE_ANSWER};
use crate::rpc_error::RpcError;

/// Bytes of most answers.
const USUAL: usize = 128;

/// Held by the one large answer that is written: several at once would need much memory.
static LARGE: Mutex<()> = Mutex::new(());

/// The text so far.
struct BoundedText {
    text: Vec<u8>,
    large: Option<MutexGuard<'static, ()>>,
}

impl io::Write for BoundedText {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let length = self.text.len() + part.len();
        if length > ANSWER {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if length > LARGE_ANSWER && self.large.is_none() {
            self.large = Some(LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.text.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A successful answer.
///
/// # Errors
/// [`RpcError::Limit`] for one that is too long, [`RpcError::Internal`] for what is no JSON.
pub(super) fn ok(value: impl Serialize) -> RpcResult {
    let internal = |error: &dyn std::fmt::Display| RpcError::Internal(error.to_string());
    let mut text = BoundedText {
        text: Vec::with_capacity(USUAL),
        large: None,
    };
    serde_json::to_writer(&mut text, &value).map_err(|error| {
        if error.is_io() {
            RpcError::Limit(format!(
                "the answer has more than {} MiB: ask for less at once",
                ANSWER >> 20
            ))
        } else {
            internal(&error)
        }
    })?;
    let BoundedText {
        text,
        large: _large,
    } = text;
    let text = String::from_utf8(text).map_err(|error| internal(&error))?;
    RawValue::from_string(text).map_err(|error| internal(&error))
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

/// A list whose items are made while it is written, one after the other: they are never there together. To make one
/// takes no time, as others wait to write a large answer.
pub(super) struct LazyList<I>(Cell<Option<I>>);

impl<I: Iterator<Item: Serialize>> LazyList<I> {
    pub(super) fn new(items: impl IntoIterator<IntoIter = I>) -> Self {
        Self(Cell::new(Some(items.into_iter())))
    }
}

impl<I: Iterator<Item: Serialize>> Serialize for LazyList<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn of_a_list_that_is_too_long_no_more_is_made_than_what_was_written() {
        let made = AtomicUsize::new(0);
        let items = (0..1_000).map(|_| {
            made.fetch_add(1, Ordering::Relaxed);
            "a".repeat(1 << 20)
        });
        assert!(matches!(ok(LazyList::new(items)), Err(RpcError::Limit(_))));
        assert_eq!(made.into_inner(), ANSWER >> 20);
        let short = ok(LazyList::new(["a", "b"])).expect("an answer");
        assert_eq!(short.get(), r#"["a","b"]"#);
    }
}
