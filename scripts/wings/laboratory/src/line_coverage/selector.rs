//! Transactions and blocks, as a command names them.

use crate::ids::TxHash;
use alloy::primitives::B256;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The transactions whose runs are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionSelector {
    /// One transaction.
    Transaction(TxHash),
    /// Every transaction of these blocks.
    Blocks(RangeInclusive<u64>),
}

impl FromStr for TransactionSelector {
    type Err = String;

    /// A transaction's hash, or `FIRST..LAST`, both included.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((first, last)) = text.split_once("..") else {
            let hash: B256 = text
                .parse()
                .map_err(|_| "no hash of a transaction, and no FIRST..LAST of blocks")?;
            return Ok(Self::Transaction(hash.into()));
        };
        let number = |text: &str| {
            text.parse::<u64>()
                .map_err(|_| format!("{text:?} is no block's number"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if (1..=last).contains(&first) {
            Ok(Self::Blocks(first..=last))
        } else {
            Err("the first block is 0, or after the last one".into())
        }
    }
}

#[test]
fn transactions_and_blocks_are_read_as_they_are_named() {
    let hash = B256::repeat_byte(7);
    let read = |text: &str| text.parse::<TransactionSelector>();
    assert_eq!(
        read(&hash.to_string()),
        Ok(TransactionSelector::Transaction(hash.into()))
    );
    assert_eq!(read("3..5"), Ok(TransactionSelector::Blocks(3..=5)));
    assert_eq!(read("3..3"), Ok(TransactionSelector::Blocks(3..=3)));
    for wrong in ["", "3", "0..3", "5..3", "3..", "..3", "3..x", "0x12"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
