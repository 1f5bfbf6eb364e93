//! The time of the next block.

use crate::{ChainError, LAST_SECOND};
use std::time::{SystemTime, UNIX_EPOCH};

/// Wall clock with a shift, single fixed timestamps and fixed intervals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// Seconds added to the wall clock.
    pub(crate) shift: i64,
    /// Exact time of the next block.
    pub(crate) next: Option<u64>,
    /// Seconds from block to block.
    pub(crate) interval: Option<u64>,
    /// True if a block may have its parent's time.
    pub(crate) repeat: bool,
}

/// Unix seconds of the machine.
pub(crate) fn wall() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

impl Clock {
    /// Unix seconds with the shift.
    pub(crate) fn now(&self) -> u64 {
        wall().saturating_add_signed(self.shift)
    }

    /// Time of a block that follows one at `last`.
    pub(crate) fn next_time(&self, last: u64) -> u64 {
        if let Some(next) = self.next {
            return next.max(last);
        }
        if let Some(interval) = self.interval {
            return last.saturating_add(interval);
        }
        self.now().max(last.saturating_add(u64::from(!self.repeat)))
    }

    /// Takes the time of a block that follows one at `last`; after a fixed time the clock continues from it.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooHigh`] beyond [`LAST_SECOND`]: no block has such a time.
    pub(crate) fn take(&mut self, last: u64) -> Result<u64, ChainError> {
        let time = self.next_time(last);
        if time > LAST_SECOND {
            return Err(ChainError::TimestampTooHigh(time));
        }
        if self.next.take().is_some() {
            self.set(time);
        }
        Ok(time)
    }

    /// Makes the clock show `time` now; returns the change in seconds. Times beyond the reach of
    /// the shift become the farthest one.
    pub(crate) fn set(&mut self, time: u64) -> i64 {
        let distance = |from: u64| {
            let seconds = i128::from(time) - i128::from(from);
            i64::try_from(seconds).unwrap_or(i64::MAX)
        };
        let change = distance(self.now());
        self.shift = distance(wall());
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_at_the_end_of_u64_do_not_overflow() {
        let mut clock = Clock::default();
        for time in [u64::MAX, 0, i64::MAX as u64, u64::MAX - 1, 1_800_000_000] {
            clock.set(time);
            let expected = time.min(wall().saturating_add(i64::MAX as u64));
            assert!(clock.now().abs_diff(expected) <= 1, "{time}");
            assert!(clock.next_time(u64::MAX) == u64::MAX);
            clock.next = Some(time);
            assert_eq!(clock.take(0).ok(), (time <= LAST_SECOND).then_some(time));
        }
    }
}
