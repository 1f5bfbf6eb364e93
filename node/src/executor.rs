//! Reads run on threads of their own, not on the one that makes blocks. Their number and their time
//! have a bound.
//! Reads of a fork may wait for its endpoint, so they have places of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stylus_chain::Budget;
use tokio::sync::Semaphore;

use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::{WorkError, panic_message};

/// Most reads at once for each core. More would only keep the threads waiting that take requests.
const READS_PER_CORE: usize = 4;

/// Most reads of a fork at once, which wait for its endpoint.
const FORK_READS: usize = 64;

/// The time that one read may take, without what it waits for a fork's endpoint.
const LONGEST: Duration = Duration::from_secs(60);

/// Takes reads; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor {
    own: Arc<Semaphore>,
    forked: Arc<Semaphore>,
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
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            own: Arc::new(Semaphore::new(READS_PER_CORE * cores)),
            forked: Arc::new(Semaphore::new(FORK_READS)),
        }
    }

    /// Reads a view, on this thread where `at_once` says so and no fork's endpoint may have to be asked. It ends
    /// when the future is dropped, or after the time that a read may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        mut view: View,
        at_once: bool,
        work: impl FnOnce(&View) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        if at_once && view.fork.is_none() {
            return attempt(&view, work);
        }
        let cancel = CancelOnDrop(Arc::default());
        let places = match view.fork {
            Some(_) => &self.forked,
            None => &self.own,
        };
        let place = places.clone().acquire_owned().await;
        let cancelled = cancel.0.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _place = place;
            view.chain.set_budget(Budget::new(Some(LONGEST), cancelled));
            attempt(&view, work)
        });
        match read.await.map_err(|_| WorkError::Stopped)? {
            Err(RpcError::Interrupted) => Err(RpcError::Limit(format!(
                "the request took more than {} seconds: ask for less at once",
                LONGEST.as_secs()
            ))),
            read => read,
        }
    }
}

/// Reads, on this thread.
fn attempt<T>(view: &View, work: impl FnOnce(&View) -> Result<T, RpcError>) -> Result<T, RpcError> {
    let read = catch_unwind(AssertUnwindSafe(|| work(view)))
        .unwrap_or_else(|panic| Err(WorkError::Panicked(panic_message(&*panic)).into()));
    view.chain.check_source().map_err(RpcError::from).and(read)
}
