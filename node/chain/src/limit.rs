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
/// with [`ChainError::Interrupted`] and has changed nothing, but for blocks that were made before. One execution that
/// nobody records is not interrupted: gas bounds it.
#[derive(Clone, Debug)]
pub struct Budget {
    until: Option<Instant>,
    cancelled: Arc<AtomicBool>,
    may_wait: bool,
    spent: Arc<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    bytes: AtomicUsize,
    /// Microseconds that another chain was waited for: they do not count.
    waited: AtomicU64,
    /// Set when something could not be read: the result would be wrong.
    stopped: AtomicBool,
    /// Set when a source would have had to be waited for.
    refused_to_wait: AtomicBool,
}

impl Budget {
    /// `time` from now on, unlimited when absent, or until `cancelled` is set. Waiting for a
    /// [`crate::Source`] does not count.
    pub fn new(time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            until: time.and_then(|time| Instant::now().checked_add(time)),
            cancelled,
            may_wait: true,
            spent: Arc::default(),
        }
    }

    /// The same for a request that waits for no source: what a source does not know yet ends it.
    #[must_use]
    pub fn without_waiting(self) -> Self {
        let may_wait = false;
        Self { may_wait, ..self }
    }

    /// Whether something was not read because a source would have had to be waited for.
    pub fn was_refused_to_wait(&self) -> bool {
        self.spent.refused_to_wait.load(Relaxed)
    }

    /// Whether a source may go on waiting for what it does not know: asked before, and while it does.
    pub fn may_wait(&self) -> bool {
        if !self.may_wait {
            self.spent.refused_to_wait.store(true, Relaxed);
        }
        self.may_wait && !self.cancelled.load(Relaxed)
    }

    /// Whether the request must end.
    pub fn is_reached(&self) -> bool {
        let late = self.left().is_some_and(|left| left.is_zero());
        late || self.cancelled.load(Relaxed) || self.spent.stopped.load(Relaxed)
    }

    /// Asks a source, or gives up where the time is over.
    pub(crate) fn ask<T>(&self, ask: impl FnOnce(&Self) -> T) -> Option<T> {
        if self.is_reached() {
            return None;
        }
        let begun = Instant::now();
        let answer = ask(self);
        let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.waited.fetch_add(waited, Relaxed);
        Some(answer)
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

/// No bound.
impl Default for Budget {
    fn default() -> Self {
        Self::new(None, Arc::default())
    }
}
