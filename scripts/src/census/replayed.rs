//! Keys by the hashes that a contract made of them: the blocks in which the account's storage root changed are
//! carried out again on a copy in this process, and what was hashed with the root of a mapping behind it is a
//! key of that mapping.

use super::anchor::Anchor;
use super::error::CensusError;
use super::record::Record;
use super::store::Store;
use crate::client::{BlockAnswer, ChainError, Client, Fork, ForkError, PastTransaction, replay};
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, hex};
use alloy::providers::Provider;
use serde_json::Value;
use stylus_chain::{Chain, OpcodeOptions, TraceKind};

/// Blocks that are carried out again, at most.
const BLOCKS_MAX: usize = 4_096;
/// Bytes of a key, at most.
const KEY_MAX: usize = 512;
/// Opcodes of a transaction that are looked at.
const OPCODES_MAX: usize = 200_000;

/// A copy that keys were to be read of.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Fork(#[from] ForkError),
    #[error(transparent)]
    Chain(#[from] stylus_chain::ChainError),
}

/// Root of a mapping and key.
type Hashed = (B256, Vec<u8>);

/// Reads keys into the store; why not all of them. `is_evm` is whether the account's code is run by the EVM.
pub(super) async fn read(
    client: &Client,
    account: Address,
    anchor: &Anchor,
    is_evm: bool,
    store: &Store,
) -> Result<Vec<String>, CensusError> {
    let (blocks, mut notes) = changed(client, account, anchor).await?;
    let kind = match is_evm {
        true => TraceKind::Opcodes(OpcodeOptions {
            memory: true,
            no_storage: true,
            limit: OPCODES_MAX,
            ..OpcodeOptions::default()
        }),
        false => TraceKind::Stylus,
    };
    for (at, block) in blocks.iter().enumerate() {
        let done = at as u64;
        let of_all = blocks.len() as u64;
        client
            .progress()
            .advance(done, of_all, "blocks", "carried out again");
        match of_block(client, *block, kind, store).await {
            Ok(None) => {}
            Ok(Some(why)) => notes.push(format!("block {block} was not carried out again: {why}")),
            Err(CensusError::Chain(ChainError::Rpc(error))) => {
                let why = error.words();
                notes.push(format!("block {block} was not carried out again: {why}"));
            }
            Err(error) => return Err(error),
        }
    }
    notes.truncate(8);
    Ok(notes)
}

/// The blocks in which the storage root changed, the oldest first, as bisection finds them: where it came back
/// to what it was, changes between are passed over.
async fn changed(
    client: &Client,
    account: Address,
    anchor: &Anchor,
) -> Result<(Vec<u64>, Vec<String>), CensusError> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let root = async |block: u64| -> Result<Option<B256>, CensusError> {
        let answer = client.provider().get_proof(account, Vec::new());
        match answer.number(block).await {
            Ok(answer) => Ok(Some(answer.storage_hash)),
            Err(error) => match client.error("eth_getProof", error) {
                ChainError::Rpc(_) => Ok(None),
                error => Err(error.into()),
            },
        }
    };
    // Two blocks with their roots, of which the first may be unknown; the newest part is on top.
    let mut parts = vec![(
        (0, root(0).await?),
        (anchor.block, Some(anchor.storage_root)),
    )];
    while let Some(((first, before), (last, after))) = parts.pop() {
        if before == after && before.is_some() || first >= last {
            continue;
        }
        if last - first == 1 {
            match after {
                Some(_) if found.len() < BLOCKS_MAX => found.push(last),
                _ => notes.push(format!("what changed up to block {last} is not known")),
            }
            if found.len() >= BLOCKS_MAX {
                notes.push(format!(
                    "only {BLOCKS_MAX} blocks with changes were looked at"
                ));
                break;
            }
            continue;
        }
        let middle = first + (last - first) / 2;
        let between = root(middle).await?;
        if before.is_some() || between.is_some() {
            parts.push(((first, before), (middle, between)));
        }
        parts.push(((middle, between), (last, after)));
    }
    found.reverse();
    Ok((found, notes))
}

/// Carries out a block again; why not, where that is so.
async fn of_block(
    client: &Client,
    number: u64,
    kind: TraceKind,
    store: &Store,
) -> Result<Option<String>, CensusError> {
    let answer = BlockAnswer::read(client, number).await?;
    let sent = answer.transactions.iter().filter_map(PastTransaction::read);
    let sent: Vec<PastTransaction> = sent.collect();
    let records: Vec<Vec<u8>> = sent.iter().map(record).collect();
    store.add_records(&records)?;
    let hashes: Vec<B256> = sent.iter().map(|one| one.hash.0).collect();
    let block = answer.with(sent);
    let fork = Fork::at(client, (number - 1).into()).await?;
    let work = move |mut chain: Chain| -> Result<Vec<Hashed>, CopyError> {
        replay(&mut chain, &[block], None)?;
        let mut keys = Vec::new();
        for hash in hashes
            .into_iter()
            .filter(|hash| chain.receipt(*hash).is_some())
        {
            let trace = chain.trace(hash, kind)?;
            match kind {
                TraceKind::Stylus => of_programs(&trace, &mut keys),
                _ => of_opcodes(&trace, &mut keys),
            }
        }
        Ok(keys)
    };
    match fork.carry_out(work).await {
        Ok(keys) => store.add_keys(&keys).map(|()| None),
        Err(why) => Ok(Some(why.to_string())),
    }
}

/// The sender and the words of a call.
fn record(transaction: &PastTransaction) -> Vec<u8> {
    let input = transaction.envelope.input();
    let sender = [transaction.from.into_word()];
    Record::of_abi(&sender, input.get(4..).unwrap_or_default()).to_bytes()
}

/// A key and the root behind it.
fn hashed(bytes: &[u8]) -> Option<Hashed> {
    let (key, root) = bytes.split_last_chunk::<32>()?;
    (1..=KEY_MAX)
        .contains(&key.len())
        .then(|| (root.into(), key.to_vec()))
}

/// What programs hashed, by the host functions that they called.
fn of_programs(trace: &Value, keys: &mut Vec<Hashed>) {
    let mut left: Vec<&Value> = trace.as_array().into_iter().flatten().collect();
    while let Some(step) = left.pop() {
        left.extend(step["steps"].as_array().into_iter().flatten());
        if step["name"] == "native_keccak256" {
            let bytes = step["args"]
                .as_str()
                .and_then(|args| hex::decode(args).ok());
            keys.extend(bytes.as_deref().and_then(hashed));
        }
    }
}

/// What EVM code hashed, by its opcodes with stack and memory.
fn of_opcodes(trace: &Value, keys: &mut Vec<Hashed>) {
    let steps = trace["structLogs"].as_array().into_iter().flatten();
    for step in steps.filter(|step| ["KECCAK256", "SHA3"].iter().any(|op| step["op"] == *op)) {
        keys.extend(of_opcode(step).as_deref().and_then(hashed));
    }
}

fn of_opcode(step: &Value) -> Option<Vec<u8>> {
    let stack = step["stack"].as_array()?;
    let operand = |from_top: usize| {
        let text = stack.get(stack.len().checked_sub(from_top)?)?.as_str()?;
        let digits = text.strip_prefix("0x").unwrap_or(text);
        usize::from_str_radix(digits, 16).ok()
    };
    let (start, length) = (operand(1)?, operand(2)?);
    if length > KEY_MAX + 32 {
        return None;
    }
    let words = step["memory"].as_array()?;
    let (first, last) = (start / 32, (start + length).div_ceil(32));
    let mut bytes = Vec::new();
    for word in words.get(first..last)? {
        let digits = word.as_str()?;
        bytes.extend(hex::decode(digits).ok()?);
    }
    let begin = start - first * 32;
    bytes.get(begin..begin + length).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_hashed_with_a_root_behind_it_is_a_key() {
        let (key, root) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let preimage = hex::encode_prefixed([key.0, root.0].concat());
        let program = json!([
            {"name": "call_contract", "args": "0x", "steps": [
                {"name": "native_keccak256", "args": preimage, "outs": "0x"},
                {"name": "native_keccak256", "args": "0x01", "outs": "0x"},
            ]},
        ]);
        let expected = vec![(root, key.to_vec())];
        let mut keys = Vec::new();
        of_programs(&program, &mut keys);
        assert_eq!(keys, expected);
        let words = [B256::ZERO, key, root].map(hex::encode);
        let code = json!({"structLogs": [
            {"op": "SHA3", "stack": ["0x40", "0x20"], "memory": words},
            {"op": "SHA3", "stack": ["0x40", "0x2000"], "memory": words},
            {"op": "ADD", "stack": ["0x40", "0x20"], "memory": words},
        ]});
        let mut keys = Vec::new();
        of_opcodes(&code, &mut keys);
        assert_eq!(keys, expected);
    }
}
