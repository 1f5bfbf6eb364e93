//! Bytes that the server holds for its callers, in one account: parameters of requests that are served, and answers
//! until they are sent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use jsonrpsee::server::HttpBody;

use crate::limits::{BoundExceeded, HELD};

/// Bytes that are held for all callers; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryLedger(Arc<Mutex<usize>>);

impl MemoryLedger {
    /// A share of the account that holds nothing yet.
    pub(crate) fn share(&self) -> ReservedMemory {
        let (account, bytes) = (self.clone(), 0);
        ReservedMemory { account, bytes }
    }

    /// Changes the account, unless more than there may be would be held.
    fn change(&self, given_back: usize, taken: usize) -> Result<(), BoundExceeded> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.saturating_sub(given_back);
        *all = match taken {
            0 => left,
            taken => HELD.check(left.saturating_add(taken))?,
        };
        Ok(())
    }
}

/// Bytes that one request holds, until the value is dropped.
#[derive(Debug)]
pub(crate) struct ReservedMemory {
    account: MemoryLedger,
    bytes: usize,
}

impl ReservedMemory {
    /// Holds more.
    ///
    /// # Errors
    /// [`BoundExceeded`]: all callers hold too much.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), BoundExceeded> {
        self.account.change(0, bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for ReservedMemory {
    fn drop(&mut self) {
        // What is given back has no bound.
        let _ = self.account.change(self.bytes, 0);
    }
}

/// The body of an answer over HTTP, whose bytes are held until they are sent, or its caller has left.
pub(crate) struct ReservedBody {
    inner: HttpBody,
    held: Arc<ReservedMemory>,
}

/// A part of a body that waits to be sent.
struct ReservedPart {
    bytes: Bytes,
    _held: Arc<ReservedMemory>,
}

impl AsRef<[u8]> for ReservedPart {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl ReservedBody {
    /// A body that is held.
    pub(crate) fn new(inner: HttpBody, held: Arc<ReservedMemory>) -> Self {
        Self { inner, held }
    }
}

impl Body for ReservedBody {
    type Data = <HttpBody as Body>::Data;
    type Error = <HttpBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        // The connection keeps a part until it is written, and the body no longer than its last one.
        let hold = |bytes| {
            let _held = self.held.clone();
            Bytes::from_owner(ReservedPart { bytes, _held })
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(hold))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_callers_share_one_account() {
        let held = MemoryLedger::default();
        let (mut first, mut second) = (held.share(), held.share());
        first.grow(HELD.most - 10).expect("room");
        second.grow(10).expect("room");
        let refusal = second.grow(1).expect_err("no room").to_string();
        assert!(refusal.contains("of all callers"), "{refusal}");
        drop(first);
        second.grow(HELD.most - 10).expect("there is room again");
        drop(second);
        assert_eq!(*held.0.lock().expect("an account"), 0);
    }
}
