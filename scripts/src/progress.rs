//! How long work reports what it is doing, without knowing who listens.

use alloy::primitives::B256;

/// A listener for the course of long work. Implementations must not fail.
pub trait Progress: Send + Sync {
    /// A piece of work has begun.
    fn begin(&self, what: &str);
    /// The piece of work goes on; called often.
    fn tick(&self, detail: &str);
    /// So much of it is done, of so much.
    fn advance(&self, done: u64, total: u64, detail: &str) {
        self.tick(&format!("{done}/{total} {detail}"));
    }
    /// The piece of work is done; `what` is its result in one line.
    fn end(&self, what: &str);
    /// Something worth knowing that is no piece of work.
    fn note(&self, text: &str);
    /// A hash that may be told of is that of a transaction.
    fn transaction(&self, _: B256) {}
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
