//! What version 1 kept, what version 2 keeps, and how the one becomes the other.

use stylus_sdk::alloy_primitives::U256;
use stylus_upgradeable::lazy::Record;

/// Hundredths in a cent.
const SCALE: u64 = 100;

/// Version 1: a number of cents in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cents(u64);

impl Record for Cents {
    const WORDS: u64 = 1;

    fn decode(load: impl Fn(u64) -> U256) -> Self {
        Self(load(0).saturating_to())
    }

    fn encode(&self, mut store: impl FnMut(u64, U256)) {
        store(0, U256::from(self.0));
    }
}

/// Version 2: hundredths of a cent, and when they were written, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Hundredths of a cent.
    pub hundredths: u128,
    /// Seconds since 1970; zero if nobody wrote it since version 1.
    pub since: u64,
}

impl Record for Amount {
    const WORDS: u64 = 1;

    fn decode(load: impl Fn(u64) -> U256) -> Self {
        let [low, high, since, _] = load(0).into_limbs();
        Self {
            hundredths: u128::from(high) << 64 | u128::from(low),
            since,
        }
    }

    fn encode(&self, mut store: impl FnMut(u64, U256)) {
        let low = self.hundredths as u64; // cut on purpose, the rest is the next limb
        let high = (self.hundredths >> 64) as u64;
        store(0, U256::from_limbs([low, high, self.since, 0]));
    }
}

impl From<Cents> for Amount {
    fn from(Cents(cents): Cents) -> Self {
        Self {
            hundredths: u128::from(cents) * u128::from(SCALE),
            since: 0,
        }
    }
}
