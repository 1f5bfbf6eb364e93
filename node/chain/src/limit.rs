//! What one request may take.

use crate::{ChainError, bounds::MAX_BYTES};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Time and memory that one request may take, and a way to end it before. What is ended by it fails
/// with [`ChainError::Interrupted`] and has changed nothing. One execution is not interrupted: gas bounds it.
#[derive(Clone, Debug)]
pub struct Budget {
    until: Option<Instant>,
    cancelled: Arc<AtomicBool>,
    spent: Arc<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    bytes: AtomicUsize,
    /// Microseconds that another chain was waited for: they do not count.
    waited: AtomicU64,
    /// Set when something could not be read: the result would be wrong.
    stopped: AtomicBool,
}

impl Budget {
    /// `time` from now on, unlimited when absent, or until `cancelled` is set. Waiting for a
    /// [`crate::Source`] does not count.
    pub fn new(time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            until: time.and_then(|time| Instant::now().checked_add(time)),
            cancelled,
            spent: Arc::default(),
        }
    }

    /// Whether the request must end.
    pub fn is_reached(&self) -> bool {
        let late = self.left().is_some_and(|left| left.is_zero());
        late || self.cancelled.load(Relaxed) || self.spent.stopped.load(Relaxed)
    }

    /// Waits for a source, or gives up where the time is over.
    pub(crate) fn wait<T>(&self, read: impl FnOnce() -> T) -> Option<T> {
        if self.is_reached() {
            return None;
        }
        let begun = Instant::now();
        let read = read();
        let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.waited.fetch_add(waited, Relaxed);
        Some(read)
    }

    /// Ends the execution.
    pub(crate) fn stop(&self) {
        self.spent.stopped.store(true, Relaxed);
    }

    /// Counts bytes of a result.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), ChainError> {
        let before = self.spent.bytes.fetch_add(bytes, Relaxed);
        match before.saturating_add(bytes) > MAX_BYTES {
            true => Err(ChainError::TooLarge),
            false => Ok(()),
        }
    }

    fn left(&self) -> Option<Duration> {
        let waited = Duration::from_micros(self.spent.waited.load(Relaxed));
        Some((self.until? + waited).saturating_duration_since(Instant::now()))
    }
}
