//! The chain as it was at one moment, for reading on another thread.

use super::Chain;
use crate::{ChainError, TimeLimit};
use std::ops::Deref;

/// A chain that never changes: the state, the blocks and the settings of the chain it was taken
/// from, without waiting transactions and snapshots. It shares memory with the chain, so that
/// taking one costs nothing.
pub struct ChainReader(Chain);

impl ChainReader {
    /// Ends every execution that takes longer with [`crate::ChainError::Interrupted`].
    pub fn set_time_limit(&mut self, limit: TimeLimit) {
        self.0.time_limit = Some(limit);
    }
}

impl Chain {
    /// Ends what takes long.
    ///
    /// # Errors
    /// [`ChainError::Interrupted`] when a reader's time is over.
    pub fn check_time(&self) -> Result<(), ChainError> {
        match self.time_limit.as_ref().is_some_and(TimeLimit::is_reached) {
            true => Err(ChainError::Interrupted),
            false => Ok(()),
        }
    }
}

impl Deref for ChainReader {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.0
    }
}

impl Chain {
    /// The chain as it is now, for reading on another thread while this one goes on.
    pub fn reader(&self) -> ChainReader {
        ChainReader(Chain {
            config: self.config.clone(),
            state_db: self.state_db.clone(),
            ledger: self.ledger.clone(),
            programs: self.programs.clone(),
            pool: Default::default(),
            clock: self.clock,
            settings: super::Settings {
                impersonated: Default::default(),
                ..self.settings
            },
            snapshots: Vec::new(),
            next_snapshot: 0,
            time_limit: None,
        })
    }
}
