//! Events of the chain, for filters and subscriptions: one bounded store of hashes. Each reader keeps the place
//! up to which it has read. Who waits for one transaction is told of that one alone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::B256;
use tokio::sync::watch;

use crate::limits::HASHES;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainEvent {
    /// A block was mined.
    Block(B256),
    /// A transaction was accepted.
    Transaction(B256),
}

/// Events that one subscriber reads before others have their turn.
const READ_IN_A_TURN: u64 = 1_024;

/// More happened since the last look than is kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {HASHES} blocks and transactions arrived that were not reported, and older ones are not kept"
)]
pub(crate) struct MissedEvents;

/// The newest events; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct EventLog(Arc<EventLogInner>);

#[derive(Debug)]
struct EventLogInner {
    kept: Mutex<EventBuffer>,
    end: watch::Sender<u64>,
    /// Transactions whose blocks somebody waits for.
    awaited: Mutex<HashMap<B256, watch::Sender<()>>>,
}

#[derive(Debug, Default)]
struct EventBuffer {
    /// Place of the oldest one.
    first: u64,
    events: VecDeque<ChainEvent>,
}

impl EventBuffer {
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }
}

impl EventLog {
    pub(crate) fn new() -> Self {
        Self(Arc::new(EventLogInner {
            kept: Mutex::default(),
            end: watch::Sender::new(0),
            awaited: Mutex::default(),
        }))
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<B256, watch::Sender<()>>> {
        self.0
            .awaited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits from now on for blocks with this transaction.
    pub(crate) fn inclusion(&self, transaction: B256) -> InclusionWaiter {
        let mut awaited = self.awaited();
        let news = awaited.entry(transaction).or_default().subscribe();
        InclusionWaiter {
            events: self.clone(),
            transaction,
            news,
        }
    }

    /// Returns true if anybody waits for a transaction.
    pub(crate) fn is_any_awaited(&self) -> bool {
        !self.awaited().is_empty()
    }

    /// Tells who waits for a transaction that a block has it.
    pub(crate) fn include(&self, transaction: B256) {
        if let Some(awaited) = self.awaited().get(&transaction) {
            awaited.send_replace(());
        }
    }

    fn kept(&self) -> MutexGuard<'_, EventBuffer> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place after the newest event.
    pub(crate) fn end(&self) -> u64 {
        self.kept().end()
    }

    /// Keeps an event. Who waits is told of it by [`Self::tell`].
    pub(crate) fn push(&self, event: ChainEvent) {
        let mut kept = self.kept();
        if kept.events.len() == HASHES {
            kept.events.pop_front();
            kept.first += 1;
        }
        kept.events.push_back(event);
    }

    /// Wakes who waits for events, once for all that were kept since the last time.
    pub(crate) fn tell(&self) {
        let newest = self.end();
        let is_newer = |end: &mut u64| std::mem::replace(end, newest) != newest;
        self.0.end.send_if_modified(is_newer);
    }

    /// The events between two places.
    pub(crate) fn between(&self, from: u64, to: u64) -> Result<Vec<ChainEvent>, MissedEvents> {
        let kept = self.kept();
        let at = |place: u64| usize::try_from(place.saturating_sub(kept.first)).ok();
        if from < kept.first {
            return Err(MissedEvents);
        }
        match (at(from), at(to.min(kept.end()))) {
            (Some(from), Some(to)) => Ok(kept.events.range(from.min(to)..to).copied().collect()),
            _ => Err(MissedEvents),
        }
    }

    /// Reads what happens from now on.
    pub(crate) fn follow(&self) -> EventFollower {
        EventFollower {
            news: self.0.end.subscribe(),
            place: self.end(),
            events: self.clone(),
        }
    }
}

/// A reader that waits for events. It keeps its place among them, and none of them.
pub(crate) struct EventFollower {
    events: EventLog,
    place: u64,
    news: watch::Receiver<u64>,
}

impl EventFollower {
    /// Waits until something was told that was not read.
    pub(crate) async fn news(&mut self) -> Result<(), MissedEvents> {
        let place = self.place;
        let end = self.news.wait_for(|end| *end > place).await;
        end.map(drop).map_err(|_| MissedEvents)
    }

    /// Reads up to the next event that is wanted; nothing where none was found yet. It reads no more than others wait for.
    pub(crate) fn next(
        &mut self,
        is_wanted: impl Fn(&ChainEvent) -> bool,
    ) -> Result<Option<ChainEvent>, MissedEvents> {
        let told = *self.news.borrow();
        let until = told.min(self.place + READ_IN_A_TURN);
        let kept = self.events.kept();
        while self.place < until {
            let at = self.place.checked_sub(kept.first).ok_or(MissedEvents)?;
            let at = usize::try_from(at).map_err(|_| MissedEvents)?;
            let event = kept.events.get(at).copied().ok_or(MissedEvents)?;
            self.place += 1;
            if is_wanted(&event) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Counts all that was told as read.
    pub(crate) fn skip(&mut self) {
        self.place = self.place.max(*self.news.borrow());
    }
}

/// A reader that waits for a block with a transaction.
pub(crate) struct InclusionWaiter {
    events: EventLog,
    transaction: B256,
    news: watch::Receiver<()>,
}

impl InclusionWaiter {
    /// Waits until a block has it that had not when this was asked last.
    pub(crate) async fn next(&mut self) {
        // It fails where nobody can tell any more, which is not before this is dropped.
        let _ = self.news.changed().await;
    }
}

impl Drop for InclusionWaiter {
    fn drop(&mut self) {
        let mut awaited = self.events.awaited();
        let others = awaited
            .get(&self.transaction)
            .map(watch::Sender::receiver_count);
        if others.is_some_and(|receivers| receivers <= 1) {
            awaited.remove(&self.transaction);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    use futures::FutureExt;

    #[test]
    fn the_newest_hashes_are_kept_and_who_comes_too_late_is_told() {
        let events = EventLog::new();
        let event = |at: usize| ChainEvent::Transaction(B256::left_padding_from(&at.to_be_bytes()));
        for at in 0..HASHES + 2 {
            events.push(event(at));
        }
        let end = events.end();
        assert_eq!(end, HASHES as u64 + 2);
        assert_eq!(events.between(1, end), Err(MissedEvents));
        assert_eq!(events.between(2, end).map(|all| all.len()), Ok(HASHES));
        let last = [HASHES, HASHES + 1].map(event).to_vec();
        assert_eq!(events.between(end - 2, end), Ok(last));
        assert_eq!(events.between(end, end), Ok(Vec::new()));
        assert_eq!(events.between(end + 5, end + 9), Ok(Vec::new()));
    }

    #[test]
    fn who_follows_is_woken_once_for_all_that_happened() {
        let events = EventLog::new();
        let [first, second] = [1, 2].map(|byte| ChainEvent::Block(B256::repeat_byte(byte)));
        let any = |_: &ChainEvent| true;
        let (mut reader, mut other) = (events.follow(), events.follow());
        {
            let mut news = pin!(reader.news());
            assert!(news.as_mut().now_or_never().is_none());
            events.push(first);
            events.push(second);
            assert!(news.as_mut().now_or_never().is_none(), "it was not told");
            events.tell();
            assert_eq!(news.as_mut().now_or_never(), Some(Ok(())));
        }
        events.push(first);
        let read = [(); 3].map(|()| reader.next(any));
        assert_eq!(read, [Ok(Some(first)), Ok(Some(second)), Ok(None)]);
        assert_eq!(reader.news().now_or_never(), None, "the third was not told");
        other.skip();
        assert_eq!(other.news().now_or_never(), None);
        events.tell();
        assert_eq!(other.next(any), Ok(Some(first)));
        other.news.mark_unchanged();
        events.tell();
        assert!(!other.news.has_changed().expect("it can be told"));
    }

    #[test]
    fn what_is_read_at_once_has_a_bound_and_who_is_too_slow_is_told() {
        let events = EventLog::new();
        let [block, transaction] = [
            ChainEvent::Block(B256::ZERO),
            ChainEvent::Transaction(B256::ZERO),
        ];
        let mut reader = events.follow();
        for _ in 0..READ_IN_A_TURN {
            events.push(block);
        }
        events.push(transaction);
        events.tell();
        let mut next = || reader.next(|event| *event == transaction);
        assert_eq!([next(), next()], [Ok(None), Ok(Some(transaction))]);
        for _ in 0..=HASHES {
            events.push(block);
        }
        events.tell();
        assert_eq!(next(), Err(MissedEvents));
    }

    #[test]
    fn who_waits_for_a_transaction_is_woken_by_that_one_alone() {
        let events = EventLog::new();
        let [first, second] = [1, 2].map(B256::repeat_byte);
        let mut waiting = events.inclusion(first);
        let mut same = events.inclusion(first);
        {
            let mut next = pin!(waiting.next());
            assert!(next.as_mut().now_or_never().is_none());
            events.push(ChainEvent::Transaction(first));
            events.push(ChainEvent::Block(second));
            events.include(second);
            assert!(
                next.as_mut().now_or_never().is_none(),
                "it was not included"
            );
            events.include(first);
            assert!(next.as_mut().now_or_never().is_some());
        }
        drop(waiting);
        assert!(same.next().now_or_never().is_some());
        assert!(events.is_any_awaited());
        drop(same);
        assert!(
            !events.is_any_awaited(),
            "nothing is kept of those that left"
        );
    }
}
