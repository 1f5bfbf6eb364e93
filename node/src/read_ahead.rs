//! Reads of data that a fork's timed blocks lack, on a thread of its own: the chain's thread goes on with what is
//! known.

use std::thread::JoinHandle;

use stylus_chain::{Budget, ChainError};

use crate::caller::WaitingCaller;
use crate::limits::STACK;

/// A reading thread, if there is one. It ends when this is dropped.
#[derive(Default)]
pub(crate) struct ReadAhead {
    under_way: Option<(WaitingCaller, JoinHandle<Result<(), ChainError>>)>,
    /// True if the log has why nothing is read.
    told: bool,
}

impl ReadAhead {
    /// Reads on a thread, unless that is under way already.
    pub(crate) fn begin(
        &mut self,
        read: impl FnOnce(&Budget) -> Result<(), ChainError> + Send + 'static,
    ) {
        if let Some((caller, thread)) = self.under_way.take() {
            if !thread.is_finished() {
                self.under_way = Some((caller, thread));
                return;
            }
            self.tell(thread);
        }
        let caller = WaitingCaller::default();
        let budget = Budget::new(None, caller.left());
        let thread = std::thread::Builder::new()
            .name("stylus-ahead".into())
            .stack_size(STACK)
            .spawn(move || read(&budget));
        match thread {
            Ok(thread) => self.under_way = Some((caller, thread)),
            Err(error) => tracing::error!(%error, "what timed blocks lack cannot be read"),
        }
    }

    /// Says once why nothing could be read, until something could.
    fn tell(&mut self, thread: JoinHandle<Result<(), ChainError>>) {
        // What panics here panics on the chain's thread, too, which says so.
        let failed = thread.join().unwrap_or(Ok(())).err();
        if let Some(error) = failed.as_ref().filter(|_| !self.told) {
            tracing::error!(
                %error,
                "timed blocks leave out what waits for the fork's endpoint; it is asked again with each of them"
            );
        }
        self.told = failed.is_some();
    }
}
