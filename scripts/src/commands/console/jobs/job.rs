//! One page that is being read.

use std::cell::Cell;
use std::thread;
use std::time::Instant;
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

/// Bytes of a reading's stack: as much as the main thread's.
const STACK: usize = 8 << 20;

/// A page that is being read, or was. Its thread ends with it.
pub(super) struct Job<T> {
    /// When it began.
    pub(super) begun: Instant,
    /// When it was asked for last.
    pub(super) last: Cell<Instant>,
    /// Answers that said that it follows, and were not followed by another request yet.
    pub(super) owed: Cell<usize>,
    /// What was read, and when.
    found: watch::Receiver<Option<(T, Instant)>>,
    /// Ends the reading once it is dropped.
    _end: oneshot::Sender<()>,
}

/// How far a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is being read.
    Reading,
    /// It is there, since then.
    Read(Instant),
    /// A defect ended it.
    Defect,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended<T> {
    /// What was read.
    Read(T),
    /// Nothing: a defect ended it.
    Defect,
}

impl<T: Clone + Send + Sync + 'static> Job<T> {
    /// Begins to read, in a thread of its own.
    pub(super) fn begin<F: Future<Output = T>>(
        reading: impl FnOnce() -> F + Send + 'static,
    ) -> Self {
        let (sender, found) = watch::channel(None);
        let (end, ended) = oneshot::channel::<()>();
        // Where no thread is to be had, the sender is gone at once.
        let _ = thread::Builder::new()
            .name("page".into())
            .stack_size(STACK)
            .spawn(move || {
                let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
                    return;
                };
                let read = runtime.block_on(async {
                    tokio::select! {
                        read = reading() => Some(read),
                        _ = ended => None,
                    }
                });
                sender.send_replace(read.map(|read| (read, Instant::now())));
                // What the reading left behind in other threads is not waited for.
                runtime.shutdown_background();
            });
        Self {
            begun: Instant::now(),
            last: Cell::new(Instant::now()),
            owed: Cell::new(0),
            found,
            _end: end,
        }
    }

    /// How far it is.
    pub(super) fn state(&self) -> State {
        // Asked before what was read is looked at: it is there before its sender is gone.
        let is_gone = self.found.has_changed().is_err();
        match (self.found.borrow().as_ref(), is_gone) {
            (Some((_, at)), _) => State::Read(*at),
            (None, true) => State::Defect,
            (None, false) => State::Reading,
        }
    }

    /// Waits for what is read.
    pub(super) async fn ended(&self) -> Ended<T> {
        let mut found = self.found.clone();
        let read = found.wait_for(Option::is_some).await;
        match read.ok().and_then(|read| read.clone()) {
            Some((read, _)) => Ended::Read(read),
            None => Ended::Defect,
        }
    }
}
