//! The price of keeping compiled programs: rises with every activation, falls with time.

use alloy_primitives::U256;

/// One in basis points.
const ONE: u64 = 10_000;
/// Terms of the exponential's series.
const TERMS: u64 = 12;

/// The chain's data pricer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPricer {
    /// Bytes in demand.
    pub demand: u32,
    /// Bytes of demand that vanish per second.
    pub bytes_per_second: u32,
    /// Unix time of the last charge in seconds.
    pub last_update_time: u64,
    /// Wei per byte without demand.
    pub min_price: u32,
    /// Demand that multiplies the price by e.
    pub inertia: u32,
}

impl Default for DataPricer {
    /// The pricer at genesis of Stylus (ArbOS 30).
    fn default() -> Self {
        Self {
            demand: 0,
            bytes_per_second: 34_865,
            last_update_time: 1_421_388_000,
            min_price: 82_928_201,
            inertia: 21_360_419,
        }
    }
}

impl DataPricer {
    /// Adds `bytes` to the demand at time `now`; gives their fee in wei.
    pub fn charge(&mut self, bytes: u32, now: u64) -> U256 {
        let passed = u32::try_from(now.saturating_sub(self.last_update_time)).unwrap_or(u32::MAX);
        self.demand = self
            .demand
            .saturating_sub(self.bytes_per_second.saturating_mul(passed))
            .saturating_add(bytes);
        self.last_update_time = now;
        let exponent = (ONE * u64::from(self.demand)).checked_div(u64::from(self.inertia));
        let multiplier = exp(exponent.unwrap_or(u64::MAX));
        let per_byte = u64::from(self.min_price).saturating_mul(multiplier) / ONE;
        U256::from(per_byte.saturating_mul(u64::from(bytes)))
    }
}

/// `e^x` in basis points, by the first terms of its series.
fn exp(x: u64) -> u64 {
    (1..TERMS)
        .rev()
        .fold(ONE.saturating_add(x / TERMS), |sum, term| {
            ONE.saturating_add(sum.saturating_mul(x) / (term * ONE))
        })
}
