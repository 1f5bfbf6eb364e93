//! Reports of what long work is doing, without knowing who listens.

use crate::ids::TxHash;
use crate::text::duration;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A listener for the course of long work, which may leave out what it has no use for. Implementations must not fail.
pub trait Progress: Send + Sync {
    /// A piece of work has begun.
    fn begin(&self, _what: &str) {}
    /// The piece of work continues; called often.
    fn tick(&self, _detail: &str) {}
    /// `done` of `total` `unit`s are done.
    fn advance(&self, done: u64, total: u64, unit: &str, detail: &str) {
        self.tick(&format!("{done}/{total} {unit}, {detail}"));
    }
    /// A piece of work has begun of which nothing is printed but a bar on a terminal.
    fn begin_on_terminal(&self, _what: &str) {}
    /// `done` of `total` `unit`s are done. Nothing is printed but a bar on a terminal.
    fn advance_on_terminal(&self, _done: u64, _total: u64, _unit: &str, _detail: &str) {}
    /// The piece of work is done; `what` is its result in one line, empty where the command's answer
    /// has it.
    fn end(&self, _what: &str) {}
    /// Something worth knowing that is no piece of work.
    fn note(&self, _text: &str) {}
    /// A hash that may be told of is that of a transaction.
    fn transaction(&self, _: TxHash) {}
    /// Reports that the transaction was refused: it was not sent.
    fn not_sent(&self, _: TxHash) {}
    /// A command that runs now, or what a transaction that is sent now says, in full. Most listeners
    /// leave it out.
    fn command(&self, _: &str) {}
    /// An endpoint was asked; the document has `request`, and `status` and `response`, or why there is none. Most
    /// listeners do not want it.
    fn exchanged(&self, _: &dyn Fn() -> Value) {}
}

/// The rate at which a piece of work proceeds.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    begun: Instant,
    first: u64,
}

impl Rate {
    /// From now on, with `first` done already.
    pub fn from(first: u64) -> Self {
        Self {
            begun: Instant::now(),
            first,
        }
    }

    /// Says what is done a second, and how long the rest takes at that rate.
    pub fn summary(&self, done: u64, total: u64) -> String {
        summary_after(
            self.begun.elapsed(),
            done.saturating_sub(self.first),
            total.saturating_sub(done),
        )
    }
}

/// The same, where `since` was done in that time and `left` is to be done.
fn summary_after(elapsed: Duration, since: u64, left: u64) -> String {
    let each_second = since as f64 / elapsed.as_secs_f64().max(0.001);
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

/// Listens and says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

#[cfg(test)]
mod tests {
    use super::{Rate, summary_after};
    use std::time::Duration;

    #[test]
    fn rate_and_time_left_follow_from_what_was_done_in_which_time() {
        let slow = Duration::from_secs(10);
        assert_eq!(summary_after(slow, 20, 100), "2.0/s, 50 s left");
        assert_eq!(summary_after(slow, 0, 120), "0.0/s, ? left");
        let fast = Duration::from_secs(2);
        let long = summary_after(fast, 1_000, 999_000);
        assert!(long.starts_with("500/s, 33 min"), "{long}");
        let shown = summary_after(fast, 1_000, 100);
        assert_eq!(shown, "500/s, less than 1 s left");
        assert_eq!(summary_after(fast, 1_000, 0), "500/s, 0 s left");
    }

    #[test]
    fn what_was_done_before_does_not_count() {
        let rate = Rate::from(100);
        assert_eq!(rate.summary(100, 220), "0.0/s, ? left");
        assert!(!rate.summary(101, 220).starts_with("0.0/s"));
        assert!(rate.summary(220, 220).ends_with("/s, 0 s left"));
    }
}
