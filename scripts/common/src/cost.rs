//! The cost of transactions. On an Arbitrum chain a transaction also pays for its data on L1, in units of gas: an
//! estimate and a receipt of the chain have that part in them, a trial on a copy of its state does not. Figures say
//! which they are: `L1+L2 gas`, or `L2 gas`.

use crate::text::grouped;
use alloy::primitives::U256;
use alloy::primitives::utils::format_ether;
use serde::Serialize;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// Units of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gas {
    /// The number of units.
    #[serde(rename = "gas")]
    pub units: u64,
    /// True if those that pay for L1 are among them.
    pub with_l1: bool,
}

/// Gas, and what left the account for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Cost {
    /// Units of gas.
    #[serde(flatten)]
    pub gas: Gas,
    /// Wei that left the account: the fee for the gas, and the value.
    pub wei: U256,
    /// Wei of it that were sent as value and did not come back.
    pub value: U256,
}

impl Gas {
    /// Returns that many, with what pays for L1.
    pub const fn with_l1(units: u64) -> Self {
        let with_l1 = true;
        Self { units, with_l1 }
    }

    /// Returns that many, without what pays for L1.
    pub const fn without_l1(units: u64) -> Self {
        let with_l1 = false;
        Self { units, with_l1 }
    }

    /// The same with the part for L1, where that is known.
    pub fn and_l1(self, part: Option<u64>) -> Self {
        match part {
            Some(part) => Self::with_l1(self.units.saturating_add(part)),
            None => self,
        }
    }

    /// Returns what it costs at a price in wei.
    pub fn at(self, price: u128) -> Cost {
        let wei = U256::from(self.units).saturating_mul(U256::from(price));
        let value = U256::ZERO;
        Cost {
            gas: self,
            wei,
            value,
        }
    }
}

/// No gas at all has the part for L1 in it.
impl Default for Gas {
    fn default() -> Self {
        Self::with_l1(0)
    }
}

impl Add for Gas {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            units: self.units.saturating_add(other.units),
            with_l1: self.with_l1 && other.with_l1,
        }
    }
}

impl Cost {
    /// The same with wei that were sent as value.
    pub fn and_value(self, value: U256) -> Self {
        Self {
            wei: self.wei.saturating_add(value),
            value: self.value.saturating_add(value),
            ..self
        }
    }

    /// The ether alone, in words: all that left the account.
    pub fn ether(&self) -> String {
        in_ether(self.wei)
    }
}

/// An amount of wei in ether, without zeros at the end.
pub fn in_ether(wei: U256) -> String {
    let eth = format_ether(wei);
    format!("{} ETH", eth.trim_end_matches('0').trim_end_matches('.'))
}

impl Sum for Gas {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gas: self.gas + other.gas,
            wei: self.wei.saturating_add(other.wei),
            value: self.value.saturating_add(other.value),
        }
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Gas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.with_l1 { "L1+L2" } else { "L2" };
        write!(f, "{} {what} gas", grouped(self.units))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.ether(), self.gas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_say_whether_the_part_for_l1_is_in_them() {
        let mined = Gas::with_l1(10_736_974);
        let tried = Gas::without_l1(1_290_574);
        assert_eq!(mined.to_string(), "10,736,974 L1+L2 gas");
        assert_eq!(tried.to_string(), "1,290,574 L2 gas");
        assert_eq!(tried.and_l1(Some(9_446_400)), mined);
        assert_eq!(tried.and_l1(None), tried);
        let all: Gas = [mined, tried].into_iter().sum();
        assert_eq!(all, Gas::without_l1(12_027_548), "a part is missing");
        assert_eq!([mined].into_iter().sum::<Gas>(), mined);
        let cost = mined.at(100_000_000);
        assert_eq!(cost.to_string(), "0.0010736974 ETH, 10,736,974 L1+L2 gas");
        let paid = cost.and_value(U256::from(10_000_000_000_000_000u64));
        assert_eq!(paid.to_string(), "0.0110736974 ETH, 10,736,974 L1+L2 gas");
        assert_eq!(Cost::default().to_string(), "0 ETH, 0 L1+L2 gas");
    }
}
