//! Snapshots: numbers, because the state keeps its past.

use super::{Chain, Settings};
use crate::{clock::Clock, pool::Pool};

/// What [`Chain::revert`] goes back to.
#[derive(Clone)]
pub(super) struct Snapshot {
    id: u64,
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
        self.snapshots.push(Snapshot {
            id,
            version: self.state_db.version(),
            head,
            head_version: self.ledger.version(head),
            history_since: self.ledger.history_since,
            pool: self.pool.clone(),
            clock: self.clock,
            settings: self.settings.clone(),
        });
        id
    }

    /// Goes back to a snapshot and consumes it together with all later ones. False when the id is
    /// unknown or consumed.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(at) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let Some(snapshot) = self.snapshots.drain(at..).next() else {
            return false;
        };
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
            impersonated: std::mem::take(&mut self.settings.impersonated),
            ..snapshot.settings
        };
        true
    }
}
