//! The chain as it was at one moment, for reading on another thread.

use super::Chain;
use crate::{Budget, ChainError};
use std::ops::Deref;

/// A chain that never changes: the state, the blocks, the waiting transactions and the settings of the
/// chain it was taken from. It shares memory with the chain, so that taking one
/// costs nothing.
pub struct ChainReader(Chain);

impl ChainReader {
    /// Ends what takes more with [`ChainError::Interrupted`] or [`ChainError::TooLarge`].
    pub fn set_budget(&mut self, budget: Budget) {
        self.0.set_budget(Some(budget));
    }
}

impl Chain {
    /// Bounds all later work by a budget: reads, blocks between two of them, and waiting for a source end where it
    /// says so.
    pub fn set_budget(&mut self, budget: Option<Budget>) {
        self.state_db.set_budget(budget);
    }

    /// Ends what takes long.
    ///
    /// # Errors
    /// [`ChainError::Interrupted`] when a reader's time is over.
    pub fn check_time(&self) -> Result<(), ChainError> {
        if self.state_db.is_over() {
            Err(ChainError::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Counts bytes of what a reader gives.
    ///
    /// # Errors
    /// [`ChainError::TooLarge`] for more than an answer may have.
    pub fn charge(&self, bytes: usize) -> Result<(), ChainError> {
        let budget = self.state_db.budget();
        budget.map_or(Ok(()), |budget| budget.charge(bytes))
    }
}

impl Clone for ChainReader {
    fn clone(&self) -> Self {
        self.reader()
    }
}

impl Deref for ChainReader {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.0
    }
}

impl Chain {
    /// The chain as it is now, for reading on another thread while this one changes.
    pub fn reader(&self) -> ChainReader {
        ChainReader(Self {
            snapshots: self.snapshots.clone(),
            ..self.branch()
        })
    }
}
