//! The state is saved beside the chain's work: on a thread of its own, as it was when that began.

use std::path::PathBuf;
use std::thread::JoinHandle;

use stylus_chain::ChainReader;

use crate::limits::STACK;
use crate::state_file::{self, SaveTurn};

/// A thread that saves, if there is one. It is waited for when this is dropped.
#[derive(Default)]
pub(crate) struct SavingThread(Option<JoinHandle<()>>);

impl SavingThread {
    /// Saves on a thread, unless an earlier state is still being saved.
    pub(crate) fn begin(&mut self, path: PathBuf, chain: ChainReader) {
        if self.0.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        self.wait();
        let turn = SaveTurn::take();
        let save = move || {
            let state = chain.dump_state().map_err(|error| error.to_string());
            let saved = state.and_then(|state| {
                let saved = state_file::save(&path, turn, &state);
                saved.map_err(|error| error.to_string())
            });
            if let Err(error) = saved {
                tracing::error!(%error, "the state could not be saved; trying again after the interval");
            }
        };
        let thread = std::thread::Builder::new()
            .name("stylus-saving".into())
            .stack_size(STACK);
        match thread.spawn(save) {
            Ok(thread) => self.0 = Some(thread),
            Err(error) => tracing::error!(%error, "the state cannot be saved"),
        }
    }

    /// Waits until nothing is being saved.
    pub(crate) fn wait(&mut self) {
        // A panic has said why already.
        let _ = self.0.take().map(JoinHandle::join);
    }
}

impl Drop for SavingThread {
    fn drop(&mut self) {
        self.wait();
    }
}
