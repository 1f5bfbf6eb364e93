//! The highest price that a command pays for a unit of gas: the endpoint names the price, and could name any.

use crate::error::{Exit, Refusal};

/// The factor over the median base fee of the last blocks that a unit of gas may cost.
const TIMES: u128 = 100;
/// The most that a unit of gas may cost in any case, in wei: 1,000 gwei.
pub(super) const WEI: u128 = 1_000_000_000_000;

/// The most that a unit of gas may cost, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FeeCeiling {
    pub(super) wei: u128,
    is_given: bool,
}

impl FeeCeiling {
    /// Takes what `--max-fee` gives, else what follows from the base fees of the last blocks.
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

    /// The error that an endpoint asks for more.
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
}
