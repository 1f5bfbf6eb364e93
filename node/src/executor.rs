//! Reading, beside the thread that makes blocks. What executes nothing is looked up at once, and waits for
//! no other read. What executes begins in the quick lane. What computes longer there, or has to wait for a
//! fork's endpoint, is interrupted and begins again in the long lane, with all the time that a request may
//! take. In each lane they run in the order in which they came, and of one connection only some are in the
//! long lane or wait for a place in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stylus_chain::Budget;
use tokio::sync::Semaphore;

use crate::rpc_error::RpcError;
use crate::turns::Turns;
use crate::view::View;
use crate::worker::{WorkError, panic_message};

/// Processor time of a read in the quick lane, and how many run beside each other there: as many as in the long lane,
/// so that those have half of the processor at most.
const QUICK: (Duration, usize) = (Duration::from_millis(2), 8);
/// The same in the long lane: the time that one request may take.
const LONG: (Duration, usize) = (Duration::from_secs(60), 8);

/// Takes reads; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor {
    quick: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

/// How a read begins.
#[derive(Clone, Copy)]
pub(crate) enum Begin {
    /// At once, on this thread, because it is looked up.
    AtOnce,
    /// In the quick lane.
    InLane,
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

    /// Reads a view. It ends when the future is dropped, or after the time that a request may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        view: View,
        begin: Begin,
        turns: &Turns,
        work: impl Fn(&View) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let cancel = CancelOnDrop(Arc::default());
        let work = Arc::new(work);
        let (seen, cancelled, same) = (view.clone(), cancel.0.clone(), work.clone());
        let first = move || {
            let budget = Budget::quick(QUICK.0, cancelled);
            attempt(seen, budget, &*same)
        };
        let first = match begin {
            Begin::AtOnce => first(),
            Begin::InLane => in_lane(&self.quick, first).await,
        };
        if !matches!(first, Err(RpcError::Interrupted)) {
            return first;
        }
        let cancelled = cancel.0.clone();
        let second = move || attempt(view, Budget::new(Some(LONG.0), cancelled), &*work);
        let _place = turns.long().await;
        match in_lane(&self.long, second).await {
            Err(RpcError::Interrupted) => Err(RpcError::Limit(format!(
                "the request took more than {} seconds: ask for less at once",
                LONG.0.as_secs()
            ))),
            read => read,
        }
    }
}

/// Reads, on this thread.
fn attempt<T>(
    mut view: View,
    budget: Budget,
    work: &impl Fn(&View) -> Result<T, RpcError>,
) -> Result<T, RpcError> {
    view.chain.set_budget(budget);
    let read = catch_unwind(AssertUnwindSafe(|| work(&view)))
        .unwrap_or_else(|panic| Err(WorkError::Panicked(panic_message(&*panic)).into()));
    view.chain.check_source().map_err(RpcError::from).and(read)
}

/// Reads on a thread of the runtime, once the lane has a place.
async fn in_lane<T: Send + 'static>(
    lane: &Arc<Semaphore>,
    read: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
) -> Result<T, RpcError> {
    let place = lane.clone().acquire_owned().await;
    let read = tokio::task::spawn_blocking(move || {
        let _place = place;
        read()
    });
    read.await.map_err(|_| WorkError::Stopped)?
}
