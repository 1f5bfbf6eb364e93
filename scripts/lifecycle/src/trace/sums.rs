//! What a transaction was paid back.

use super::Receipt;
use crate::call_tree::Frame;

/// Gas of a transaction and of a creation, before anything else is paid.
const BASE: u64 = 21_000;
const BASE_OF_CREATION: u64 = 53_000;
/// Gas of a byte of calldata.
const ZERO_BYTE: u64 = 4;
const OTHER_BYTE: u64 = 16;
/// Of what a transaction used at most a fifth is paid back (EIP-3529): this part of the rest.
const REFUNDED_OF_THE_REST: u64 = 4;

/// Gas that the transaction was paid back for storage that it cleared, as far as it can be told: the
/// first frame's calls and what is paid before any code runs are more than the gas that it used. What
/// that frame used alone is then what was paid before.
pub(super) fn refund(receipt: &Receipt, frames: &mut [Frame]) -> Option<u64> {
    let paid_back = paid_back(receipt, frames)?;
    let root = frames.first_mut()?;
    if paid_back.gas > most_refund(root) {
        return None; // nobody was paid that
    }
    root.gas_alone = paid_back.before;
    Some(paid_back.gas)
}

struct PaidBack {
    /// Gas that was paid before any code ran, at least.
    before: u64,
    /// Gas that was paid back, at least.
    gas: u64,
}

fn paid_back(receipt: &Receipt, frames: &[Frame]) -> Option<PaidBack> {
    let root = frames.first()?;
    let direct = frames.iter().filter(|frame| frame.depth == 1);
    let inner = direct.fold(0_u64, |sum, frame| sum.saturating_add(frame.gas_used));
    let before = paid_before(root, receipt);
    let spent = before.saturating_add(inner);
    let gas = spent.checked_sub(root.gas_used).filter(|gas| *gas > 0)?;
    Some(PaidBack { before, gas })
}

fn most_refund(root: &Frame) -> u64 {
    root.gas_used / REFUNDED_OF_THE_REST
}

/// What a transaction pays before its first frame runs, at least.
fn paid_before(root: &Frame, receipt: &Receipt) -> u64 {
    let base = match root.kind.is_creation() {
        true => BASE_OF_CREATION,
        false => BASE,
    };
    let zeros = root.input.iter().filter(|byte| **byte == 0).count() as u64;
    let others = root.input.len() as u64 - zeros;
    let for_l1: u64 = receipt.gas_used_for_l1.unwrap_or_default().to();
    (base + zeros * ZERO_BYTE + others * OTHER_BYTE).saturating_add(for_l1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_tree::read;
    use serde_json::value::to_raw_value;
    use serde_json::{Value, from_value, json};
    use stylus_upgrades_test_support::call_frame as call;

    fn receipt(gas: u64) -> Receipt {
        let receipt = json!({
            "blockNumber": "0x1", "status": "0x1", "type": "0x2", "gasUsedForL1": "0xa",
            "from": "0x0000000000000000000000000000000000000001", "gasUsed": format!("{gas:#x}"),
        });
        from_value(receipt).expect("a receipt")
    }

    fn frames(tree: &Value) -> Vec<Frame> {
        read(&to_raw_value(tree).expect("JSON")).expect("a tree")
    }

    #[test]
    fn a_refund_is_what_the_calls_used_beyond_the_whole_and_the_sums_add_up_with_it() {
        let tree = call(2, 40_000, &[call(3, 12_000, &[]), call(4, 15_000, &[])]);
        let mut frames = frames(&tree);
        assert_eq!(refund(&receipt(40_000), &mut frames), Some(8_010));
        let alone: u64 = frames.iter().map(|frame| frame.gas_alone).sum();
        assert_eq!(alone - 8_010, 40_000);
    }

    #[test]
    fn without_a_refund_there_is_none() {
        let mut dear = frames(&call(2, 40_000, &[call(3, 12_000, &[])]));
        assert_eq!(refund(&receipt(40_000), &mut dear), None);
        assert_eq!(dear[0].gas_alone, 28_000);
    }

    #[test]
    fn more_than_a_fifth_of_what_was_used_before_it_is_no_refund() {
        // 21,010 gas are paid before: a quarter of 40,000 is paid back at most.
        for (inner, is_possible) in [(28_990, true), (28_991, false), (50_001, false)] {
            let mut frames = frames(&call(2, 40_000, &[call(3, inner, &[])]));
            let refund = refund(&receipt(40_000), &mut frames);
            assert_eq!(refund, is_possible.then_some(10_000));
        }
    }
}
