//! Polled filters: `eth_newFilter`, `eth_newBlockFilter`, `eth_newPendingTransactionFilter`.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy_rpc_types::Filter;

/// A filter that nobody polled for this long is dropped, as in geth.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Accepted transactions that are remembered for filters which did not report them yet.
const MAX_HASHES: usize = 262_144;

/// Most addresses and topics of all filters together, where each filter counts as some: 250 MB.
const MAX_SIZE: usize = 4_000_000;
const FILTER_SIZE: usize = 8;

fn size_of(watch: &Watch) -> usize {
    let Watch::Logs(filter) = watch else {
        return FILTER_SIZE;
    };
    let topics = filter.topics.iter().map(|topic| topic.iter().count());
    FILTER_SIZE + filter.address.iter().count() + topics.sum::<usize>()
}

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
    /// First accepted transaction that the next poll reports.
    next_transaction: u64,
    used: Instant,
}

/// All installed filters by id. Every operation takes the same time whatever their number.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: HashMap<u64, Installed>,
    last_id: u64,
    /// Every filter once, by the time at which it may have expired.
    expiry: VecDeque<(Instant, u64)>,
    /// Addresses and topics of all filters, and some for each filter.
    size: usize,
    /// Filters that watch transactions.
    watching: usize,
    /// Accepted transactions, newest last.
    hashes: VecDeque<(Instant, B256)>,
    /// How many transactions were accepted before the first of `hashes`.
    dropped: u64,
}

impl Filters {
    /// Adds a filter that reports from `next_block` on, and returns its id.
    /// None where all of them would take too much.
    pub(crate) fn install(&mut self, watch: Watch, next_block: u64) -> Option<u64> {
        let now = Instant::now();
        self.expire(now);
        self.size = Some(self.size + size_of(&watch)).filter(|size| *size <= MAX_SIZE)?;
        self.watching += usize::from(matches!(watch, Watch::Transactions));
        self.last_id += 1;
        let filter = Installed {
            watch,
            next_block,
            next_transaction: self.dropped + self.hashes.len() as u64,
            used: now,
        };
        self.installed.insert(self.last_id, filter);
        self.expiry.push_back((now, self.last_id));
        Some(self.last_id)
    }

    /// Drops the filters that were not used for long.
    fn expire(&mut self, now: Instant) {
        let old = |time: Instant| now.saturating_duration_since(time) >= LIFETIME;
        while let Some((_, id)) = self.expiry.pop_front_if(|(time, _)| old(*time)) {
            match self.installed.get(&id).map(|filter| filter.used) {
                Some(used) if !old(used) => self.expiry.push_back((now, id)),
                Some(_) => drop(self.uninstall(id)),
                None => {}
            }
        }
        // Filters that live have reported what is older than their lifetime.
        while self.hashes.len() > MAX_HASHES
            || self.hashes.front().is_some_and(|(time, _)| old(*time))
        {
            self.hashes.pop_front();
            self.dropped += 1;
        }
    }

    /// The filter, whose life is prolonged by asking.
    pub(crate) fn poll(&mut self, id: u64) -> Option<&mut Installed> {
        let now = Instant::now();
        self.expire(now);
        let used = self.installed.get(&id)?.used;
        if now.saturating_duration_since(used) >= LIFETIME {
            self.uninstall(id);
            return None;
        }
        let filter = self.installed.get_mut(&id)?;
        filter.used = now;
        Some(filter)
    }

    /// The transactions that a filter has not reported, at most `most`.
    pub(crate) fn new_transactions(&mut self, id: u64, most: usize) -> Vec<B256> {
        let Some(filter) = self.installed.get_mut(&id) else {
            return Vec::new();
        };
        let from = filter.next_transaction.saturating_sub(self.dropped);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let new: Vec<B256> = self
            .hashes
            .iter()
            .skip(from)
            .take(most)
            .map(|(_, hash)| *hash)
            .collect();
        filter.next_transaction = self.dropped + (from + new.len()) as u64;
        new
    }

    /// False when there was no such filter.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        let Some(filter) = self.installed.remove(&id) else {
            return false;
        };
        self.size -= size_of(&filter.watch);
        if matches!(filter.watch, Watch::Transactions) {
            self.watching -= 1;
        }
        true
    }

    /// Tells the filters of an accepted transaction.
    pub(crate) fn accept(&mut self, hash: B256) {
        self.hashes.push_back((Instant::now(), hash));
        let kept = if self.watching > 0 { MAX_HASHES } else { 0 };
        let excess = self.hashes.len().saturating_sub(kept);
        self.hashes.drain(..excess);
        self.dropped += excess as u64;
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
        let silent = filters.install(Watch::Blocks, 1).unwrap();
        let polled = filters.install(Watch::Transactions, 1).unwrap();
        let hash = B256::repeat_byte(7);
        filters.accept(hash);
        let later = Instant::now() + LIFETIME;
        filters.installed.get_mut(&polled).unwrap().used = later;
        filters.expire(later);
        assert!(filters.poll(silent).is_none());
        assert!(filters.installed.contains_key(&polled));
        assert_eq!((filters.installed.len(), filters.watching), (1, 1));
        // What it reported is older than its last poll.
        assert!(filters.new_transactions(polled, 10).is_empty());
        filters.accept(hash);
        assert_eq!(filters.new_transactions(polled, 10), [hash]);
        assert!(filters.new_transactions(polled, 10).is_empty());
    }

    #[test]
    fn transactions_are_reported_once_to_every_filter_and_in_parts() {
        let mut filters = Filters::default();
        let first = filters.install(Watch::Transactions, 1).unwrap();
        let hashes: Vec<_> = (0..5).map(B256::with_last_byte).collect();
        filters.accept(hashes[0]);
        let second = filters.install(Watch::Transactions, 1).unwrap();
        hashes[1..].iter().for_each(|hash| filters.accept(*hash));
        assert_eq!(filters.new_transactions(first, 2), hashes[..2]);
        assert_eq!(filters.new_transactions(first, 9), hashes[2..]);
        assert_eq!(filters.new_transactions(second, 9), hashes[1..]);
        assert!(filters.uninstall(first) && filters.uninstall(second));
        assert!(!filters.uninstall(second));
        filters.accept(hashes[0]);
        assert!(filters.hashes.is_empty());
    }

    #[test]
    fn all_filters_together_have_a_bound_and_those_that_are_removed_make_room() {
        let mut filters = Filters::default();
        let addresses: Vec<_> = (0..200_000u64)
            .map(|at| {
                alloy::primitives::Address::from_word(B256::from(alloy::primitives::U256::from(at)))
            })
            .collect();
        let long = Watch::Logs(Box::new(Filter::new().address(addresses)));
        let fitting = MAX_SIZE / size_of(&long);
        let installed: Vec<_> = (0..fitting)
            .map(|_| filters.install(long.clone(), 1))
            .collect();
        assert!(installed.iter().all(Option::is_some));
        assert_eq!(filters.install(long.clone(), 1), None);
        assert!(filters.install(Watch::Blocks, 1).is_some());
        assert!(filters.uninstall(installed[0].unwrap()));
        assert!(filters.install(long, 1).is_some());
    }
}
