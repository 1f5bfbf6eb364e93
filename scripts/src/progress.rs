//! How long work reports what it is doing, without knowing who listens.

use crate::ids::TxHash;
use crate::text::duration;
use std::time::Instant;

/// A listener for the course of long work. Implementations must not fail.
pub trait Progress: Send + Sync {
    /// A piece of work has begun.
    fn begin(&self, what: &str);
    /// The piece of work goes on; called often.
    fn tick(&self, detail: &str);
    /// So much of it is done, of so many `unit`s.
    fn advance(&self, done: u64, total: u64, unit: &str, detail: &str) {
        self.tick(&format!("{done}/{total} {unit}, {detail}"));
    }
    /// The piece of work is done; `what` is its result in one line, empty where the command's answer
    /// has it.
    fn end(&self, what: &str);
    /// Something worth knowing that is no piece of work.
    fn note(&self, text: &str);
    /// A hash that may be told of is that of a transaction.
    fn transaction(&self, _: TxHash) {}
    /// A command that runs now, or what a transaction that is sent now says, in full. Most listeners
    /// leave it out.
    fn command(&self, _: &str) {}
}

/// How fast a piece of work goes on.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    begun: Instant,
    first: u64,
}

impl Rate {
    /// From now on, with so much done already.
    pub fn from(first: u64) -> Self {
        Self {
            begun: Instant::now(),
            first,
        }
    }

    /// What is done a second, and how long the rest takes at that rate.
    pub fn summary(&self, done: u64, total: u64) -> String {
        let since = done.saturating_sub(self.first) as f64;
        let each_second = since / self.begun.elapsed().as_secs_f64().max(0.001);
        let left = total.saturating_sub(done);
        let left = match (left as f64 / each_second) as u64 {
            _ if each_second <= 0.0 => "?".into(),
            0 if left > 0 => "less than 1 s".into(),
            seconds => duration(seconds),
        };
        match each_second {
            10.0.. => format!("{each_second:.0}/s, {left} left"),
            _ => format!("{each_second:.1}/s, {left} left"),
        }
    }
}

/// Listens and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}
    fn tick(&self, _: &str) {}
    fn end(&self, _: &str) {}
    fn note(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use std::time::{Duration, Instant};

    fn rate(first: u64, seconds: u64) -> Rate {
        let begun = Instant::now().checked_sub(Duration::from_secs(seconds));
        Rate {
            begun: begun.expect("the clock is older"),
            first,
        }
    }

    #[test]
    fn rate_and_time_left_count_what_was_done_since() {
        let slow = rate(100, 10);
        assert_eq!(slow.summary(120, 220), "2.0/s, 50 s left");
        assert_eq!(slow.summary(100, 220), "0.0/s, ? left");
        let fast = rate(0, 2);
        assert!(fast.summary(1_000, 1_000_000).starts_with("500/s, 33 min"));
        assert_eq!(fast.summary(1_000, 1_100), "500/s, less than 1 s left");
        assert_eq!(fast.summary(1_000, 1_000), "500/s, 0 s left");
    }
}
