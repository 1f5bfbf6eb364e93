//! A second chain that begins as another one is.

use super::{Chain, snapshot::Snapshots};

impl Chain {
    /// A chain of its own that begins as this one is: state, blocks, waiting transactions, clock
    /// and settings. What happens on one of the two is not seen on the other. Both share memory
    /// until one of them changes, so that a branch costs nothing. Snapshots of this chain are not
    /// known to the branch.
    #[must_use]
    pub fn branch(&self) -> Self {
        Self {
            config: self.config.clone(),
            state_db: self.state_db.clone(),
            ledger: self.ledger.clone(),
            programs: self.programs.clone(),
            pool: self.pool.clone(),
            clock: self.clock,
            settings: self.settings.clone(),
            snapshots: Snapshots::default(),
            next_snapshot: self.next_snapshot,
            is_behind: self.is_behind,
        }
    }
}
