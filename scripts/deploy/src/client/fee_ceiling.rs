//! What a transaction may cost at most: an endpoint says what gas costs and how much of it is needed, and may say
//! anything.

use crate::error::{Exit, Refusal};

/// How many times the median base fee of the last blocks a unit of gas may cost.
const TIMES: u128 = 100;
/// What a unit of gas may cost in any case, in wei: 1,000 gwei.
pub(super) const WEI: u128 = 1_000_000_000_000;
/// What a transaction may cost in gas, in wei: the cap that nodes have as well (1 ether).
const TRANSACTION: u128 = 1_000_000_000_000_000_000;

/// What a unit of gas may cost, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FeeCeiling {
    pub(super) wei: u128,
    is_given: bool,
}

impl FeeCeiling {
    /// What `--max-fee` gives, else what follows from the base fees of the last blocks.
    pub(super) fn of(given: Option<u128>, base_fees: Vec<u128>) -> Self {
        let mut sorted = base_fees;
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let usual = median.saturating_mul(TIMES);
        let usual = if usual == 0 { WEI } else { usual.min(WEI) };
        Self {
            wei: given.unwrap_or(usual),
            is_given: given.is_some(),
        }
    }

    /// That an endpoint asks for more.
    pub(super) fn refusal(self, max: u128) -> Refusal {
        let wei = self.wei;
        let message = format!("nothing was sent: a unit of gas may cost up to {max} wei");
        let expected = if self.is_given {
            format!("at most {wei} wei, as --max-fee says")
        } else {
            format!(
                "at most {wei} wei: {TIMES} times the median of the last blocks, and never above {WEI}"
            )
        };
        let next = "compare the base fee with an explorer; if it is right, give --max-fee WEI";
        let refusal = Refusal::new("FeeTooHigh", message);
        refusal
            .with(expected, max.to_string(), next)
            .exiting(Exit::Refused)
    }
}

/// That an endpoint asks for so much gas at such a price that a transaction could cost more than it may; who gives a
/// price answers for it.
pub(super) fn too_dear(what: &str, given: Option<u128>, gas: u64, price: u128) -> Option<Refusal> {
    let cost = price.saturating_mul(gas.into());
    (given.is_none() && cost > TRANSACTION).then(|| {
        let message = format!("{what} was not sent: it may cost up to {cost} wei ({gas} gas)");
        let refusal = Refusal::new("FeeTooHigh", message).with(
            format!("at most {TRANSACTION} wei for a transaction"),
            cost.to_string(),
            "compare base fee and gas with another endpoint; if they are right, give --max-fee WEI",
        );
        refusal.exiting(Exit::Refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_follows_from_the_last_blocks_and_a_given_one_counts_alone() {
        let fees = |all: &[u128]| FeeCeiling::of(None, all.to_vec()).wei;
        assert_eq!(fees(&[10, 10, 10_000]), 1_000);
        assert_eq!(fees(&[]), WEI);
        assert_eq!(fees(&[0, 0, 0]), WEI);
        assert_eq!(fees(&[WEI, WEI, WEI]), WEI);
        assert_eq!(FeeCeiling::of(Some(7), vec![1]).wei, 7);
        assert_eq!(FeeCeiling::of(Some(WEI * 9), vec![1]).wei, WEI * 9);
    }

    #[test]
    fn a_transaction_costs_an_ether_at_most_unless_a_price_is_given() {
        let gwei = 1_000_000_000;
        assert!(too_dear("it", None, 100_000_000, 10 * gwei).is_none());
        assert!(too_dear("it", None, 100_000_001, 10 * gwei).is_some());
        assert!(too_dear("it", None, u64::MAX, u128::MAX).is_some());
        assert!(too_dear("it", Some(gwei), u64::MAX, gwei).is_none());
    }
}
