//! How long one execution may take.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Ink that a program spends in a second on a usual machine. A program without host functions is
/// not interrupted by the clock, but when it has spent what this gives for its time.
const INK_PER_SECOND: u64 = 200_000_000_000;

/// The time one execution may take, and a way to end it before. What is ended by it fails with
/// [`crate::ChainError::Interrupted`] and has changed nothing.
#[derive(Clone, Debug)]
pub struct TimeLimit {
    until: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl TimeLimit {
    /// `time` from now on, unlimited when absent, or until `cancelled` is set.
    pub fn new(time: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        let until = time.and_then(|time| Instant::now().checked_add(time));
        Self { until, cancelled }
    }

    /// Whether the execution must end.
    pub fn is_reached(&self) -> bool {
        let late = self.until.is_some_and(|until| Instant::now() >= until);
        late || self.cancelled.load(Ordering::Relaxed)
    }

    /// Ink that a program may spend before it must ask again; `None` without a limit.
    pub(crate) fn ink(&self) -> Option<u64> {
        let left = self.until?.saturating_duration_since(Instant::now());
        let ink = u128::from(INK_PER_SECOND) * left.as_micros() / 1_000_000;
        Some(u64::try_from(ink).unwrap_or(u64::MAX))
    }
}
