//! The block that a command reads while it may send: the one that was the newest a moment ago. Between two transactions
//! its reads agree with each other, and nothing is asked for twice ([`super::memory`]).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time for which such a block is read. Endpoints without an archive keep the state of the last half minute at
/// least.
const MOMENT: Duration = Duration::from_secs(5);

/// A block, and when it was the newest.
#[derive(Debug, Default)]
pub(super) struct Moment(Mutex<Option<(u64, Instant)>>);

impl Moment {
    /// Notes the newest block.
    pub(super) fn begin_at(&self, block: u64) {
        *self.kept() = Some((block, Instant::now()));
    }

    /// Ends it: what is read next is of the newest block then.
    pub(super) fn end(&self) {
        *self.kept() = None;
    }

    /// The block that was the newest a moment ago.
    pub(super) fn block(&self) -> Option<u64> {
        let (block, since) = (*self.kept())?;
        (since.elapsed() < MOMENT).then_some(block)
    }

    fn kept(&self) -> MutexGuard<'_, Option<(u64, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
