//! Forgetting the past, as far as the configuration allows it.

use super::Chain;

impl Chain {
    /// Forgets states and blocks that are older than the configuration asks to keep. What a
    /// snapshot goes back to stays.
    pub(super) fn prune(&mut self) {
        let (head, snapshot) = (self.ledger.head(), self.snapshots.first());
        let oldest_head = snapshot.map_or(head, |snapshot| snapshot.head.min(head));
        if let Some(keep) = self.config.keep_states {
            let oldest = oldest_head.min(head.saturating_sub(keep));
            if let Some(version) = self.ledger.version(oldest) {
                let version = snapshot.map_or(version, |snapshot| snapshot.version.min(version));
                self.state_db.forget_before(version);
                self.ledger.oldest_version = version;
            }
        }
        if let Some(keep) = self.config.keep_blocks {
            let oldest = oldest_head.min((head + 1).saturating_sub(keep.max(1)));
            self.ledger.forget_before(oldest);
        }
    }
}
