//! Other endpoints of the same chain, where one does not do all: a sequencer that takes transactions and answers nothing
//! else, and one that gives events of many blocks.

use super::{ChainError, Client, Endpoint};
use crate::progress::Progress;
use alloy::providers::DynProvider;
use std::sync::Arc;
use std::time::Duration;

/// The endpoints that are asked beside the endpoint.
#[derive(Clone, Default)]
pub(super) struct Beside {
    /// The endpoint that takes transactions.
    sends: Option<Arc<Client>>,
    /// The endpoint that gives events.
    logs: Option<Arc<Client>>,
}

impl Beside {
    /// The same, bearing trouble as [`Client::bearing`] does.
    pub(super) fn bearing(&self, trouble: Duration, deadline: Duration) -> Self {
        let bearing = |client: &Arc<Client>| Arc::new(client.bearing(trouble, deadline));
        Self {
            sends: self.sends.as_ref().map(bearing),
            logs: self.logs.as_ref().map(bearing),
        }
    }
}

impl Client {
    /// A connection that nobody has asked: of the chain, not even the id is known.
    ///
    /// # Errors
    /// Where the URL cannot be used.
    pub fn of_endpoint(
        endpoint: Endpoint,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, ChainError> {
        Ok(Self::unasked(endpoint, progress, 0)?.0)
    }

    /// The same chain, whose transactions are given to `endpoint`. Nothing else is asked there.
    ///
    /// # Errors
    /// Where the URL cannot be used.
    pub fn sending_to(mut self, endpoint: Endpoint) -> Result<Self, ChainError> {
        let (other, _) = Self::unasked(endpoint, self.progress.clone(), self.chain_id)?;
        self.beside.sends = Some(Arc::new(other));
        Ok(self)
    }

    /// The same chain, whose events `endpoint` gives.
    ///
    /// # Errors
    /// Where the URL cannot be used.
    pub fn with_events_of(mut self, endpoint: Endpoint) -> Result<Self, ChainError> {
        let (other, _) = Self::unasked(endpoint, self.progress.clone(), self.chain_id)?;
        self.beside.logs = Some(Arc::new(other));
        Ok(self)
    }

    /// Returns the provider that takes transactions.
    pub fn sequencer(&self) -> &DynProvider {
        self.taker().provider()
    }

    /// The connection that transactions go to.
    pub(super) fn taker(&self) -> &Self {
        self.beside.sends.as_deref().unwrap_or(self)
    }

    /// The connection that gives events.
    pub fn teller(&self) -> &Self {
        self.beside.logs.as_deref().unwrap_or(self)
    }
}
