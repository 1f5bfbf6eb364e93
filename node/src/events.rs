//! What happened on the chain, for filters and subscriptions: one bounded store of hashes. Each reader keeps the place
//! up to which it has read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::B256;
use tokio::sync::watch;

use crate::limits::HASHES;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A block was mined.
    Block(B256),
    /// A transaction was accepted.
    Transaction(B256),
}

/// More happened since the last look than is kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {HASHES} blocks and transactions arrived that were not reported, and older ones are not kept"
)]
pub(crate) struct Missed;

/// The newest events; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Events(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    kept: Mutex<Kept>,
    end: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Place of the oldest one.
    first: u64,
    events: VecDeque<Event>,
}

impl Kept {
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }
}

impl Events {
    pub(crate) fn new() -> Self {
        let (kept, end) = (Mutex::default(), watch::Sender::new(0));
        Self(Arc::new(Shared { kept, end }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place after the newest event.
    pub(crate) fn end(&self) -> u64 {
        self.kept().end()
    }

    pub(crate) fn push(&self, event: Event) {
        let end = {
            let mut kept = self.kept();
            if kept.events.len() == HASHES {
                kept.events.pop_front();
                kept.first += 1;
            }
            kept.events.push_back(event);
            kept.end()
        };
        self.0.end.send_replace(end);
    }

    /// The events between two places.
    pub(crate) fn between(&self, from: u64, to: u64) -> Result<Vec<Event>, Missed> {
        let kept = self.kept();
        let at = |place: u64| usize::try_from(place.saturating_sub(kept.first)).ok();
        match (from < kept.first, at(from), at(to.min(kept.end()))) {
            (false, Some(from), Some(to)) => {
                Ok(kept.events.range(from.min(to)..to).copied().collect())
            }
            _ => Err(Missed),
        }
    }

    /// Reads what happens from now on.
    pub(crate) fn follow(&self) -> Follower {
        Follower {
            news: self.0.end.subscribe(),
            place: self.end(),
            events: self.clone(),
        }
    }
}

/// A reader that waits for events.
pub(crate) struct Follower {
    events: Events,
    place: u64,
    news: watch::Receiver<u64>,
}

impl Follower {
    /// What happened since the last time, once something has.
    pub(crate) async fn next(&mut self) -> Result<Vec<Event>, Missed> {
        let place = self.place;
        let end = self.news.wait_for(|end| *end > place).await;
        let end = end.map(|end| *end).map_err(|_| Missed)?;
        self.place = end;
        self.events.between(place, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_hashes_are_kept_and_who_comes_too_late_is_told() {
        let events = Events::new();
        let event = |at: usize| Event::Transaction(B256::left_padding_from(&at.to_be_bytes()));
        for at in 0..HASHES + 2 {
            events.push(event(at));
        }
        let end = events.end();
        assert_eq!(end, HASHES as u64 + 2);
        assert_eq!(events.between(1, end), Err(Missed));
        assert_eq!(events.between(2, end).map(|all| all.len()), Ok(HASHES));
        let last = [HASHES, HASHES + 1].map(event).to_vec();
        assert_eq!(events.between(end - 2, end), Ok(last));
        assert_eq!(events.between(end, end), Ok(Vec::new()));
        assert_eq!(events.between(end + 5, end + 9), Ok(Vec::new()));
    }
}
