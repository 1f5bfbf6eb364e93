//! Threads that run calls on copies of the chain, beside the thread that owns it. A call that takes
//! long is interrupted and starts again among those that have more time, so that short calls never
//! wait for long ones.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use stylus_chain::{ChainReader, TimeLimit};

use crate::error::NodeError;
use crate::worker::panic_message;

/// Time of each attempt, and threads that make it. The last attempt is not limited.
const ATTEMPTS: [(Option<Duration>, usize); 4] = [
    (Some(Duration::from_millis(10)), 2),
    (Some(Duration::from_millis(100)), 1),
    (Some(Duration::from_secs(1)), 1),
    (None, 2),
];

/// Native stack of a thread in bytes, as that of the chain's thread.
const STACK: usize = 64 * 1024 * 1024;

/// A call that can be tried again.
pub(crate) trait Call: Send {
    /// Runs it; false when it was interrupted and must run again with more time.
    fn attempt(&mut self, chain: &ChainReader) -> bool;
    /// Notes that it runs, or that it waits for a thread.
    fn running(&mut self, running: bool);
    /// Ends it without an answer of the chain, because it panicked.
    fn panicked(&mut self, reason: String);
}

/// A call with the chain that it sees.
pub(crate) struct Job {
    pub(crate) chain: ChainReader,
    /// Set when nobody waits for the answer any more.
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) call: Box<dyn Call>,
}

/// Calls that wait, by the attempt that they wait for.
#[derive(Default)]
struct Queues {
    waiting: [VecDeque<Job>; ATTEMPTS.len()],
    stopped: bool,
}

#[derive(Default)]
struct Shared {
    queues: Mutex<Queues>,
    added: Condvar,
}

/// Takes calls; cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor(Arc<Shared>);

/// The threads of an executor.
pub(crate) struct ExecutorThreads {
    executor: Executor,
    threads: Vec<JoinHandle<()>>,
}

impl Executor {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`NodeError::Threads`] when the system refuses one.
    pub(crate) fn start() -> Result<(Self, ExecutorThreads), NodeError> {
        let executor = Self(Arc::default());
        let mut threads = ExecutorThreads {
            executor: executor.clone(),
            threads: Vec::new(),
        };
        for (attempt, (_, count)) in ATTEMPTS.iter().enumerate() {
            for _ in 0..*count {
                let executor = executor.clone();
                let thread = std::thread::Builder::new()
                    .name(format!("stylus-call-{attempt}"))
                    .stack_size(STACK)
                    .spawn(move || executor.serve(attempt))?;
                threads.threads.push(thread);
            }
        }
        Ok((executor, threads))
    }

    /// Hands over a call. After the end it is dropped, and whoever waits for it gets an error.
    pub(crate) fn submit(&self, job: Job) {
        self.enqueue(0, job);
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, attempt: usize, mut job: Job) {
        job.call.running(false);
        let mut queues = self.queues();
        if !queues.stopped {
            queues.waiting[attempt].push_back(job);
            self.0.added.notify_all();
        }
    }

    /// The next call of one attempt. The oldest and the newest alternate: nobody waits for ever, and
    /// a new caller does not wait for all who came before.
    fn next(&self, attempt: usize, newest: bool) -> Option<Job> {
        let mut queues = self.queues();
        loop {
            if queues.stopped {
                return None;
            }
            let waiting = &mut queues.waiting[attempt];
            let job = match newest {
                true => waiting.pop_back(),
                false => waiting.pop_front(),
            };
            match job {
                Some(job) if job.cancelled.load(Ordering::Relaxed) => {}
                Some(job) => return Some(job),
                None => {
                    queues = self
                        .0
                        .added
                        .wait(queues)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn serve(&self, attempt: usize) {
        let mut newest = false;
        while let Some(mut job) = self.next(attempt, newest) {
            newest = !newest;
            let limit = TimeLimit::new(ATTEMPTS[attempt].0, job.cancelled.clone());
            job.chain.set_time_limit(limit);
            job.call.running(true);
            let done = catch_unwind(AssertUnwindSafe(|| job.call.attempt(&job.chain)));
            match done {
                Ok(true) => {}
                Ok(false) if job.cancelled.load(Ordering::Relaxed) => {}
                Ok(false) => self.enqueue((attempt + 1).min(ATTEMPTS.len() - 1), job),
                Err(panic) => job.call.panicked(panic_message(&*panic)),
            }
        }
    }
}

impl ExecutorThreads {
    /// Ends the threads. What still runs was cancelled when its connection ended.
    pub(crate) fn stop(&mut self) {
        let mut queues = self.executor.queues();
        queues.stopped = true;
        let left = std::mem::take(&mut queues.waiting);
        drop(queues);
        self.executor.0.added.notify_all();
        drop(left);
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
