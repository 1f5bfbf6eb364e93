//! The one thread that owns the chain. Requests queue up and are answered in order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::NodeError;
use crate::limits::{END_TIME, STACK};
use crate::node::DevNode;
use crate::state_file::{self, SaveTurn};
use crate::view::{NodeView, PublishedView};
use crate::work_error::{WorkError, panic_message};

/// The time for which the thread waits for requests after work of no request panicked.
const PAUSE_AFTER_PANIC: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut DevNode) + Send>;

enum WorkerMessage {
    Run(Job),
    /// A reader waits for a view.
    Publish,
    Stop,
}

/// Sends work to the chain's thread; cheap to clone.
#[derive(Clone)]
pub(crate) struct ChainWorker {
    sender: Sender<WorkerMessage>,
    published: Arc<PublishedView>,
}

impl ChainWorker {
    /// Starts the thread and waits until the chain is built.
    ///
    /// # Errors
    /// Whatever `build` fails with, or [`NodeError::Threads`].
    pub(crate) fn start(
        build: impl FnOnce() -> Result<DevNode, NodeError> + Send + 'static,
    ) -> Result<(Self, ChainThread), NodeError> {
        let (sender, receiver) = mpsc::channel();
        let (wake, woken) = mpsc::channel();
        let (is_saved, over) = (Arc::<Mutex<bool>>::default(), ThreadEnd(wake.clone()));
        let saving = is_saved.clone();
        let published = Arc::<PublishedView>::default();
        let shown = published.clone();
        let (ready, started) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("stylus-chain".into())
            .stack_size(STACK)
            .spawn(move || {
                let _over = over;
                match build() {
                    Ok(mut node) => {
                        let _ = ready.send(Ok(()));
                        serve(&mut node, &receiver, &shown);
                        save_once(&saving, || node.save())
                    }
                    Err(error) => {
                        let _ = ready.send(Err(error));
                        Ok(())
                    }
                }
            })?;
        let thread = ChainThread {
            thread,
            wake,
            woken: Mutex::new(woken),
            is_saved,
        };
        match started.recv() {
            Ok(Ok(())) => Ok((Self { sender, published }, thread)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(NodeError::Chain("it panicked while it was built".into())),
        }
    }

    /// The node as it is. Where the chain's thread is busy, as it was when that began.
    pub(crate) async fn view(&self) -> Result<NodeView, WorkError> {
        match self.published.ask() {
            Ok(view) => Ok(view),
            Err(view) => {
                let _ = self.sender.send(WorkerMessage::Publish);
                view.await.map_err(|_| WorkError::Stopped)
            }
        }
    }

    /// Runs `work` on the chain's thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DevNode) -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        self.run_unless_quick(|_| false, work).await
    }

    /// The same for work that may be quick. Before quick work no view is made: a reader that asks for one
    /// waits for the end of the work.
    pub(crate) async fn run_unless_quick<T: Send + 'static>(
        &self,
        is_quick: impl FnOnce(&DevNode) -> bool + Send + 'static,
        work: impl FnOnce(&mut DevNode) -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let (answer, answered) = oneshot::channel();
        self.post(is_quick, work, move |result| drop(answer.send(result)))?;
        answered.await.map_err(|_| WorkError::Stopped)?
    }

    /// Runs `work` on the chain's thread and blocks this one until it is done.
    pub(crate) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DevNode) -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.post(|_| false, work, move |result| drop(answer.send(result)))?;
        answered.recv().map_err(|_| WorkError::Stopped)?
    }

    /// Asks the thread to save the state and end, after the work that waits already.
    pub(crate) fn stop(&self) {
        let _ = self.sender.send(WorkerMessage::Stop);
    }

    /// Saves the state as it was before the work that keeps the thread busy.
    fn save_newest(&self, file: Option<&Path>) -> Result<(), NodeError> {
        tracing::warn!("the chain is kept busy: the node ends with the state before that work");
        let Some(file) = file else { return Ok(()) };
        let fail = |reason: String| Err(NodeError::Chain(reason));
        let Some(view) = self.published.newest() else {
            return fail("it is kept busy, and its state cannot be saved".into());
        };
        let turn = SaveTurn::take();
        match view.chain.dump_state() {
            Ok(state) => state_file::save(file, turn, &state),
            Err(error) => fail(error.to_string()),
        }
    }

    fn post<T: Send + 'static>(
        &self,
        is_quick: impl FnOnce(&DevNode) -> bool + Send + 'static,
        work: impl FnOnce(&mut DevNode) -> T + Send + 'static,
        answer: impl FnOnce(Result<T, WorkError>) + Send + 'static,
    ) -> Result<(), WorkError> {
        let published = self.published.clone();
        let job: Job = Box::new(move |node| {
            if !is_quick(node) {
                published.publish(|| node.view());
            }
            let result = catch_unwind(AssertUnwindSafe(|| work(node)));
            node.chain.set_budget(None);
            // Before the answer: a client that has read the answer sees the change, and filters report it.
            published.outdate();
            guarded(|| node.announce());
            answer(result.map_err(|panic| WorkError::Panicked(panic_message(&*panic))));
        });
        self.sender
            .send(WorkerMessage::Run(job))
            .map_err(|_| WorkError::Stopped)
    }
}

/// The chain's thread, from outside.
pub(crate) struct ChainThread {
    thread: JoinHandle<Result<(), NodeError>>,
    wake: Sender<WakeReason>,
    woken: Mutex<Receiver<WakeReason>>,
    is_saved: Arc<Mutex<bool>>,
}

/// The reason why nobody waits for the chain's thread any more.
enum WakeReason {
    /// It is over.
    Over,
    /// Something else says so.
    Hurry,
}

/// Tells that the thread is over, also where it panics.
struct ThreadEnd(Sender<WakeReason>);

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        let _ = self.0.send(WakeReason::Over);
    }
}

impl ChainThread {
    /// Lets [`Self::end`] wait no longer.
    pub(crate) fn hurry(&self) -> impl Fn() + Send + 'static {
        let wake = self.wake.clone();
        move || drop(wake.send(WakeReason::Hurry))
    }

    /// Waits for the thread's end, for a time. Where it is kept busy longer the state is saved as it was before that work.
    ///
    /// # Errors
    /// [`NodeError::File`] when the state could not be saved, [`NodeError::Chain`] after a panic.
    pub(crate) fn end(self, worker: &ChainWorker, file: Option<&Path>) -> Result<(), NodeError> {
        let woken = self
            .woken
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Err(RecvTimeoutError::Timeout) | Ok(WakeReason::Hurry) = woken.recv_timeout(END_TIME)
        {
            let mut is_late = false;
            save_once(&self.is_saved, || {
                is_late = true;
                worker.save_newest(file)
            })?;
            if is_late {
                return Ok(());
            }
        }
        let panicked = |_| Err(NodeError::Chain("its thread panicked".into()));
        self.thread.join().unwrap_or_else(panicked)
    }
}

/// Saves, unless another thread has: one that does is waited for.
fn save_once(
    is_saved: &Mutex<bool>,
    save: impl FnOnce() -> Result<(), NodeError>,
) -> Result<(), NodeError> {
    let mut is_saved = is_saved.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut *is_saved, true) {
        Ok(())
    } else {
        save()
    }
}

fn serve(node: &mut DevNode, receiver: &Receiver<WorkerMessage>, published: &PublishedView) {
    let mut healthy = true;
    loop {
        if published.is_wanted() {
            published.publish(|| node.view());
        }
        let idle = if healthy {
            node.idle_for()
        } else {
            // Work that panicked is not tried again at once.
            Some(PAUSE_AFTER_PANIC)
        };
        healthy = true;
        match receive(receiver, idle) {
            Ok(WorkerMessage::Run(job)) => job(node),
            Ok(WorkerMessage::Publish) | Err(RecvTimeoutError::Timeout) => {}
            Ok(WorkerMessage::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
        if node.is_due() {
            published.publish(|| node.view());
            healthy = guarded(|| node.tick()).is_some();
            published.outdate();
            healthy &= guarded(|| node.announce()).is_some();
        }
    }
}

/// Runs work that belongs to no request; `None` when it panicked. The thread keeps running, as after a
/// request that panicked.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.map_err(|panic| {
        let reason = panic_message(&*panic);
        tracing::error!(%reason, "the chain panicked between two requests; the node keeps running");
    })
    .ok()
}

fn receive(
    receiver: &Receiver<WorkerMessage>,
    idle: Option<Duration>,
) -> Result<WorkerMessage, RecvTimeoutError> {
    match idle {
        Some(idle) => receiver.recv_timeout(idle),
        None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use stylus_chain::{Chain, ChainConfig};

    use crate::accounts::DevAccounts;

    #[test]
    fn who_is_in_a_hurry_gets_the_state_before_the_work_that_does_not_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state.json");
        let accounts = DevAccounts::nitro_alone().expect("accounts");
        let chain = Chain::new(ChainConfig::default());
        let started = ChainWorker::start(|| Ok(DevNode::from_chain(chain, accounts)));
        let (worker, thread) = started.expect("a thread");
        let (begin, begun) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let busy = worker.clone();
        let caller = std::thread::spawn(move || {
            busy.run_blocking(move |node| {
                node.chain.mine(1, None).expect("a block");
                begin.send(()).expect("who waits for it");
                let _ = ended.recv();
            })
        });
        begun.recv().expect("it began");
        thread.hurry()();
        thread.end(&worker, Some(&file)).expect("saved");
        let saved = std::fs::read_to_string(&file).expect("a file");
        let saved: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
        assert_eq!(saved["best_block_number"], 0, "{saved}");
        drop(end);
        caller.join().expect("no panic").expect("done");
    }
}
