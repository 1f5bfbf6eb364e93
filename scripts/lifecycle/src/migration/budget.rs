//! Budget for complex migrations on a copy.

use std::time::{Duration, Instant};

/// Batches that are tried, at most, unless somebody wants more or fewer.
pub const BATCHES: u64 = 500;
/// Time for each of them on average: 60 s for the usual number.
const TIME_OF_ONE: Duration = Duration::from_millis(120);

/// The rest of the budget for complex migrations.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    batches: u64,
    until: Instant,
}

impl Budget {
    /// From now on that many batches, and the time for them.
    pub fn of(batches: u64) -> Self {
        let time = u32::try_from(batches).unwrap_or(u32::MAX);
        let time = TIME_OF_ONE.saturating_mul(time);
        let begun = Instant::now();
        Self {
            batches,
            until: begun.checked_add(time).unwrap_or(begun),
        }
    }

    /// Takes one batch, if there is one left.
    pub(super) fn take(&mut self) -> bool {
        let is_left = self.batches > 0 && Instant::now() < self.until;
        self.batches = self.batches.saturating_sub(1);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_as_many_batches_as_it_says() {
        let until = Instant::now() + Duration::from_secs(3_600);
        let mut budget = Budget { batches: 2, until };
        assert_eq!([(); 3].map(|()| budget.take()), [true, true, false]);
        assert!(!Budget::of(0).take());
    }
}
