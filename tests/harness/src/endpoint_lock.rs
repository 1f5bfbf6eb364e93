//! A lock on an endpoint that other processes run. The tests of this process send from the same
//! accounts there, so they run one after the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Held as long as a test uses the endpoint; the next test's thread waits for its end.
#[derive(Debug)]
pub(crate) struct EndpointLock(());

/// Whose turn it is, and how many it holds: a test may connect twice.
static HOLDER: Mutex<Option<(ThreadId, usize)>> = Mutex::new(None);
static FREE: Condvar = Condvar::new();

impl EndpointLock {
    /// Waits until no other thread holds a turn. It blocks the thread, which is the test's own.
    pub(crate) fn take() -> Self {
        let me = thread::current().id();
        let is_held =
            |holder: &mut Option<(ThreadId, usize)>| holder.is_some_and(|(who, _)| who != me);
        let free = FREE.wait_while(holder(), is_held);
        let mut holder = free.unwrap_or_else(PoisonError::into_inner);
        *holder = Some((me, holder.map_or(0, |(_, held)| held) + 1));
        Self(())
    }
}

impl Drop for EndpointLock {
    fn drop(&mut self) {
        let mut holder = holder();
        *holder = holder
            .filter(|(_, held)| *held > 1)
            .map(|(who, held)| (who, held - 1));
        FREE.notify_all();
    }
}

fn holder() -> MutexGuard<'static, Option<(ThreadId, usize)>> {
    HOLDER.lock().unwrap_or_else(PoisonError::into_inner)
}
