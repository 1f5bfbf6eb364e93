//! The gas of each call beside that of the calls in it, and what a transaction was paid back.

use super::Receipt;
use super::agreement::frame_of;
use crate::call_tree::Frame;

/// Gas of a transaction and of a creation, before anything else is paid.
const BASE: u64 = 21_000;
const BASE_OF_CREATION: u64 = 53_000;
/// Gas of a byte of calldata.
const ZERO_BYTE: u64 = 4;
const OTHER_BYTE: u64 = 16;
/// Of what a transaction used at most a fifth is paid back (EIP-3529): this part of the rest.
const REFUNDED_OF_THE_REST: u64 = 4;

/// Calls that used less gas than the calls in them, and a refund that is too high.
pub(super) fn contradictions(receipt: &Receipt, frames: &[Frame]) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((root, paid_back)) = frames.first().zip(paid_back(receipt, frames)) {
        let most = most_refund(root);
        if paid_back.gas > most {
            found.push(format!(
                "{} used {} gas, what is paid before it and the calls in it {}: {most} could be paid back, not {}",
                frame_of(0, root),
                root.gas_used,
                paid_back.gas.saturating_add(root.gas_used),
                paid_back.gas
            ));
        }
    }
    let inner = gas_of_calls(frames);
    let pairs = frames.iter().zip(inner).enumerate().skip(1);
    let too_low = pairs.filter(|(_, (frame, inner))| *inner > frame.gas_used);
    found.extend(too_low.map(|(at, (frame, inner))| {
        let used = frame.gas_used;
        let what = frame_of(at, frame);
        format!("{what} used {used} gas, and the calls in it {inner}")
    }));
    found
}

/// Gas that the transaction was paid back for storage that it cleared, as far as it can be told: the
/// first frame's calls and what is paid before any code runs are more than the gas that it used. What
/// that frame used alone is then what was paid before.
pub(super) fn refund(receipt: &Receipt, frames: &mut [Frame]) -> Option<u64> {
    let paid_back = paid_back(receipt, frames)?;
    let root = frames.first_mut()?;
    if paid_back.gas > most_refund(root) {
        return None; // nobody was paid that: it is a contradiction
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
    let inner = gas_of_calls(frames).first().copied()?;
    let root = frames.first()?;
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

/// The gas of the calls that each frame made.
fn gas_of_calls(frames: &[Frame]) -> Vec<u64> {
    let mut sums = vec![0u64; frames.len()];
    // The frames that a frame stands in, by their depths.
    let mut above: Vec<usize> = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        above.truncate(frame.depth);
        if let Some(sum) = above.last().and_then(|caller| sums.get_mut(*caller)) {
            *sum = sum.saturating_add(frame.gas_used);
        }
        above.push(at);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::agreement::tests::{frames, receipt};
    use super::*;
    use crate::call_tree::tests::call;

    #[test]
    fn a_refund_is_what_the_calls_used_beyond_the_whole_and_the_sums_add_up_with_it() {
        let tree = call(2, 40_000, &[call(3, 12_000, &[]), call(4, 15_000, &[])]);
        let (receipt, mut frames) = (receipt(40_000), frames(&tree));
        assert!(contradictions(&receipt, &frames).is_empty());
        assert_eq!(refund(&receipt, &mut frames), Some(8_010));
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
    fn a_refund_above_a_fifth_of_what_was_used_before_it_is_a_contradiction() {
        // 21,010 gas are paid before: a quarter of 40,000 is paid back at most.
        for (inner, is_possible) in [(28_990, true), (28_991, false), (50_001, false)] {
            let mut frames = frames(&call(2, 40_000, &[call(3, inner, &[])]));
            let found = contradictions(&receipt(40_000), &frames);
            assert_eq!(found.is_empty(), is_possible, "{inner}: {found:?}");
            let starts = found.iter().all(|one| one.starts_with("frame 0, "));
            assert!(starts && found.len() <= 1, "{found:?}");
            let refund = refund(&receipt(40_000), &mut frames);
            assert_eq!(refund, is_possible.then_some(10_000));
        }
    }

    #[test]
    fn calls_that_used_more_than_what_made_them_are_a_contradiction() {
        let inner = call(3, 100, &[call(4, 101, &[])]);
        let frames = frames(&call(2, 40_000, &[inner]));
        let found = contradictions(&receipt(40_000), &frames);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("frame 1, "), "{found:?}");
    }
}
