//! A view: the node as it was at one moment, for readers. The chain's thread publishes one before it
//! begins work that may take long, and when a reader waits for one; so no reader waits for a block.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy::primitives::B256;
use stylus_chain::{ChainConfig, ChainReader};
use tokio::sync::oneshot;

use crate::accounts::DevAccounts;
use crate::events::EventLog;
use crate::filters::{FilterRegistry, FilterWeight};
use crate::fork::{Fork, VerifyMode};

/// Polled filters, which readers share with the chain's thread.
#[derive(Clone, Default)]
pub(crate) struct SharedFilters(Arc<Mutex<FilterRegistry>>);

impl SharedFilters {
    pub(crate) fn lock(&self) -> MutexGuard<'_, FilterRegistry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The node at one moment; a copy shares everything with it.
#[derive(Clone)]
pub(crate) struct NodeView {
    pub(crate) chain: ChainReader,
    pub(crate) accounts: Arc<DevAccounts>,
    pub(crate) filters: SharedFilters,
    /// The part of the bound that the filters of the caller take.
    pub(crate) filters_of_caller: FilterWeight,
    pub(crate) fork: Option<Fork>,
    /// Differs for each start and each reset, so that tools notice that their notes are stale.
    pub(crate) instance_id: B256,
    pub(crate) events: EventLog,
    /// The place in them up to which this view knows what happened.
    pub(crate) events_end: u64,
    /// Seconds between timed blocks.
    pub(crate) mining_interval: Option<Duration>,
    /// Settings of the chain without a fork.
    pub(crate) plain: Arc<ChainConfig>,
    /// The rule that says whether forks are verified.
    pub(crate) verify: VerifyMode,
}

/// The newest view.
#[derive(Default)]
pub(crate) struct PublishedView(Mutex<PublishedState>);

#[derive(Default)]
struct PublishedState {
    /// None since something may have changed.
    view: Option<NodeView>,
    waiting: Vec<oneshot::Sender<NodeView>>,
}

impl PublishedView {
    fn state(&self) -> MutexGuard<'_, PublishedState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest view, or where it will be.
    pub(crate) fn ask(&self) -> Result<NodeView, oneshot::Receiver<NodeView>> {
        let mut state = self.state();
        if let Some(view) = &state.view {
            return Ok(view.clone());
        }
        let (view, later) = oneshot::channel();
        state.waiting.push(view);
        Err(later)
    }

    /// The newest view, if nothing has changed since.
    pub(crate) fn newest(&self) -> Option<NodeView> {
        self.state().view.clone()
    }

    /// Returns true if a reader waits for a view.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.state().waiting.is_empty()
    }

    /// Gives a view to the readers that wait and to those that ask later, unless there is one.
    pub(crate) fn publish(&self, view: impl FnOnce() -> NodeView) {
        let mut state = self.state();
        if state.view.is_some() {
            return;
        }
        let view = view();
        for waiting in state.waiting.drain(..) {
            let _ = waiting.send(view.clone());
        }
        state.view = Some(view);
    }

    /// The node may have changed: no reader gets this view any more.
    pub(crate) fn outdate(&self) {
        let outdated = self.state().view.take();
        drop(outdated);
    }
}
