//! Reads run on threads of their own, not on the one that makes blocks. Their number and their time
//! have a bound. A read that is not short is ended, gives its place to another one, and starts again among the long
//! reads. On a fork each is tried with what is known here; only one that lacks something waits for the endpoint, in a
//! place of those that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::Extensions;
use stylus_chain::Budget;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::caller::WaitingCaller;
use crate::filters::FilterWeight;
use crate::limits::{READ_TIME, READS_PER_CORE, SHORT_READ, WAITING_READS};
use crate::rpc_error::RpcError;
use crate::view::NodeView;
use crate::work_error::{WorkError, panic_message};

/// The share that one caller may have at once: half of the places of each kind and of the filters, and one change
/// that waits for the chain's thread. So others find places, and wait for one change of each caller at most.
#[derive(Clone, Debug)]
pub(crate) struct CallerShare {
    places: Arc<Semaphore>,
    long: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    /// The share that its filters and subscriptions take.
    pub(crate) filters: FilterWeight,
}

impl CallerShare {
    pub(crate) fn new() -> Self {
        let half = |places: usize| Arc::new(Semaphore::new(places.div_ceil(2)));
        Self {
            places: half(places()),
            long: half(long_places()),
            waiting: half(WAITING_READS),
            turn: Arc::new(Semaphore::new(1)),
            filters: FilterWeight::default(),
        }
    }

    /// Returns the share of the caller that asks.
    pub(crate) fn from_extensions(caller: &Extensions) -> Self {
        caller.get().cloned().unwrap_or_else(Self::new)
    }

    /// The caller's turn to change the chain, until the value is dropped.
    pub(crate) async fn turn(&self) -> ReadPermit {
        self.turn.clone().acquire_owned().await
    }

    /// A place of a read.
    async fn place(&self) -> ReadPermit {
        self.places.clone().acquire_owned().await
    }
}

/// Given back at its end.
pub(crate) type ReadPermit = Result<OwnedSemaphorePermit, AcquireError>;

fn places() -> usize {
    READS_PER_CORE * std::thread::available_parallelism().map_or(1, usize::from)
}

/// Places of reads that take long.
fn long_places() -> usize {
    places().div_ceil(2)
}

/// Takes reads; cheap to clone.
#[derive(Clone)]
pub(crate) struct ReadExecutor {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    /// Places of reads that wait for a fork's endpoint.
    waiting: Arc<Semaphore>,
}

impl ReadExecutor {
    pub(crate) fn new() -> Self {
        Self {
            short: Arc::new(Semaphore::new(places())),
            long: Arc::new(Semaphore::new(long_places())),
            waiting: Arc::new(Semaphore::new(WAITING_READS)),
        }
    }

    /// Reads a view, on a thread of its own. It ends when the future is dropped, or after the time that a read may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        view: NodeView,
        share: &CallerShare,
        work: impl Fn(&NodeView) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let (caller, work) = (WaitingCaller::default(), Arc::new(work));
        let permit = share.place().await;
        let budget = known_within(&caller, SHORT_READ);
        let short = attempt_in(&self.short, permit, view.clone(), budget, work.clone());
        let tried = match short.await? {
            (Err(RpcError::Interrupted), _) => {
                let permit = share.long.clone().acquire_owned().await;
                let budget = known_within(&caller, READ_TIME);
                let long = attempt_in(&self.long, permit, view.clone(), budget, work.clone());
                long.await?
            }
            tried => tried,
        };
        self.finish(tried, view, share, &caller, work).await
    }

    /// Reads a view as [`Self::read`] does, but on this thread: what is never large and executes nothing.
    pub(crate) async fn read_at_once<T: Send + 'static>(
        &self,
        view: NodeView,
        share: &CallerShare,
        work: impl Fn(&NodeView) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let (caller, work) = (WaitingCaller::default(), Arc::new(work));
        let budget = known_within(&caller, READ_TIME)();
        let tried = attempt(view.clone(), budget, &*work);
        self.finish(tried, view, share, &caller, work).await
    }

    /// Returns what an attempt read, or reads again and waits for a fork's endpoint, where it did not.
    async fn finish<T: Send + 'static>(
        &self,
        tried: ReadAttempt<T>,
        view: NodeView,
        share: &CallerShare,
        caller: &WaitingCaller,
        work: Arc<impl Fn(&NodeView) -> Result<T, RpcError> + Send + Sync + 'static>,
    ) -> Result<T, RpcError> {
        let (mut read, WouldWait(would_wait)) = tried;
        if would_wait {
            let permit = share.waiting.clone().acquire_owned().await;
            let budget = within(caller, READ_TIME);
            let waiting = attempt_in(&self.waiting, permit, view, budget, work);
            read = waiting.await?.0;
        }
        match read {
            Err(RpcError::Interrupted) => Err(RpcError::Limit(format!(
                "the request took more than {} seconds: ask for less at once",
                READ_TIME.as_secs()
            ))),
            read => read,
        }
    }

    /// Awaits what a fork's endpoint answers, in a place of those that wait for it.
    pub(crate) async fn at_endpoint<T>(
        &self,
        share: &CallerShare,
        asked: impl Future<Output = T>,
    ) -> T {
        let _of_share = share.waiting.acquire().await;
        let _place = self.waiting.acquire().await;
        asked.await
    }

    /// Asks a fork's endpoint, in a place of those that wait for it, until the future is dropped.
    pub(crate) async fn wait_for_endpoint<T: Send + 'static>(
        &self,
        share: &CallerShare,
        ask: impl FnOnce(&Budget) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let caller = WaitingCaller::default();
        let budget = Budget::new(None, caller.left());
        let taken = share.waiting.clone().acquire_owned().await;
        threaded(&self.waiting, taken, move || ask(&budget)).await?
    }
}

/// The result of an attempt, and whether it ended because it did not wait for a fork's endpoint.
type ReadAttempt<T> = (Result<T, RpcError>, WouldWait);

struct WouldWait(bool);

/// The budget of an attempt, from when it begins: what it waits for a place is the time of others.
fn within(caller: &WaitingCaller, time: Duration) -> impl FnOnce() -> Budget + Send + use<> {
    let left = caller.left();
    move || Budget::new(Some(time), left)
}

/// The same for an attempt that does not wait for a fork's endpoint.
fn known_within(caller: &WaitingCaller, time: Duration) -> impl FnOnce() -> Budget + Send + use<> {
    let budget = within(caller, time);
    move || budget().without_waiting()
}

/// Reads, on a thread of its own in one of these places.
///
/// # Errors
/// The thread did not end its work.
async fn attempt_in<T: Send + 'static>(
    places: &Arc<Semaphore>,
    of_share: ReadPermit,
    view: NodeView,
    budget: impl FnOnce() -> Budget + Send + 'static,
    work: Arc<impl Fn(&NodeView) -> Result<T, RpcError> + Send + Sync + 'static>,
) -> Result<ReadAttempt<T>, WorkError> {
    threaded(places, of_share, move || attempt(view, budget(), &*work)).await
}

/// Works on a thread of its own, once there is a place there too. Work whose caller has left keeps its places until it ends,
/// and what was found keeps them until it is taken, so that results do not pile up.
async fn threaded<T: Send + 'static>(
    places: &Arc<Semaphore>,
    of_share: ReadPermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WorkError> {
    let taken = (places.clone().acquire_owned().await, of_share);
    let done = tokio::task::spawn_blocking(move || (work(), taken));
    let (found, _taken) = done.await.map_err(|_| WorkError::Stopped)?;
    Ok(found)
}

/// Reads, on this thread.
fn attempt<T>(
    mut view: NodeView,
    budget: Budget,
    work: &impl Fn(&NodeView) -> Result<T, RpcError>,
) -> ReadAttempt<T> {
    view.chain.set_budget(budget.clone());
    let read = catch_unwind(AssertUnwindSafe(|| work(&view)))
        .unwrap_or_else(|panic| Err(WorkError::Panicked(panic_message(&*panic)).into()));
    let read = view.chain.check_source().map_err(RpcError::from).and(read);
    (read, WouldWait(budget.was_refused_to_wait()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use stylus_chain::{Chain, ChainConfig};
    use tokio::runtime::Runtime;

    use crate::accounts::DevAccounts;
    use crate::node::DevNode;

    /// A chain to read.
    fn view() -> NodeView {
        let accounts = DevAccounts::nitro_alone().expect("accounts");
        DevNode::from_chain(Chain::new(ChainConfig::default()), accounts).view()
    }

    #[test]
    fn what_a_read_waits_for_a_place_is_not_its_own_time() {
        let view = view();
        let (executor, share) = (ReadExecutor::new(), CallerShare::new());
        Runtime::new().expect("threads").block_on(async {
            let all = u32::try_from(places()).expect("some");
            let taken = executor.short.acquire_many(all).await.expect("places");
            let times = Arc::new(AtomicUsize::new(0));
            let count = times.clone();
            let work = move |view: &NodeView| {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(view.chain.check_time()?)
            };
            let mut read = Box::pin(executor.read(view, &share, work));
            assert!(futures::poll!(read.as_mut()).is_pending());
            tokio::time::sleep(SHORT_READ).await;
            drop(taken);
            read.await.expect("its own time");
            assert_eq!(times.load(Ordering::Relaxed), 1, "it stayed a short read");
        });
    }

    #[test]
    fn one_caller_leaves_places_of_long_reads_and_at_an_endpoint_to_others() {
        let view = view();
        let (executor, page, other) = (ReadExecutor::new(), CallerShare::new(), CallerShare::new());
        let runtime = Runtime::new().expect("threads");
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let (begin, begun) = mpsc::channel();
        let until_the_end = move || {
            let _ = begin.send(());
            let _ = ended.lock().map(|ended| ended.recv());
        };
        // A read that is not short begins again among the long ones.
        let long = |end: Option<Arc<dyn Fn() + Send + Sync>>| {
            let times = AtomicUsize::new(0);
            move |_: &NodeView| match times.fetch_add(1, Ordering::Relaxed) {
                0 => Err(RpcError::Interrupted),
                _ => {
                    end.iter().for_each(|end| end());
                    Ok(7)
                }
            }
        };
        let until_the_end = Arc::new(until_the_end);
        for _ in 0..2 * long_places() {
            let (executor, page, view) = (executor.clone(), page.clone(), view.clone());
            let work = long(Some(until_the_end.clone()));
            runtime.spawn(async move { executor.read(view, &page, work).await });
        }
        for _ in 0..long_places().div_ceil(2) {
            begun.recv().expect("a long read");
        }
        let read = executor.read(view, &other, long(None));
        assert_eq!(runtime.block_on(read).expect("a place"), 7);

        for _ in 0..2 * WAITING_READS {
            let (executor, page) = (executor.clone(), page.clone());
            let until_the_end = until_the_end.clone();
            runtime.spawn(async move {
                let ask = move |_: &Budget| {
                    until_the_end();
                    Ok(())
                };
                executor.wait_for_endpoint(&page, ask).await
            });
        }
        for _ in 0..WAITING_READS.div_ceil(2) {
            begun.recv().expect("one that waits");
        }
        let asked = executor.wait_for_endpoint(&other, |_| Ok(8));
        assert_eq!(runtime.block_on(asked).expect("a place"), 8);
        assert!(begun.try_recv().is_err(), "the page has its share already");
        drop(end);
    }

    #[test]
    fn work_of_callers_that_have_left_leaves_places_to_others() {
        let view = view();
        let (executor, page, other) = (ReadExecutor::new(), CallerShare::new(), CallerShare::new());
        let runtime = Runtime::new().expect("threads");
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let (begin, begun) = mpsc::channel();
        let leaving = || {
            let (executor, page, view) = (executor.clone(), page.clone(), view.clone());
            let (begin, ended) = (begin.clone(), ended.clone());
            runtime.spawn(async move {
                let work = move |_: &NodeView| {
                    let _ = begin.send(());
                    // Until the test ends.
                    let _ = ended.lock().map(|ended| ended.recv());
                    Ok(())
                };
                executor.read(view, &page, work).await
            })
        };
        for _ in 0..places().div_ceil(2) {
            let task = leaving();
            begun.recv().expect("work that began");
            task.abort();
            assert!(runtime.block_on(task).is_err(), "the caller has left");
        }
        let later: Vec<_> = (0..places()).map(|_| leaving()).collect();
        let read = executor.read(view, &other, |_| Ok(7));
        assert_eq!(runtime.block_on(read).expect("a place"), 7);
        assert!(begun.try_recv().is_err(), "the page has its share already");
        later.iter().for_each(tokio::task::JoinHandle::abort);
        drop(end);
    }
}
