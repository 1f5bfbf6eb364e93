//! Polled filters: `eth_newFilter`, `eth_newBlockFilter`, `eth_newPendingTransactionFilter`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy_rpc_types::Filter;

/// A filter that nobody polled for this long is dropped, as in geth.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What a filter watches.
#[derive(Clone, Debug)]
pub(crate) enum Watch {
    Logs(Box<Filter>),
    Blocks,
    Transactions,
}

/// One installed filter.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) watch: Watch,
    /// First block that the next poll reports.
    pub(crate) next_block: u64,
    /// Accepted transactions that no poll has reported yet.
    pub(crate) hashes: Vec<B256>,
    used: Instant,
}

/// All installed filters by id.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: BTreeMap<u64, Installed>,
    last_id: u64,
}

impl Filters {
    /// Adds a filter that reports from `next_block` on, and returns its id.
    pub(crate) fn install(&mut self, watch: Watch, next_block: u64) -> u64 {
        self.installed
            .retain(|_, filter| filter.used.elapsed() < LIFETIME);
        self.last_id += 1;
        let filter = Installed {
            watch,
            next_block,
            hashes: Vec::new(),
            used: Instant::now(),
        };
        self.installed.insert(self.last_id, filter);
        self.last_id
    }

    /// The filter, whose life is prolonged by asking.
    pub(crate) fn poll(&mut self, id: u64) -> Option<&mut Installed> {
        let filter = self.installed.get_mut(&id)?;
        filter.used = Instant::now();
        Some(filter)
    }

    /// False when there was no such filter.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.installed.remove(&id).is_some()
    }

    /// Tells the filters of an accepted transaction.
    pub(crate) fn accept(&mut self, hash: B256) {
        for filter in self.installed.values_mut() {
            if matches!(filter.watch, Watch::Transactions) {
                filter.hashes.push(hash);
            }
        }
    }

    /// The chain went back to `block`: blocks after it will come again, with other contents.
    pub(crate) fn rewind(&mut self, block: u64) {
        for filter in self.installed.values_mut() {
            filter.next_block = filter.next_block.min(block + 1);
        }
    }
}
