//! Snapshots: numbers, because the state keeps its past.

use super::{Chain, Settings};
use crate::{clock::Clock, pool::Pool};
use rpds::RedBlackTreeMapSync;

/// Snapshots by id; a copy costs nothing.
pub(super) type Snapshots = RedBlackTreeMapSync<u64, Snapshot>;

/// The state that [`Chain::revert`] goes back to.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) version: u64,
    pub(super) head: u64,
    head_version: Option<u64>,
    history_since: Option<u64>,
    pool: Pool,
    clock: Clock,
    settings: Settings,
}

impl Chain {
    /// Marks the present: state, activations, caches, blocks, pool, clock. How blocks are made
    /// (automine, coinbase, interval of timestamps) and who is impersonated are no part of it.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let head = self.ledger.head();
        let snapshot = Snapshot {
            version: self.state_db.version(),
            head,
            head_version: self.ledger.version(head),
            history_since: self.ledger.history_since,
            pool: self.pool.clone(),
            clock: self.clock,
            settings: self.settings.clone(),
        };
        self.snapshots.insert_mut(id, snapshot);
        id
    }

    /// The number of the snapshot that is made next.
    pub fn next_snapshot(&self) -> u64 {
        self.next_snapshot
    }

    /// Gives no number below that one to a snapshot from now on.
    pub fn number_snapshots_from(&mut self, next: u64) {
        self.next_snapshot = self.next_snapshot.max(next);
    }

    /// The snapshots that wait for a revert, by id, with the number of the newest block of each.
    pub fn snapshots(&self) -> impl ExactSizeIterator<Item = (u64, u64)> {
        let snapshots = self.snapshots.iter();
        snapshots.map(|(id, snapshot)| (*id, snapshot.head))
    }

    /// Goes back to a snapshot and consumes it together with all later ones. False when the id is
    /// unknown or consumed.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(snapshot) = self.snapshots.get(&id).cloned() else {
            return false;
        };
        while let Some((last, _)) = self.snapshots.last().filter(|(last, _)| **last >= id) {
            let last = *last;
            self.snapshots.remove_mut(&last);
        }
        self.state_db.undo_to(snapshot.version);
        self.ledger.truncate(snapshot.head);
        self.ledger.history_since = snapshot.history_since;
        if let Some(version) = snapshot.head_version {
            self.ledger.set_head_version(version);
        }
        self.pool = snapshot.pool;
        self.clock = Clock {
            interval: self.clock.interval,
            ..snapshot.clock
        };
        // Anvil, too, keeps how blocks are made and who may send.
        let Settings {
            automine,
            auto_impersonate,
            coinbase,
            min_gas_price,
            ..
        } = self.settings;
        self.settings = Settings {
            automine,
            auto_impersonate,
            coinbase,
            min_gas_price,
            impersonated: self.settings.impersonated.clone(),
            ..snapshot.settings
        };
        true
    }
}
