//! What is asked of both cache managers, step by step.

use super::{IManager, Side};
use crate::prelude::*;

/// A call of the manager.
#[derive(Debug)]
pub(super) struct Step {
    what: What,
    /// Account 0 is an owner of the chain, the others are not.
    pub(super) from: usize,
    pub(super) wei: u64,
    pub(super) wait: u64,
}

#[derive(Debug)]
pub(super) enum What {
    Bid(usize),
    BidForNothing,
    Space(u64),
    Size(u64),
    Decay(u64),
    Pause,
    Unpause,
    Evict(u64),
    EvictAll,
    Sweep,
    Initialize,
}

impl Step {
    fn of(what: What, from: usize, wei: u64, wait: u64) -> Self {
        Self {
            what,
            from,
            wei,
            wait,
        }
    }

    pub(super) fn data(&self, side: &Side) -> Vec<u8> {
        match self.what {
            What::Bid(at) => {
                let program = side.programs[at];
                IManager::placeBidCall { program }.abi_encode()
            }
            What::BidForNothing => {
                let program = side.chain.account(5);
                IManager::placeBidCall { program }.abi_encode()
            }
            What::Space(size) => IManager::makeSpaceCall { size }.abi_encode(),
            What::Size(size) => IManager::setCacheSizeCall { newSize: size }.abi_encode(),
            What::Decay(decay) => IManager::setDecayRateCall { newDecay: decay }.abi_encode(),
            What::Pause => IManager::pausedCall {}.abi_encode(),
            What::Unpause => IManager::unpauseCall {}.abi_encode(),
            What::Evict(count) => {
                let count = U256::from(count);
                IManager::evictProgramsCall { count }.abi_encode()
            }
            What::EvictAll => IManager::evictAllCall {}.abi_encode(),
            What::Sweep => IManager::sweepFundsCall {}.abi_encode(),
            What::Initialize => IManager::initializeCall {
                initCacheSize: 1,
                initDecay: 1,
            }
            .abi_encode(),
        }
    }
}

/// Bids while there is room and while there is none, by size, by value and by age, refusals, and what
/// owners may do and others not.
pub(super) fn life() -> Vec<Step> {
    use What::*;
    const GWEI: u64 = 1_000_000_000;
    const DAY: u64 = 86_400;
    let one = |what| Step::of(what, 0, 0, 0);
    let bid = |at, wei| Step::of(Bid(at), 2, wei, 0);
    vec![
        Step::of(Initialize, 0, 0, 0),
        bid(0, 0),
        bid(0, GWEI),
        bid(1, 5 * GWEI),
        Step::of(BidForNothing, 2, 1, 0),
        bid(2, 3 * GWEI),
        // Room for none, then for three.
        Step::of(Size(16_384), 1, 0, 0),
        one(Size(16_384)),
        bid(3, 0),
        one(Size(1_600_000)),
        bid(3, 0),
        bid(3, 2 * GWEI),
        bid(4, 4 * GWEI),
        bid(5, 1_000 * GWEI),
        Step::of(Bid(0), 2, 0, DAY),
        Step::of(Bid(1), 3, 40_000 * GWEI, DAY),
        Step::of(Space(600_000), 3, 0, 0),
        Step::of(Space(600_000), 3, 900_000 * GWEI, 0),
        Step::of(Space(5 * 1024 * 1024), 3, 1, 0),
        Step::of(Space(5 * 1024 * 1024 + 1), 3, 1, 0),
        Step::of(Pause, 1, 0, 0),
        one(Pause),
        bid(2, GWEI),
        Step::of(Space(1), 2, GWEI, 0),
        Step::of(Unpause, 1, 0, 0),
        one(Unpause),
        one(Size(1 << 30)),
        Step::of(Decay(1), 1, 0, 0),
        one(Decay(1)),
        bid(0, 7),
        bid(1, 7),
        bid(2, 9),
        bid(3, 5),
        bid(4, 8),
        Step::of(Evict(2), 1, 0, 0),
        one(Evict(2)),
        one(Size(1_100_000)),
        bid(0, 100),
        bid(3, 100),
        bid(5, 1_000),
        Step::of(Sweep, 4, 0, 0),
        Step::of(EvictAll, 1, 0, 0),
        one(EvictAll),
        one(Evict(3)),
        bid(4, 0),
        one(Size(0)),
        Step::of(Space(0), 2, 0, 0),
        bid(1, 10),
    ]
}
