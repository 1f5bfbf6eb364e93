//! Polled filters: `eth_newFilter`, `eth_newBlockFilter`, `eth_newPendingTransactionFilter`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy_rpc_types::Filter;

/// A filter without a poll for this long is dropped, as in geth.
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
    /// Accepted transactions that the next poll reports.
    transactions: Vec<B256>,
    used: Instant,
}

/// All installed filters by id.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: HashMap<u64, Installed>,
    last_id: u64,
}

impl Filters {
    /// Adds a filter that reports from `next_block` on, and returns its id.
    pub(crate) fn install(&mut self, watch: Watch, next_block: u64) -> u64 {
        let used = Instant::now();
        self.expire(used);
        self.last_id += 1;
        let filter = Installed {
            watch,
            next_block,
            transactions: Vec::new(),
            used,
        };
        self.installed.insert(self.last_id, filter);
        self.last_id
    }

    /// Drops the filters that were not used for long.
    fn expire(&mut self, now: Instant) {
        self.installed
            .retain(|_, filter| now.saturating_duration_since(filter.used) < LIFETIME);
    }

    /// The filter, whose life is prolonged by asking.
    pub(crate) fn poll(&mut self, id: u64) -> Option<&mut Installed> {
        let now = Instant::now();
        self.expire(now);
        let filter = self.installed.get_mut(&id)?;
        filter.used = now;
        Some(filter)
    }

    /// The transactions that a filter has not reported.
    pub(crate) fn new_transactions(&mut self, id: u64) -> Vec<B256> {
        let filter = self.installed.get_mut(&id);
        filter.map_or_else(Vec::new, |filter| std::mem::take(&mut filter.transactions))
    }

    /// Notes that a filter has reported the blocks from `first` to `last`, unless the chain went back meanwhile.
    pub(crate) fn reported(&mut self, id: u64, (first, last): (u64, u64)) {
        if let Some(filter) = self.installed.get_mut(&id)
            && filter.next_block == first
        {
            filter.next_block = first.max(last + 1);
        }
    }

    /// False when there was no such filter.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.installed.remove(&id).is_some()
    }

    /// Tells the filters of an accepted transaction.
    pub(crate) fn accept(&mut self, hash: B256) {
        self.expire(Instant::now());
        for filter in self.installed.values_mut() {
            if matches!(filter.watch, Watch::Transactions) {
                filter.transactions.push(hash);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_nobody_polls_expire_and_those_that_are_polled_stay() {
        let mut filters = Filters::default();
        let silent = filters.install(Watch::Blocks, 1);
        let polled = filters.install(Watch::Transactions, 1);
        let hash = B256::repeat_byte(7);
        filters.accept(hash);
        let later = Instant::now() + LIFETIME;
        filters.installed.get_mut(&polled).unwrap().used = later;
        filters.expire(later);
        assert!(filters.poll(silent).is_none());
        assert_eq!(filters.new_transactions(polled), [hash]);
        assert!(filters.new_transactions(polled).is_empty());
    }
}
