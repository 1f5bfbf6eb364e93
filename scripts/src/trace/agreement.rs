//! Whether what an endpoint says of one transaction can be true together: the transaction, its receipt
//! and its call tree.

use super::{Receipt, Transaction, callers, sums};
use crate::call_tree::{Frame, Kind};
use crate::ids::TxHash;
use alloy::primitives::{Address, Bytes, U64, hex};

/// Contradictions between frames that are reported, at most.
const REPORTED_MAX: usize = 8;
/// Bytes of calldata that are printed, at most.
const SHOWN_MAX: usize = 32;
/// The type of the first transaction that the chain makes itself, and that pays otherwise.
const OF_THE_CHAIN: u64 = 0x64;
/// The type of ArbOS' own transactions, whose calls are from other accounts of the chain.
const OF_ARBOS: u64 = 0x6a;

/// What contradicts what, in words.
pub(super) fn contradictions(
    tx: TxHash,
    (receipt, transaction): (&Receipt, Option<&Transaction>),
    frames: &[Frame],
) -> Vec<String> {
    let mut found = of_receipt(tx, receipt);
    let kind = kind_of(receipt, transaction);
    let Some(root) = frames.first() else {
        return found;
    };
    found.extend(of_root(receipt, root, uncompared(kind).is_none()));
    match transaction {
        Some(transaction) => found.extend(of_transaction(tx, receipt, transaction, root)),
        None => found.push("it has a receipt of the transaction, and no transaction".into()),
    }
    let callers = callers::contradictions(frames, kind == Some(OF_ARBOS));
    found.extend(callers.into_iter().take(REPORTED_MAX));
    if uncompared(kind).is_none() {
        let sums = sums::contradictions(receipt, frames);
        found.extend(sums.into_iter().take(REPORTED_MAX));
    }
    found
}

/// The type of a transaction.
pub(super) fn kind_of(receipt: &Receipt, transaction: Option<&Transaction>) -> Option<u64> {
    let of_it = transaction.and_then(|transaction| transaction.kind);
    of_it.or(receipt.kind).map(|kind| kind.to())
}

/// What is not compared of a transaction of this type: the chain pays for its own otherwise, and their
/// first frame may succeed where they fail.
pub(super) fn uncompared(kind: Option<u64>) -> Option<String> {
    let kind = kind.filter(|kind| *kind >= OF_THE_CHAIN)?;
    Some(format!(
        "whether outcome and gas of the call tree agree: the chain makes transactions of type {kind:#x} itself"
    ))
}

/// A receipt alone.
fn of_receipt(tx: TxHash, receipt: &Receipt) -> Vec<String> {
    let mut found = Vec::new();
    if receipt.transaction_hash != tx {
        found.push(format!(
            "it was asked for {tx}, and gives the receipt of {}",
            receipt.transaction_hash
        ));
    }
    if receipt.status > U64::from(1) {
        found.push(format!(
            "a receipt has status 0 or 1, this one {}",
            receipt.status
        ));
    }
    let (used, for_l1) = (receipt.gas_used, receipt.gas_used_for_l1);
    if let Some(for_l1) = for_l1.filter(|for_l1| *for_l1 > used) {
        found.push(format!(
            "its receipt says {used} gas, and {for_l1} of it for L1"
        ));
    }
    found
}

/// A receipt and the first frame.
fn of_root(receipt: &Receipt, root: &Frame, is_outcome_compared: bool) -> Vec<String> {
    let mut found = Vec::new();
    if !matches!(root.kind, Kind::Call | Kind::Create | Kind::Create2) {
        found.push(format!(
            "a transaction begins with CALL or CREATE, its call tree with {}",
            root.kind.name()
        ));
    }
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
            named(receipt.to.or(receipt.contract_address)),
            named(root.to)
        ));
    }
    let succeeded = !receipt.status.is_zero();
    if succeeded == failed && is_outcome_compared {
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
    found
}

/// The transaction, its receipt and the first frame.
fn of_transaction(
    tx: TxHash,
    receipt: &Receipt,
    transaction: &Transaction,
    root: &Frame,
) -> Vec<String> {
    let mut found = Vec::new();
    if transaction.hash != tx {
        let other = transaction.hash;
        found.push(format!("it was asked for {tx}, and gives {other}"));
    }
    if transaction.from != receipt.from {
        found.push(format!(
            "the transaction is from {}, its receipt of one from {}",
            transaction.from, receipt.from
        ));
    }
    if transaction.to != receipt.to {
        found.push(format!(
            "the transaction is to {}, its receipt of one to {}",
            named(transaction.to),
            named(receipt.to)
        ));
    }
    if transaction.block_number != Some(receipt.block_number) {
        let block = transaction.block_number;
        found.push(format!(
            "the transaction is in {}, its receipt of block {}",
            block.map_or_else(|| "no block".into(), |block| format!("block {block}")),
            receipt.block_number
        ));
    }
    let kinds = transaction.kind.zip(receipt.kind);
    if let Some((kind, other)) = kinds.filter(|(kind, other)| kind != other) {
        found.push(format!(
            "the transaction is of type {kind:#x}, its receipt of one of type {other:#x}"
        ));
    }
    if transaction.value != root.value {
        found.push(format!(
            "the transaction sends {} wei, its call tree {}",
            transaction.value, root.value
        ));
    }
    if transaction.input != root.input {
        let same = transaction.input.iter().zip(root.input.iter());
        let same = same.take_while(|(a, b)| a == b).count();
        found.push(format!(
            "the transaction has {} bytes of input, its call tree {}: from byte {same} on {}, and {}",
            transaction.input.len(),
            root.input.len(),
            from_byte(&transaction.input, same),
            from_byte(&root.input, same)
        ));
    }
    found
}

/// Some bytes from this one on.
fn from_byte(bytes: &Bytes, at: usize) -> String {
    let rest: Vec<u8> = bytes.iter().skip(at).copied().collect();
    match rest.get(..SHOWN_MAX) {
        Some(shown) if rest.len() > SHOWN_MAX => format!("{}…", hex::encode_prefixed(shown)),
        _ => hex::encode_prefixed(rest),
    }
}

/// A frame in a sentence.
pub(super) fn frame_of(at: usize, frame: &Frame) -> String {
    format!("frame {at}, {} to {},", frame.kind.name(), named(frame.to))
}

/// An account, if there is one.
fn named(account: Option<Address>) -> String {
    account.map_or_else(|| "nobody".into(), |account| account.to_string())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::callers::tests::tree;
    use super::*;
    use crate::call_tree::{self, tests::call, tests::raw};
    use alloy::primitives::B256;
    use serde_json::{Value, json};

    const TX: TxHash = TxHash(B256::repeat_byte(1));

    pub(in crate::trace) fn account(number: u8) -> Value {
        json!(Address::with_last_byte(number))
    }

    fn said(gas: u64) -> (Value, Value) {
        let receipt = json!({
            "transactionHash": TX, "blockNumber": "0x1", "status": "0x1", "type": "0x2",
            "from": account(1), "to": account(2), "gasUsed": format!("{gas:#x}"), "gasUsedForL1": "0xa",
        });
        let transaction = json!({
            "hash": TX, "blockNumber": "0x1", "type": "0x2", "from": account(1), "to": account(2),
            "value": "0x0", "input": "0x",
        });
        (receipt, transaction)
    }

    pub(in crate::trace) fn receipt(gas: u64) -> Receipt {
        serde_json::from_value(said(gas).0).expect("a receipt")
    }

    pub(in crate::trace) fn frames(tree: &Value) -> Vec<Frame> {
        call_tree::read(&raw(tree)).expect("a tree")
    }

    fn found((receipt, transaction): &(Value, Value), tree: &Value) -> Vec<String> {
        let receipt = serde_json::from_value(receipt.clone()).expect("a receipt");
        let transaction = serde_json::from_value(transaction.clone()).expect("a transaction");
        contradictions(TX, (&receipt, Some(&transaction)), &frames(tree))
    }

    #[test]
    fn every_field_that_answers_share_is_compared() {
        assert_eq!(found(&said(40_000), &tree()), Vec::<String>::new());
        for (place, field, value, words) in [
            (
                "receipt",
                "transactionHash",
                json!(TxHash::ZERO),
                "it was asked for",
            ),
            ("receipt", "from", account(9), "a transaction from"),
            ("receipt", "to", account(9), "a transaction to"),
            ("receipt", "to", Value::Null, "a transaction to nobody"),
            ("receipt", "status", json!("0x0"), "it succeeded"),
            (
                "receipt",
                "status",
                json!("0x2"),
                "status 0 or 1, this one 2",
            ),
            ("receipt", "gasUsed", json!("0x9c3f"), "says 39999 gas"),
            (
                "receipt",
                "gasUsedForL1",
                json!("0x9c41"),
                "40001 of it for L1",
            ),
            (
                "receipt",
                "blockNumber",
                json!("0x2"),
                "in block 1, its receipt of block 2",
            ),
            (
                "receipt",
                "type",
                json!("0x1"),
                "of type 0x2, its receipt of one of type 0x1",
            ),
            (
                "transaction",
                "hash",
                json!(TxHash::ZERO),
                "it was asked for",
            ),
            ("transaction", "from", account(9), "its receipt of one from"),
            ("transaction", "to", account(9), "its receipt of one to"),
            ("transaction", "blockNumber", Value::Null, "in no block"),
            (
                "transaction",
                "value",
                json!("0x5"),
                "sends 5 wei, its call tree 0",
            ),
            (
                "transaction",
                "input",
                json!("0x07"),
                "1 bytes of input, its call tree 0: from byte 0 on 0x07, and 0x",
            ),
            (
                "tree",
                "type",
                json!("DELEGATECALL"),
                "its call tree with DELEGATECALL",
            ),
            (
                "tree",
                "type",
                json!("SELFDESTRUCT"),
                "its call tree with SELFDESTRUCT",
            ),
            (
                "tree",
                "value",
                json!("0x5"),
                "sends 0 wei, its call tree 5",
            ),
            (
                "tree",
                "input",
                json!("0x0007"),
                "0 bytes of input, its call tree 2",
            ),
        ] {
            let (mut said, mut tree) = (said(40_000), tree());
            let lying = match place {
                "receipt" => &mut said.0,
                "transaction" => &mut said.1,
                _ => &mut tree,
            };
            lying[field] = value;
            let found = found(&said, &tree);
            let is_found = found.iter().any(|one| one.contains(words));
            assert!(is_found, "{place} {field}: {found:?}");
        }
        let receipt = receipt(40_000);
        let found = contradictions(TX, (&receipt, None), &frames(&tree()));
        assert!(found[0].contains("no transaction"), "{found:?}");
    }

    #[test]
    fn outcome_and_sums_of_the_chains_own_transactions_are_not_compared_and_that_is_said() {
        let mut said = said(0);
        said.0["gasUsedForL1"] = json!("0x0");
        said.0["status"] = json!("0x0");
        let mut tree = call(2, 0, &[call(3, 23_100, &[])]);
        // As at the start of a block: from the account of the chain's system.
        tree["calls"][0]["from"] = account(0xfe);
        assert_eq!(found(&said, &tree).len(), 3);
        (said.0["type"], said.1["type"]) = (json!("0x6a"), json!("0x6a"));
        assert_eq!(found(&said, &tree), Vec::<String>::new());
        let missing = uncompared(Some(0x6a)).expect("it is said");
        assert!(missing.contains("of type 0x6a"), "{missing}");
        assert_eq!(uncompared(Some(0x2)).or(uncompared(None)), None);
        // What it sends and who is called is compared.
        tree["input"] = json!("0x07");
        assert_eq!(found(&said, &tree).len(), 1);
    }
}
