//! Pauses that get longer.

use std::time::{Duration, Instant};

/// Pauses, each twice as long as the one before, up to a longest one.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// From the shortest on.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            longest,
        }
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }

    /// Lets the next pause go by.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// Looks until something is there, for so long at most; nothing where it does not appear.
    pub(super) async fn until<T, E>(
        mut self,
        most: Duration,
        look: impl AsyncFn() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let begun = Instant::now();
        loop {
            let found = look().await?;
            if found.is_some() || begun.elapsed() > most {
                return Ok(found);
            }
            self.pause().await;
        }
    }

    /// Returns true if the pauses are as long as they get.
    pub(crate) fn is_longest(&self) -> bool {
        self.next >= self.longest
    }
}
