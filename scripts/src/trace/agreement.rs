//! Whether what an endpoint says of one transaction can be true together: its receipt, its call tree,
//! and the gas of each call beside that of the calls in it.

use super::Receipt;
use super::calls::Frame;
use crate::ids::TxHash;
use alloy::primitives::Address;

/// Contradictions between gas sums that are reported, at most.
const REPORTED_MAX: usize = 8;
/// Gas of a transaction and of a creation, before anything else is paid.
const BASE: u64 = 21_000;
const BASE_OF_CREATION: u64 = 53_000;
/// Gas of a byte of calldata.
const ZERO_BYTE: u64 = 4;
const OTHER_BYTE: u64 = 16;
/// The type of the first transaction that the chain makes itself, and that pays otherwise.
const OF_THE_CHAIN: u64 = 0x64;

/// What contradicts what, in words.
pub(super) fn contradictions(tx: TxHash, receipt: &Receipt, frames: &[Frame]) -> Vec<String> {
    let mut found = Vec::new();
    if receipt.transaction_hash != tx {
        found.push(format!(
            "it was asked for {tx}, and gives the receipt of {}",
            receipt.transaction_hash
        ));
    }
    let Some(root) = frames.first() else {
        return found;
    };
    if root.from != receipt.from {
        found.push(format!(
            "its receipt is of a transaction from {}, its call tree of one from {}",
            receipt.from, root.from
        ));
    }
    let failed = root.error.is_some();
    let to = match (root.kind.is_creation(), failed) {
        (true, true) => root.to,
        (true, false) => receipt.contract_address,
        (false, _) => receipt.to,
    };
    if root.to != to || root.kind.is_creation() != receipt.to.is_none() {
        found.push(format!(
            "its receipt is of a transaction to {}, its call tree of one to {}",
            receipt.target(),
            named(root.to)
        ));
    }
    let succeeded = !receipt.status.is_zero();
    if succeeded == failed {
        let word = |succeeded| match succeeded {
            true => "succeeded",
            false => "failed",
        };
        found.push(format!(
            "by its receipt the transaction {}, by its call tree it {}",
            word(succeeded),
            word(!failed)
        ));
    }
    let used: u64 = receipt.gas_used.to();
    if root.gas_used != used {
        found.push(format!(
            "its receipt says {used} gas, its call tree {}",
            root.gas_used
        ));
    }
    found.extend(sums(frames).into_iter().take(REPORTED_MAX));
    found
}

/// Calls that used less gas than the calls in them.
fn sums(frames: &[Frame]) -> Vec<String> {
    let inner = gas_of_calls(frames);
    let pairs = frames.iter().zip(inner).enumerate();
    let found = pairs.filter_map(|(at, (frame, inner))| {
        // Of what a transaction used, at most a fifth is paid back: a quarter of the rest.
        let most = match at {
            0 => frame.gas_used.saturating_add(frame.gas_used / 4),
            _ => frame.gas_used,
        };
        (inner > most).then(|| {
            let what = format!("{} to {}", frame.kind.name(), named(frame.to));
            let used = frame.gas_used;
            format!("frame {at}, {what}, used {used} gas, and the calls in it {inner}")
        })
    });
    found.collect()
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

/// Gas that the transaction was paid back for storage that it cleared, as far as it can be told: the
/// first frame's calls and what is paid before any code runs are more than the gas that it used. What
/// that frame used alone is then what was paid before.
pub(super) fn refund(receipt: &Receipt, frames: &mut [Frame]) -> Option<u64> {
    let inner = gas_of_calls(frames).first().copied()?;
    let root = frames.first_mut()?;
    let is_ours = receipt
        .kind
        .is_none_or(|kind| kind.to::<u64>() < OF_THE_CHAIN);
    let least = match is_ours {
        true => paid_before(root, receipt),
        false => 0,
    };
    let spent = least.saturating_add(inner);
    let refund = spent.checked_sub(root.gas_used).filter(|gas| *gas > 0)?;
    root.gas_alone = least;
    Some(refund)
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

fn named(account: Option<Address>) -> String {
    account.map_or_else(|| "nobody".into(), |account| account.to_string())
}

impl Receipt {
    /// Whom the transaction called, or what it created.
    fn target(&self) -> String {
        named(self.to.or(self.contract_address))
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::{self, tests::call, tests::raw};
    use super::*;
    use alloy::primitives::B256;
    use serde_json::{Value, json};

    const TX: TxHash = TxHash(B256::repeat_byte(1));

    fn receipt(gas: u64) -> Receipt {
        let account = |number| Address::with_last_byte(number).to_string();
        let value = json!({
            "transactionHash": TX, "blockNumber": "0x1", "status": "0x1", "type": "0x2",
            "from": account(1), "to": account(2), "gasUsed": format!("{gas:#x}"), "gasUsedForL1": "0xa",
        });
        serde_json::from_value(value).expect("a receipt")
    }

    fn frames(tree: &Value) -> Vec<Frame> {
        calls::read(&raw(tree)).expect("a tree")
    }

    #[test]
    fn a_refund_is_what_the_calls_used_beyond_the_whole_and_the_sums_add_up_with_it() {
        let tree = call(2, 40_000, &[call(3, 12_000, &[]), call(4, 15_000, &[])]);
        let (receipt, mut frames) = (receipt(40_000), frames(&tree));
        assert_eq!(refund(&receipt, &mut frames), Some(8_010));
        let alone: u64 = frames.iter().map(|frame| frame.gas_alone).sum();
        assert_eq!(alone - 8_010, 40_000);
        assert!(contradictions(TX, &receipt, &frames).is_empty());
    }

    #[test]
    fn without_a_refund_there_is_none_and_a_transaction_of_the_chain_pays_no_base() {
        let mut dear = frames(&call(2, 40_000, &[call(3, 12_000, &[])]));
        assert_eq!(refund(&receipt(40_000), &mut dear), None);
        assert_eq!(dear[0].gas_alone, 28_000);
        let mut of_the_chain = receipt(0);
        of_the_chain.kind = Some(alloy::primitives::U64::from(0x6a));
        assert_eq!(refund(&of_the_chain, &mut frames(&call(2, 0, &[]))), None);
    }

    #[test]
    fn calls_that_used_more_than_what_made_them_are_a_contradiction() {
        let inner = call(3, 100, &[call(4, 101, &[])]);
        let found = contradictions(TX, &receipt(40_000), &frames(&call(2, 40_000, &[inner])));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("frame 1, "), "{found:?}");
        // More than any refund.
        let found = contradictions(
            TX,
            &receipt(40_000),
            &frames(&call(2, 40_000, &[call(3, 50_001, &[])])),
        );
        assert!(found[0].starts_with("frame 0, "), "{found:?}");
    }

    #[test]
    fn every_field_that_two_answers_share_is_compared() {
        let tree = call(2, 40_000, &[]);
        let other = json!(Address::with_last_byte(9));
        for (field, value, words) in [
            ("transactionHash", json!(TxHash::ZERO), "it was asked for"),
            ("from", other.clone(), "a transaction from"),
            ("to", other, "a transaction to"),
            ("to", Value::Null, "a transaction to nobody"),
            ("status", json!("0x0"), "it succeeded"),
            ("gasUsed", json!("0x1"), "says 1 gas"),
        ] {
            let mut lying = serde_json::to_value(json!({
                "transactionHash": TX, "blockNumber": "0x1", "status": "0x1",
                "from": Address::with_last_byte(1), "to": Address::with_last_byte(2), "gasUsed": "0x9c40",
            }))
            .expect("JSON");
            lying[field] = value;
            let lying: Receipt = serde_json::from_value(lying).expect("a receipt");
            let found = contradictions(TX, &lying, &frames(&tree));
            assert_eq!(found.len(), 1, "{field}: {found:?}");
            assert!(found[0].contains(words), "{field}: {found:?}");
        }
    }
}
