//! What one request may take.

use crate::ChainError;
use rustix::time::{ClockId, clock_gettime};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Ink that a program spends in a second on a usual machine. A program without host functions is
/// not interrupted by the clock, but when it has spent what this gives for its time.
const INK_PER_SECOND: u64 = 200_000_000_000;

/// Most bytes that the results of one request have together.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// Time and memory that one request may take, and a way to end it before. What is ended by it fails
/// with [`ChainError::Interrupted`] and has changed nothing.
#[derive(Clone, Debug)]
pub struct Budget {
    /// When it is over, by `clock`.
    until: Option<Duration>,
    clock: ClockId,
    cancelled: Arc<AtomicBool>,
    spent: Arc<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    bytes: AtomicUsize,
    /// Microseconds that another chain was waited for: they count for nobody.
    waited: AtomicU64,
    /// Set when something could not be read: what goes on is worthless.
    stopped: AtomicBool,
}

impl Budget {
    /// `time` from now on, unlimited when absent, or until `cancelled` is set. Waiting for a
    /// [`crate::Source`] does not count.
    pub fn new(time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self::by(ClockId::Monotonic, time, cancelled)
    }

    /// `time` of the processor for this thread, which others that compute do not shorten. It ends where a
    /// [`crate::Source`] would be waited for.
    pub fn quick(time: Duration, cancelled: Arc<AtomicBool>) -> Self {
        Self::by(ClockId::ThreadCPUTime, Some(time), cancelled)
    }

    fn by(clock: ClockId, time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            until: time.and_then(|time| now(clock).checked_add(time)),
            clock,
            cancelled,
            spent: Arc::default(),
        }
    }

    /// Whether the request must end.
    pub fn is_reached(&self) -> bool {
        let late = self.left().is_some_and(|left| left.is_zero());
        late || self.is_cancelled() || self.spent.stopped.load(Relaxed)
    }

    /// Whether nobody waits for it any more.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Waits for a source, or gives up at once where it must not.
    pub(crate) fn wait<T>(&self, read: impl FnOnce() -> T) -> Option<T> {
        if self.clock == ClockId::ThreadCPUTime || self.is_reached() {
            self.stop();
            return None;
        }
        let begun = Instant::now();
        let read = read();
        let waited = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.waited.fetch_add(waited, Relaxed);
        Some(read)
    }

    /// Ends what goes on.
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

    /// Ink that a program may spend before it must ask again; `None` without a limit.
    pub(crate) fn ink(&self) -> Option<u64> {
        let ink = u128::from(INK_PER_SECOND) * self.left()?.as_micros() / 1_000_000;
        Some(u64::try_from(ink).unwrap_or(u64::MAX))
    }

    fn left(&self) -> Option<Duration> {
        let waited = Duration::from_micros(self.spent.waited.load(Relaxed));
        Some((self.until? + waited).saturating_sub(now(self.clock)))
    }
}

fn now(clock: ClockId) -> Duration {
    clock_gettime(clock).try_into().unwrap_or_default()
}
