//! What subscribers receive: new blocks and new transactions.

use std::sync::Arc;

use alloy::primitives::B256;
use stylus_chain::Block;
use tokio::sync::broadcast;

/// Most events that wait for a slow subscriber; then its subscription is closed.
const BACKLOG: usize = 131_072;

/// Something that happened on the chain.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A block was mined.
    Block(Arc<Block>),
    /// A transaction was accepted.
    Transaction(B256),
}

/// The sending side, cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }

    /// Whether there is a subscriber; an event costs a copy of the block.
    pub(crate) fn wanted(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn send(&self, event: Event) {
        // No subscriber is no error.
        let _ = self.0.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
