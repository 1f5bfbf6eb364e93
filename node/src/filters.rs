//! Polled filters: `eth_newFilter`, `eth_newBlockFilter`, `eth_newPendingTransactionFilter`. Subscriptions share their
//! bound.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use alloy_rpc_types::Filter;

use crate::limits::{BoundExceeded, FILTERS, FILTERS_BY_CALLER};

/// A filter without a poll for this long is dropped, as in geth.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The events that a polled filter selects.
#[derive(Clone, Debug)]
pub(crate) enum FilterKind {
    Logs(Box<Filter>),
    Blocks,
    Transactions,
}

impl FilterKind {
    /// The part of the bound on filters that it takes.
    fn weight(&self) -> usize {
        match self {
            Self::Logs(filter) => log_filter_weight(filter),
            Self::Blocks | Self::Transactions => 1,
        }
    }
}

/// The part of the bound that a filter of logs takes: one, and one for each address and topic.
pub(crate) fn log_filter_weight(filter: &Filter) -> usize {
    let topics = filter.topics.iter().map(|topic| topic.len());
    1 + filter.address.len() + topics.sum::<usize>()
}

/// The part of a bound that some filters and subscriptions take.
pub(crate) type FilterWeight = Arc<AtomicUsize>;

/// A part of the bounds that a filter or a subscription takes as long as it lasts.
#[derive(Debug)]
pub(crate) struct Reservation {
    weight: usize,
    /// The sum of all, and that of its caller.
    taken: [FilterWeight; 2],
}

impl Drop for Reservation {
    fn drop(&mut self) {
        for taken in &self.taken {
            taken.fetch_sub(self.weight, Ordering::Relaxed);
        }
    }
}

/// One installed filter.
#[derive(Debug)]
struct InstalledFilter {
    watch: FilterKind,
    _reservation: Reservation,
    /// The place in the store of events up to which it has reported.
    place: u64,
    used: Instant,
}

impl InstalledFilter {
    fn is_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) >= LIFETIME
    }
}

/// All installed filters by id.
#[derive(Debug, Default)]
pub(crate) struct FilterRegistry {
    installed: HashMap<u64, InstalledFilter>,
    /// The part of the bound that they and the subscriptions take.
    taken: FilterWeight,
    last_id: u64,
    /// Before it, no filter can have expired since the last look.
    next_expiry: Option<Instant>,
}

impl FilterRegistry {
    /// Adds a caller's filter that reports from `place` on, and returns its id.
    ///
    /// # Errors
    /// [`BoundExceeded`] where there are too many.
    pub(crate) fn install(
        &mut self,
        watch: FilterKind,
        place: u64,
        of_caller: &FilterWeight,
    ) -> Result<u64, BoundExceeded> {
        let reservation = self.reserve(watch.weight(), of_caller)?;
        self.last_id += 1;
        let filter = InstalledFilter {
            watch,
            _reservation: reservation,
            place,
            used: Instant::now(),
        };
        self.installed.insert(self.last_id, filter);
        Ok(self.last_id)
    }

    /// Takes a part of the bounds for a caller's filter or subscription.
    ///
    /// # Errors
    /// [`BoundExceeded`] where there are too many.
    pub(crate) fn reserve(
        &mut self,
        weight: usize,
        of_caller: &FilterWeight,
    ) -> Result<Reservation, BoundExceeded> {
        let taken = [self.taken.clone(), of_caller.clone()];
        let bounds = || taken.iter().zip([FILTERS, FILTERS_BY_CALLER]);
        let check = || {
            bounds().try_for_each(|(taken, bound)| {
                let wanted = taken.load(Ordering::Relaxed) + weight;
                bound.check(wanted).map(drop)
            })
        };
        if check().is_err() {
            self.expire(Instant::now());
        }
        check()?;
        for taken in &taken {
            taken.fetch_add(weight, Ordering::Relaxed);
        }
        Ok(Reservation { weight, taken })
    }

    /// Drops the filters that were not used for long.
    fn expire(&mut self, now: Instant) {
        if self.next_expiry.is_some_and(|next| now < next) {
            return;
        }
        self.installed.retain(|_, filter| !filter.is_expired(now));
        let oldest = self.installed.values().map(|filter| filter.used).min();
        self.next_expiry = oldest.map(|used| used + LIFETIME);
    }

    /// Returns the watch of the filter; asking prolongs its life.
    pub(crate) fn watch(&mut self, id: u64) -> Option<&FilterKind> {
        let now = Instant::now();
        if self.installed.get(&id)?.is_expired(now) {
            self.uninstall(id);
        }
        let filter = self.installed.get_mut(&id)?;
        filter.used = now;
        Some(&filter.watch)
    }

    /// The place up to which the filter has reported.
    pub(crate) fn place(&self, id: u64) -> Option<u64> {
        Some(self.installed.get(&id)?.place)
    }

    /// Moves that place from where it was read to `end`; false where another poll has moved it.
    pub(crate) fn report(&mut self, id: u64, from: u64, end: u64) -> Option<bool> {
        let place = &mut self.installed.get_mut(&id)?.place;
        let is_there = *place == from;
        if is_there {
            *place = from.max(end);
        }
        Some(is_there)
    }

    /// False when there was no such filter.
    pub(crate) fn uninstall(&mut self, id: u64) -> bool {
        self.installed.remove(&id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_that_nobody_polls_expire_and_those_that_are_polled_stay() {
        let (mut filters, caller) = (FilterRegistry::default(), FilterWeight::default());
        let mut install = |watch| filters.install(watch, 1, &caller).expect("room");
        let (silent, polled) = (
            install(FilterKind::Blocks),
            install(FilterKind::Transactions),
        );
        let long_ago = Instant::now().checked_sub(LIFETIME).expect("a long uptime");
        filters.installed.get_mut(&silent).expect("there").used = long_ago;
        assert!(filters.watch(silent).is_none());
        assert!(filters.watch(polled).is_some());
        assert_eq!(
            (filters.report(polled, 1, 5), filters.report(polled, 1, 6)),
            (Some(true), Some(false)),
            "what one poll reports, another one does not"
        );
        assert_eq!(filters.place(polled), Some(5));
        assert_eq!(filters.taken.load(Ordering::Relaxed), 1);
        assert_eq!(caller.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn filters_that_expired_make_room() {
        let (mut filters, caller) = (FilterRegistry::default(), FilterWeight::default());
        for _ in 0..FILTERS_BY_CALLER.most {
            filters
                .install(FilterKind::Blocks, 0, &caller)
                .expect("room");
        }
        assert!(filters.install(FilterKind::Blocks, 0, &caller).is_err());
        let long_ago = Instant::now().checked_sub(LIFETIME).expect("a long uptime");
        filters.installed.get_mut(&1).expect("there").used = long_ago;
        // It was just looked whether one has expired.
        filters.next_expiry = None;
        assert!(filters.install(FilterKind::Blocks, 0, &caller).is_ok());
    }

    #[test]
    fn the_filters_of_one_caller_leave_room_for_others() {
        let mut filters = FilterRegistry::default();
        let [page, other, third] = std::array::from_fn(|_| FilterWeight::default());
        while filters.install(FilterKind::Blocks, 0, &page).is_ok() {}
        let installed = filters
            .install(FilterKind::Blocks, 0, &other)
            .expect("room");
        while filters.install(FilterKind::Blocks, 0, &other).is_ok() {}
        let refused = filters.install(FilterKind::Blocks, 0, &third);
        assert!(refused.is_err(), "of all callers there are no more");
        assert!(filters.uninstall(installed));
        assert!(filters.install(FilterKind::Blocks, 0, &page).is_err());
        assert!(filters.install(FilterKind::Blocks, 0, &third).is_ok());
    }
}
