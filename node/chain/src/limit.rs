//! Bounds of one request.

use crate::{ChainError, bounds::MAX_BYTES};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Time and memory that one request may take, and a way to end it before. What is ended by it fails
/// with [`ChainError::Interrupted`] and has changed nothing, but for blocks that were made before. The time does not end
/// one execution that nobody records: gas bounds a call, and [`Execution`] a transaction.
#[derive(Clone, Debug)]
pub struct Budget {
    until: Option<Instant>,
    cancelled: Arc<AtomicBool>,
    /// Until when a source is waited for.
    wait_until: Option<Instant>,
    execution: Execution,
    spent: Arc<Spent>,
}

/// The time for which one transaction may execute. A longer one is refused ([`ChainError::TooLong`]) and has changed
/// nothing. The default is no bound: gas ends it.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// The time that it may take, without what it waits for a [`crate::Source`].
    pub time: Option<Duration>,
    /// Set when the chain ends: from then on nothing executes, and what was submitted waits.
    pub ended: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Spent {
    bytes: AtomicUsize,
    /// Microseconds that another chain was waited for: they do not count.
    waited: AtomicU64,
    /// The first thing that could not be read: every result after it is wrong.
    unread: OnceLock<ChainError>,
    /// Set when a source would have had to be waited for, or longer.
    refused_to_wait: AtomicBool,
}

impl Budget {
    /// `time` from now on, unlimited when absent, or until `cancelled` is set. Waiting for a
    /// [`crate::Source`] does not count.
    pub fn new(time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            until: time.and_then(|time| Instant::now().checked_add(time)),
            cancelled,
            wait_until: None,
            execution: Execution::default(),
            spent: Arc::default(),
        }
    }

    /// The same for a request that waits for no source: what a source does not know yet ends it.
    #[must_use]
    pub fn without_waiting(self) -> Self {
        self.waiting(Duration::ZERO)
    }

    /// The same for a request that waits for a source no longer than so from now on, all in all.
    #[must_use]
    pub fn waiting(self, at_most: Duration) -> Self {
        let until = Instant::now().checked_add(at_most);
        let wait_until = self.wait_until.into_iter().chain(until).min();
        Self { wait_until, ..self }
    }

    /// The same with nothing spent, for a part of the request that may fail.
    #[must_use]
    pub(crate) fn renewed(&self) -> Self {
        Self {
            spent: Arc::default(),
            ..self.clone()
        }
    }

    /// The same for a request whose transactions have a bound of their own.
    #[must_use]
    pub fn executing(self, execution: Execution) -> Self {
        Self { execution, ..self }
    }

    /// Returns the bound of one transaction of the request, whoever waits for it.
    #[must_use]
    pub(crate) fn of_transaction(&self) -> Self {
        let Execution { time, ended } = &self.execution;
        let until = time.and_then(|time| Instant::now().checked_add(time));
        Self {
            until: until.and_then(|until| until.checked_sub(self.waited())),
            cancelled: ended.clone(),
            ..self.clone()
        }
    }

    /// Returns the bound of one call of the request: gas bounds it, so that it ends only where nobody waits for it
    /// any more.
    #[must_use]
    pub(crate) fn of_call(&self) -> Self {
        Self {
            until: None,
            ..self.clone()
        }
    }

    /// The time that a transaction may take.
    pub(crate) fn execution_time(&self) -> Option<Duration> {
        self.execution.time
    }

    /// Returns true if the chain has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.execution.ended.load(Relaxed)
    }

    /// Returns the reason why something could not be read, which ended the request.
    pub fn unread(&self) -> Option<ChainError> {
        self.spent.unread.get().cloned()
    }

    /// Returns true if something was not read because a source would have had to be waited for, or longer.
    pub fn was_refused_to_wait(&self) -> bool {
        self.spent.refused_to_wait.load(Relaxed)
    }

    /// Returns true if a source may go on waiting for what it does not know: asked before, and while it does.
    pub fn may_wait(&self) -> bool {
        let is_over = self.wait_until.is_some_and(|until| Instant::now() >= until);
        if is_over {
            self.spent.refused_to_wait.store(true, Relaxed);
        }
        !is_over && !self.cancelled.load(Relaxed)
    }

    /// Returns true if the request must end.
    pub fn is_reached(&self) -> bool {
        let late = self.left().is_some_and(|left| left.is_zero());
        late || self.cancelled.load(Relaxed)
            || self.has_ended()
            || self.spent.unread.get().is_some()
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

    /// Ends the request, because something could not be read.
    pub(crate) fn stop(&self, reason: ChainError) {
        // Only the first reason counts.
        let _ = self.spent.unread.set(reason);
    }

    /// Counts bytes of a result.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), ChainError> {
        let before = self.spent.bytes.fetch_add(bytes, Relaxed);
        if before.saturating_add(bytes) > MAX_BYTES {
            Err(ChainError::TooLarge)
        } else {
            Ok(())
        }
    }

    fn waited(&self) -> Duration {
        Duration::from_micros(self.spent.waited.load(Relaxed))
    }

    fn left(&self) -> Option<Duration> {
        Some((self.until? + self.waited()).saturating_duration_since(Instant::now()))
    }
}

/// No bound.
impl Default for Budget {
    fn default() -> Self {
        Self::new(None, Arc::default())
    }
}
