//! Callers that wait for an answer: work for a caller ends when it leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A caller that waits; it has left once this is dropped.
#[derive(Default)]
pub(crate) struct WaitingCaller(Arc<AtomicBool>);

impl WaitingCaller {
    /// Set when the caller has left.
    pub(crate) fn left(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

impl Drop for WaitingCaller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
