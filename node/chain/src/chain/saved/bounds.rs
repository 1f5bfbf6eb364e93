//! What a saved state may say. Its checksum tells of damage; whoever writes one can compute it.

use super::{Saved, SavedBlock, SavedEmpty, SavedEntry};
use crate::{ChainError, LAST_BLOCK, LAST_SECOND};
use alloy_consensus::Header;
use alloy_primitives::B256;
use std::fmt::Display;

/// Most empty blocks in a state: one for each second of a year. Their hashes are not saved, and whoever
/// asks first waits for them.
const MAX_EMPTY: u64 = 1 << 25;

/// The end of the blocks that were looked at.
struct End {
    number: u64,
    time: u64,
    /// Unknown behind empty blocks.
    hash: Option<B256>,
}

/// Whether the blocks follow each other, have their receipts, and end before numbers and times do.
pub(super) fn check(saved: &Saved) -> Result<(), ChainError> {
    let mut end: Option<End> = None;
    let mut empty = 0u64;
    for (index, entry) in saved.history.iter().enumerate() {
        let named = |field: &str| format!("history[{index}].{field}");
        let (header, count, step) = match entry {
            SavedEntry::Block(block) => (&block.header, 1, 0),
            SavedEntry::Empty(rows) => (&rows.header, rows.count, rows.step),
        };
        if let Some(end) = &end {
            follows(end, header, named)?;
        }
        let next = match entry {
            SavedEntry::Block(block) => {
                if let Some(hash) = end.as_ref().and_then(|end| end.hash) {
                    same(named("header.parentHash"), hash, header.parent_hash)?;
                }
                receipts(block, named)?;
                Some(block.header.hash_slow())
            }
            SavedEntry::Empty(rows) => {
                empty = counted(empty, rows, named)?;
                None
            }
        };
        let number = header.number.saturating_add(count - 1);
        let time = step.saturating_mul(count - 1);
        let time = header.timestamp.saturating_add(time);
        most(named("header.number"), number, LAST_BLOCK)?;
        most(named("header.timestamp"), time, LAST_SECOND)?;
        end = Some(End {
            number,
            time,
            hash: next,
        });
    }
    let first = saved.history.first().map_or(0, |entry| match entry {
        SavedEntry::Block(block) => block.header.number,
        SavedEntry::Empty(rows) => rows.header.number,
    });
    most("forgotten", saved.forgotten.len() as u64, first)?;
    let newest = end.map_or(0, |end| end.number);
    most(
        "history_since",
        saved.history_since.unwrap_or_default(),
        newest,
    )?;
    most("shift", saved.shift.unsigned_abs(), LAST_SECOND)
}

/// Whether a block comes after the ones before it.
fn follows(end: &End, header: &Header, named: impl Fn(&str) -> String) -> Result<(), ChainError> {
    let number = end.number + 1;
    same(named("header.number"), number, header.number)?;
    if header.timestamp < end.time {
        return Err(refused(
            named("header.timestamp"),
            format!("at least {}, as the block before it", end.time),
            header.timestamp,
        ));
    }
    Ok(())
}

/// Whether every transaction has the receipt that is its own.
fn receipts(block: &SavedBlock, named: impl Fn(&str) -> String) -> Result<(), ChainError> {
    let (transactions, receipts) = (&block.transactions, &block.receipts);
    same(
        named("receipts"),
        format!("{} of them", transactions.len()),
        format!("{} of them", receipts.len()),
    )?;
    for (index, (transaction, receipt)) in transactions.iter().zip(receipts).enumerate() {
        let (number, at) = (block.header.number, index as u64);
        let of = |list: &str, field: &str| named(&format!("{list}[{index}].{field}"));
        let hash = *transaction.envelope.tx_hash();
        same(of("transactions", "hash"), hash, transaction.hash)?;
        same(
            of("receipts", "transaction_hash"),
            hash,
            receipt.transaction_hash,
        )?;
        let field = of("receipts", "transaction_index");
        same(field, at, receipt.transaction_index)?;
        same(of("transactions", "index"), at, transaction.index)?;
        let field = of("receipts", "block_number");
        same(field, number, receipt.block_number)?;
        let field = of("transactions", "block_number");
        same(field, number, transaction.block_number)?;
    }
    Ok(())
}

/// How many empty blocks there are with those of a row.
fn counted(
    before: u64,
    rows: &SavedEmpty,
    named: impl Fn(&str) -> String,
) -> Result<u64, ChainError> {
    let all = before.saturating_add(rows.count);
    match rows.count {
        0 => Err(refused(named("count"), "at least 1", 0)),
        _ if all > MAX_EMPTY => Err(refused(
            named("count"),
            format!("at most {MAX_EMPTY} empty blocks in all"),
            format!("{all} up to here"),
        )),
        _ => Ok(all),
    }
}

fn most(field: impl Into<String>, found: u64, most: u64) -> Result<(), ChainError> {
    match found <= most {
        true => Ok(()),
        false => Err(refused(field, format!("at most {most}"), found)),
    }
}

fn same<T: PartialEq + Display>(
    field: impl Into<String>,
    expected: T,
    found: T,
) -> Result<(), ChainError> {
    match expected == found {
        true => Ok(()),
        false => Err(refused(field, expected, found)),
    }
}

fn refused(field: impl Into<String>, expected: impl Display, found: impl Display) -> ChainError {
    ChainError::StateField {
        field: field.into(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checksum;
    use crate::{CallRequest, Chain, ChainConfig, ChainError, ChainState};
    use alloy_primitives::{Address, B256, address};
    use serde_json::{Value, json};

    /// It has a balance on every chain.
    const DEV: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

    /// Two rows of empty blocks with a block of one transaction between them.
    fn dumped() -> (Chain, ChainState) {
        let mut chain = Chain::new(ChainConfig {
            timestamp: Some(1_700_000_000),
            auto_impersonate: true,
            ..ChainConfig::default()
        });
        chain.mine(3, Some(5)).expect("mines");
        let request = CallRequest {
            to: Some(DEV),
            ..CallRequest::default()
        };
        chain.submit_unsigned(DEV, request).expect("sent");
        chain.mine(3, Some(5)).expect("mines");
        let state = chain.dump_state().expect("dumps");
        (chain, state)
    }

    /// What a state is refused with that somebody changed, and computed the checksum of.
    fn refusal(change: impl FnOnce(&mut Value)) -> Option<String> {
        let (mut chain, mut state) = dumped();
        let head = chain.block_number();
        let mut content = Value::Object(state.content);
        change(&mut content);
        let Value::Object(content) = content else {
            panic!("an object");
        };
        state.checksum = checksum(&content).expect("a checksum");
        state.content = content;
        match chain.load_state(state) {
            Ok(()) => {
                // What is taken goes on.
                chain.mine(2, None).expect("mines");
                assert!(chain.block_hash(chain.block_number()).is_some());
                None
            }
            Err(ChainError::StateField { field, .. }) => {
                assert_eq!(chain.block_number(), head, "nothing has changed");
                Some(field)
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn history(content: &mut Value) -> &mut Vec<Value> {
        content["history"].as_array_mut().expect("a list")
    }

    /// The block with the transaction.
    fn full(content: &mut Value) -> (usize, &mut Value) {
        let mut all = history(content).iter_mut().enumerate();
        let (at, block) = all
            .find(|(_, entry)| entry["block"]["receipts"][0].is_object())
            .expect("a block with a transaction");
        (at, &mut block["block"])
    }

    /// The last row of empty blocks.
    fn last_row(content: &mut Value) -> (usize, &mut Value) {
        let mut all = history(content).iter_mut().enumerate();
        let (at, row) = all
            .rfind(|(_, entry)| entry["empty"].is_object())
            .expect("a row");
        (at, &mut row["empty"])
    }

    #[test]
    fn a_saved_state_as_it_was_written_is_taken() {
        assert_eq!(refusal(|_| {}), None);
    }

    #[test]
    fn numbers_and_times_that_no_chain_has_are_refused_by_their_field() {
        for (count, step) in [(0, 1), (1 << 60, 1), (u64::MAX, u64::MAX)] {
            let mut at = 0;
            let found = refusal(|content| {
                let (index, row) = last_row(content);
                at = index;
                row["count"] = json!(count);
                row["step"] = json!(step);
            });
            assert_eq!(found, Some(format!("history[{at}].count")), "{count}");
        }
        let found = refusal(|content| last_row(content).1["step"] = json!(u64::MAX));
        assert!(found.is_some_and(|field| field.ends_with("header.timestamp")));
        let alone = |field: &'static str| {
            refusal(move |content| {
                let mut last = history(content).pop().expect("a row");
                last["empty"]["header"][field] = json!("0xffffffffffffffff");
                *history(content) = vec![last];
            })
        };
        for field in ["number", "timestamp"] {
            let expected = format!("history[0].header.{field}");
            assert_eq!(alone(field), Some(expected));
        }
        for shift in [i64::MIN, i64::MAX] {
            let found = refusal(|content| content["shift"] = json!(shift));
            assert_eq!(found.as_deref(), Some("shift"), "{shift}");
        }
        let found = refusal(|content| content["history_since"] = json!(u64::MAX));
        assert_eq!(found.as_deref(), Some("history_since"));
        let hashes = vec![B256::ZERO; 3];
        let found = refusal(|content| content["forgotten"] = json!(hashes));
        assert_eq!(found.as_deref(), Some("forgotten"));
    }

    #[test]
    fn blocks_that_do_not_follow_each_other_are_refused() {
        let missing = refusal(|content| {
            let at = full(content).0;
            history(content).remove(at);
        });
        assert!(missing.is_some_and(|field| field.ends_with("header.number")));
        let twice = refusal(|content| {
            let last = history(content).last().cloned().expect("a row");
            history(content).push(last);
        });
        assert!(twice.is_some_and(|field| field.ends_with("header.number")));
        let reversed = refusal(|content| history(content).reverse());
        assert!(reversed.is_some_and(|field| field.ends_with("header.number")));
        let earlier = refusal(|content| {
            last_row(content).1["header"]["timestamp"] = json!("0x1");
        });
        assert!(earlier.is_some_and(|field| field.ends_with("header.timestamp")));
    }

    #[test]
    fn transactions_without_their_receipts_are_refused() {
        let without = refusal(|content| full(content).1["receipts"] = json!([]));
        assert!(without.is_some_and(|field| field.ends_with("].receipts")));
        let without = refusal(|content| full(content).1["transactions"] = json!([]));
        assert!(without.is_some_and(|field| field.ends_with("].receipts")));
        let other = refusal(|content| {
            let hash = format!("0x{}", "ab".repeat(32));
            full(content).1["receipts"][0]["transaction_hash"] = json!(hash);
        });
        assert!(other.is_some_and(|field| field.ends_with("receipts[0].transaction_hash")));
    }
}
