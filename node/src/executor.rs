//! Reading, beside the thread that makes blocks: on threads of its own, so many at once, each for so long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stylus_chain::Budget;
use tokio::sync::Semaphore;

use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::{WorkError, panic_message};

/// Most reads at once.
const READS: usize = 64;

/// The time that one read may take, without what it waits for a fork's endpoint.
const LONGEST: Duration = Duration::from_secs(60);

/// Takes reads; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Semaphore>);

/// Ends a read whose caller has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Executor {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(READS)))
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
        let place = self.0.clone().acquire_owned().await;
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
