//! Taking blocks back.

use super::{Chain, read::unknown_state};
use crate::{BlockId, ChainError};

impl Chain {
    /// Takes back the newest `depth` blocks with everything that happened in and after them;
    /// snapshots of what is taken back are gone. Waiting transactions and settings stay.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] when there are fewer blocks, or when the state after the one that
    /// would be the newest is not known; then nothing has changed.
    pub fn rollback(&mut self, depth: u64) -> Result<(), ChainError> {
        let head = self.ledger.head();
        let number = head
            .checked_sub(depth)
            .filter(|number| self.ledger.has(*number))
            .ok_or_else(|| ChainError::UnknownBlock(format!("{depth} before {head}")))?;
        if depth == 0 {
            return Ok(());
        }
        let version = self
            .ledger
            .version(number)
            .ok_or_else(|| unknown_state(number))?;
        self.state_db.undo_to(version);
        self.ledger.truncate(number);
        self.ledger.set_head_version(version);
        let kept = self
            .snapshots
            .iter()
            .filter(|(_, snapshot)| snapshot.head <= number && snapshot.version <= version);
        self.snapshots = kept.map(|(id, snapshot)| (*id, snapshot.clone())).collect();
        Ok(())
    }

    /// A chain of its own that continues from a block of this one.
    ///
    /// # Errors
    /// As [`Chain::rollback`].
    pub(super) fn branch_at(&self, id: BlockId) -> Result<Self, ChainError> {
        let mut branch = self.branch();
        branch.pool.clear();
        let depth = self.ledger.head() - self.resolve(id)?;
        branch.rollback(depth)?;
        Ok(branch)
    }
}
