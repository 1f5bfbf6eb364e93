//! The number of blocks that one `eth_getLogs` request covers. Every provider has limits of its own, for blocks, logs,
//! bytes or time, and words of its own for them, so they are found out by asking.

use super::Client;
use std::sync::{Mutex, PoisonError};

/// Blocks of a page, at most. Endpoints that bound what they answer refuse longer ones themselves.
const SPAN_MAX: u64 = 1 << 32;
/// Logs of a page above which the next ones are shorter, so that memory stays flat.
const LOGS_MANY: usize = 2_048;
/// Pages without trouble after which longer ones are tried again: twice as many after each refusal.
const PAGES_BEFORE_GROWTH: u32 = 8;
/// The same, at most.
const PAGES_BEFORE_GROWTH_MAX: u32 = 64;

/// The length of pages of blocks, which get longer and shorter.
#[derive(Debug, Clone)]
pub struct BlockSpan {
    /// Blocks of the next page.
    pub blocks: u64,
    /// The length that was too long.
    bound: u64,
    quiet: u32,
    pages_before_growth: u32,
    most: u64,
}

impl BlockSpan {
    /// Begins with pages of `blocks` blocks, which never get longer than `most`.
    pub fn new(blocks: u64, most: u64) -> Self {
        let most = most.min(SPAN_MAX);
        Self {
            blocks: blocks.clamp(1, most),
            bound: most,
            quiet: 0,
            pages_before_growth: PAGES_BEFORE_GROWTH,
            most,
        }
    }

    /// Begins with pages of all `blocks` blocks.
    pub fn whole(blocks: u64) -> Self {
        Self::new(blocks, SPAN_MAX)
    }

    /// Returns true once a page was refused.
    pub const fn is_bounded(&self) -> bool {
        self.pages_before_growth > PAGES_BEFORE_GROWTH
    }

    /// A page of `blocks` blocks was refused: half of it is tried next.
    pub fn shorter(&mut self, blocks: u64) {
        self.bound = blocks;
        self.blocks = (blocks / 2).max(1);
        self.quiet = 0;
        let twice = self.pages_before_growth * 2;
        self.pages_before_growth = twice.min(PAGES_BEFORE_GROWTH_MAX);
    }

    /// A page of `blocks` blocks was refused with these words: as many as they name are tried next, else half of it.
    pub fn refused(&mut self, blocks: u64, words: &str) {
        self.shorter(blocks);
        if let Some(range) = named_range(words).filter(|range| *range < blocks) {
            (self.blocks, self.bound) = (range, range.saturating_add(1));
        }
    }

    /// A page had `logs` logs.
    pub fn went_well(&mut self, logs: usize) {
        self.quiet += 1;
        if self.quiet >= self.pages_before_growth {
            (self.bound, self.quiet) = (self.most, 0);
        }
        if logs > LOGS_MANY {
            self.blocks = (self.blocks / 2).max(1);
        } else if logs < LOGS_MANY / 4 && self.blocks.saturating_mul(2) < self.bound {
            self.blocks *= 2;
        }
    }
}

/// The number of blocks that an endpoint's words about a range name: the largest one, such as 2,000 or 10K.
fn named_range(words: &str) -> Option<u64> {
    let words = words.to_lowercase().replace(',', "");
    let number = |word: &str| {
        let (digits, unit) = match word.strip_suffix('k') {
            Some(thousands) => (thousands, 1_000),
            None => (word, 1),
        };
        digits.parse::<u64>().ok()?.checked_mul(unit)
    };
    let all = words.split(|one: char| !one.is_alphanumeric());
    let largest = all.filter_map(number).max();
    largest.filter(|range| *range > 0 && words.contains("range"))
}

impl Client {
    /// The span of a reader's pages: its own, within what this endpoint is known to answer.
    pub fn learned_span(&self, own: BlockSpan) -> BlockSpan {
        let learned = lock(&self.log_span).clone();
        match learned {
            Some(learned) => BlockSpan {
                blocks: own.blocks.min(learned.blocks),
                bound: own.bound.min(learned.bound),
                most: own.most,
                ..learned
            },
            None => own,
        }
    }

    /// Keeps what a reader has learned about the endpoint.
    pub fn keep_span(&self, span: &BlockSpan) {
        if span.is_bounded() {
            *lock(&self.log_span) = Some(span.clone());
        }
    }
}

/// A span is assigned as a whole, so that a thread that panicked left none half.
fn lock(span: &LearnedSpan) -> std::sync::MutexGuard<'_, Option<BlockSpan>> {
    span.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The answers that one endpoint is known to give, shared by all who read its logs.
pub(super) type LearnedSpan = Mutex<Option<BlockSpan>>;

#[cfg(test)]
mod tests {
    use super::{BlockSpan, named_range};

    /// Requests for `blocks` blocks of an endpoint with that limit.
    fn requests(blocks: u64, limit: u64) -> u64 {
        let mut span = BlockSpan::new(blocks, u64::MAX);
        let (mut done, mut requests) = (0, 0);
        while done < blocks {
            let page = span.blocks.min(blocks - done);
            requests += 1;
            if page > limit {
                span.shorter(page);
            } else {
                done += page;
                span.went_well(0);
            }
        }
        requests
    }

    #[test]
    fn the_range_that_a_refusal_names_is_tried_next() {
        for (words, range) in [
            ("exceed maximum block range: 500", Some(500)),
            ("eth_getLogs is limited to a 10,000 range", Some(10_000)),
            (
                "you can make requests with up to a 2K block range",
                Some(2_000),
            ),
            ("query returned more than 10000 results", None),
            ("this block range should work: [0x0, 0x1f4]", None),
            ("block range is too wide", None),
        ] {
            assert_eq!(named_range(words), range, "{words}");
        }
        let mut span = BlockSpan::whole(2_122);
        span.refused(2_122, "exceed maximum block range: 500");
        (0..5).for_each(|_| span.went_well(0));
        assert_eq!(span.blocks, 500);
        // An endpoint that refuses what it names gets half of it.
        span.refused(500, "exceed maximum block range: 500");
        assert_eq!(span.blocks, 250);
    }

    #[test]
    fn a_limit_costs_few_requests_more_than_it_must() {
        for limit in [1_000, 2_000, 10_000] {
            let least = 1_000_000_u64.div_ceil(limit);
            let requests = requests(1_000_000, limit);
            assert!(requests <= least * 5 / 2 + 20, "{requests} for {least}");
        }
        assert_eq!(requests(1_000_000, 1_000_000), 1);
    }
}
