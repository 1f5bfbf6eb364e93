//! Threads that read, beside the thread that makes blocks. Every read begins in the quick lane. One
//! that takes longer there, or has to wait for a fork's endpoint, is interrupted and begins again in
//! the long lane, with all the time that a request may take. Connections take turns in each lane.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use stylus_chain::Budget;
use tokio::sync::oneshot;

use crate::error::NodeError;
use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::{WorkError, panic_message};

/// Time of a read in the quick lane, and the threads there.
const QUICK: (Duration, usize) = (Duration::from_millis(10), 2);
/// The same in the long lane: the time that one request may take, and most that run beside each other.
const LONG: (Duration, usize) = (Duration::from_secs(60), 8);

/// Native stack of a thread in bytes, as that of the chain's thread.
const STACK: usize = 64 * 1024 * 1024;

/// A read that waits or runs.
struct Job {
    view: View,
    /// Set when nobody waits for the answer any more.
    cancelled: Arc<AtomicBool>,
    connection: usize,
    /// Reads and answers; false when it was interrupted in the quick lane.
    attempt: Box<dyn FnMut(&View) -> bool + Send>,
}

/// Reads that wait, by turn and arrival. A connection's next read has a turn after its last one, so
/// that those with few are not behind those with many.
#[derive(Default)]
struct Queue {
    waiting: BTreeMap<(u64, u64), Job>,
    /// Last turn of each connection that has reads here.
    turns: HashMap<usize, u64>,
    turn: u64,
    arrivals: u64,
}

impl Queue {
    fn push(&mut self, job: Job) {
        let last = self.turns.get(&job.connection);
        let turn = last.map_or(self.turn, |last| self.turn.max(last + 1));
        self.turns.insert(job.connection, turn);
        self.arrivals += 1;
        self.waiting.insert((turn, self.arrivals), job);
    }

    /// Of those whose turn it is, the oldest and the newest alternate: nobody waits for ever, and a new
    /// caller does not wait for all who came before.
    fn pop(&mut self, newest: bool) -> Option<Job> {
        let (turn, _) = *self.waiting.first_key_value()?.0;
        let mut same_turn = self.waiting.range((turn, 0)..=(turn, u64::MAX));
        let key = match newest {
            true => same_turn.next_back(),
            false => same_turn.next(),
        };
        let key = *key?.0;
        self.turn = turn;
        let job = self.waiting.remove(&key);
        if self.waiting.is_empty() {
            self.turns.clear();
        }
        job
    }
}

#[derive(Default)]
struct Lane {
    queue: Mutex<Queue>,
    added: Condvar,
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Shared {
    quick: Lane,
    long: Lane,
    stopped: AtomicBool,
}

/// Takes reads; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Executor(Arc<Shared>);

/// The threads of an executor.
pub(crate) struct ExecutorThreads {
    executor: Executor,
    threads: Vec<JoinHandle<()>>,
}

/// Ends a read whose caller has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Executor {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`NodeError::Threads`] when the system refuses one.
    pub(crate) fn start() -> Result<(Self, ExecutorThreads), NodeError> {
        let executor = Self::default();
        let mut threads = ExecutorThreads {
            executor: executor.clone(),
            threads: Vec::new(),
        };
        for (name, count) in [("stylus-quick", QUICK.1), ("stylus-long", LONG.1)] {
            for _ in 0..count {
                let executor = executor.clone();
                let thread = std::thread::Builder::new()
                    .name(name.into())
                    .stack_size(STACK)
                    .spawn(move || executor.serve(count == QUICK.1))?;
                threads.threads.push(thread);
            }
        }
        Ok((executor, threads))
    }

    /// Reads a view for a connection. It ends when the future is dropped, or after the time that a request may take.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        view: View,
        connection: usize,
        mut work: impl FnMut(&View) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let (answer, answered) = oneshot::channel();
        let mut answer = Some(answer);
        let attempt = move |view: &View| {
            let read = catch_unwind(AssertUnwindSafe(|| work(view)));
            let read = read
                .unwrap_or_else(|panic| Err(WorkError::Panicked(panic_message(&*panic)).into()));
            let read = view.chain.check_source().map_err(RpcError::from).and(read);
            if matches!(read, Err(RpcError::Interrupted)) {
                return false;
            }
            if let Some(answer) = answer.take() {
                let _ = answer.send(read);
            }
            true
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(cancelled.clone());
        let job = Job {
            view,
            cancelled,
            connection,
            attempt: Box::new(attempt),
        };
        self.enqueue(&self.0.quick, job);
        answered.await.unwrap_or(Err(match self.is_stopped() {
            true => WorkError::Stopped.into(),
            false => RpcError::Limit(format!(
                "the request took more than {} seconds: ask for less at once",
                LONG.0.as_secs()
            )),
        }))
    }

    fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    fn enqueue(&self, lane: &Lane, job: Job) {
        let mut queue = lane.queue();
        if !self.is_stopped() {
            queue.push(job);
            lane.added.notify_one();
        }
    }

    fn next(&self, lane: &Lane, newest: bool) -> Option<Job> {
        let mut queue = lane.queue();
        loop {
            if self.is_stopped() {
                return None;
            }
            match queue.pop(newest) {
                Some(job) if job.cancelled.load(Ordering::Relaxed) => {}
                Some(job) => return Some(job),
                None => {
                    let added = lane.added.wait(queue);
                    queue = added.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn serve(&self, quick: bool) {
        let lane = if quick { &self.0.quick } else { &self.0.long };
        let mut newest = false;
        while let Some(mut job) = self.next(lane, newest) {
            newest = !newest;
            let cancelled = job.cancelled.clone();
            job.view.chain.set_budget(match quick {
                true => Budget::new(Some(QUICK.0), cancelled).without_waiting(),
                false => Budget::new(Some(LONG.0), cancelled),
            });
            let done = (job.attempt)(&job.view);
            if !done && quick && !job.cancelled.load(Ordering::Relaxed) {
                self.enqueue(&self.0.long, job);
            }
        }
    }
}

impl ExecutorThreads {
    /// Ends the threads. What still runs was cancelled when its connection ended.
    pub(crate) fn stop(&mut self) {
        self.executor.0.stopped.store(true, Ordering::Relaxed);
        for lane in [&self.executor.0.quick, &self.executor.0.long] {
            let left = std::mem::take(&mut *lane.queue());
            lane.added.notify_all();
            drop(left);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for ExecutorThreads {
    fn drop(&mut self) {
        self.stop();
    }
}
