//! Threads that read, beside the thread that makes blocks. Every read begins in the quick lane. One
//! that takes longer there, or has to wait for a fork's endpoint, is interrupted and begins again in
//! the long lane, with all the time that a request may take. In each lane they run in the order in
//! which they came; a connection has one read at a time here over HTTP, and a few over WebSocket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stylus_chain::Budget;
use tokio::sync::Semaphore;

use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::{WorkError, panic_message};

/// Time of a read in the quick lane, and how many run beside each other there.
const QUICK: (Duration, usize) = (Duration::from_millis(10), 2);
/// The same in the long lane: the time that one request may take.
const LONG: (Duration, usize) = (Duration::from_secs(60), 8);

/// Takes reads; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor {
    quick: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

/// Ends a read whose caller has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Executor {
    pub(crate) fn new() -> Self {
        Self {
            quick: Arc::new(Semaphore::new(QUICK.1)),
            long: Arc::new(Semaphore::new(LONG.1)),
        }
    }

    /// Reads a view, on a thread of the runtime. It ends when the future is dropped, or after the time
    /// that a request may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        view: View,
        work: impl Fn(&View) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let cancel = CancelOnDrop(cancelled.clone());
        let work = Arc::new(work);
        let ended = cancelled.clone();
        let quick = move || Budget::new(Some(QUICK.0), ended).without_waiting();
        let first = attempt(&self.quick, view.clone(), work.clone(), quick).await;
        if !matches!(first, Err(RpcError::Interrupted)) {
            return first;
        }
        let long = move || Budget::new(Some(LONG.0), cancelled);
        let second = attempt(&self.long, view, work, long).await;
        drop(cancel);
        match second {
            Err(RpcError::Interrupted) => Err(RpcError::Limit(format!(
                "the request took more than {} seconds: ask for less at once",
                LONG.0.as_secs()
            ))),
            read => read,
        }
    }
}

/// One attempt, whose time begins once the lane has a place.
async fn attempt<T: Send + 'static>(
    lane: &Arc<Semaphore>,
    mut view: View,
    work: Arc<impl Fn(&View) -> Result<T, RpcError> + Send + Sync + 'static>,
    budget: impl FnOnce() -> Budget + Send + 'static,
) -> Result<T, RpcError> {
    let place = lane.clone().acquire_owned().await;
    let read = tokio::task::spawn_blocking(move || {
        view.chain.set_budget(budget());
        let read = work(&view);
        drop(place);
        view.chain.check_source().map_err(RpcError::from).and(read)
    });
    read.await.unwrap_or_else(|error| {
        Err(match error.try_into_panic() {
            Ok(panic) => WorkError::Panicked(panic_message(&*panic)).into(),
            Err(_) => WorkError::Stopped.into(),
        })
    })
}
