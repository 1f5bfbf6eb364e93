//! Keys by the hashes that a contract made of them: the blocks in which the account's storage root changed are
//! carried out again on a copy in this process, and what was hashed with the root of a mapping after it is a
//! key of that mapping.

use super::anchor::{StorageAnchor, get_proof};
use super::error::is_no_proofs;
use super::record::ValueRecord;
use super::store::CensusStore;
use crate::client::{BlockAnswer, ChainError, Client, Fork, PastTransaction, replay};
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256, hex};
use serde_json::Value;
use stylus_chain::{Chain, OpcodeOptions, TraceKind};

/// Blocks that are carried out again, at most.
const BLOCKS_MAX: usize = 4_096;
/// Bytes of a key, at most.
const KEY_MAX: usize = 512;
/// Bytes of the opcodes of a transaction, as JSON, that are looked at.
const OPCODES_MAX: usize = 16 << 20;

/// Root of a mapping and key.
type HashedKey = (B256, Vec<u8>);

/// Reads keys into the store, and returns why some are missing. `is_evm` is true if the EVM runs the account's code.
pub(super) async fn read(
    client: &Client,
    account: Address,
    anchor: &StorageAnchor,
    is_evm: bool,
    store: &CensusStore,
) -> Result<Vec<String>, ChainError> {
    let (blocks, mut notes) = find_changes(client, account, anchor).await?;
    let kind = if is_evm {
        TraceKind::Opcodes(OpcodeOptions {
            memory: true,
            no_storage: true,
            limit: OPCODES_MAX,
            ..OpcodeOptions::default()
        })
    } else {
        TraceKind::Stylus
    };
    for (at, block) in blocks.iter().enumerate() {
        let (done, of_all) = (at as u64, blocks.len() as u64);
        let progress = client.progress();
        progress.advance(done, of_all, "blocks", "replayed");
        let why = match replay_block(client, *block, kind, store).await {
            Err(ChainError::Rpc(error)) => Some(error.words()),
            done => done?,
        };
        notes.extend(why.map(|why| format!("block {block} was not replayed: {why}")));
    }
    notes.truncate(8);
    Ok(notes)
}

/// The blocks in which the storage root changed, the oldest first, as bisection finds them: where it came back
/// to what it was, changes between are passed over.
async fn find_changes(
    client: &Client,
    account: Address,
    anchor: &StorageAnchor,
) -> Result<(Vec<u64>, Vec<String>), ChainError> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let root = async |block: u64| match get_proof(client, account, Vec::new(), block.into()).await {
        Ok(answer) => Ok(Some(answer.storage_hash)),
        Err(error) if is_no_proofs(&error) => Ok(None),
        Err(error) => Err(error),
    };
    // Two blocks with their roots, of which one may be unknown; the newest part is on top.
    let mut parts = vec![(
        (0, root(0).await?),
        (anchor.block, Some(anchor.storage_root)),
    )];
    while let Some(((first, before), (last, after))) = parts.pop() {
        let middle = first + last.saturating_sub(first) / 2;
        if before == after || first >= last {
            continue;
        } else if found.len() == BLOCKS_MAX {
            notes.push(format!(
                "only {BLOCKS_MAX} blocks with changes were looked at"
            ));
            break;
        } else if middle == first {
            found.push(last);
        } else {
            let between = root(middle).await?;
            parts.push(((first, before), (middle, between)));
            parts.push(((middle, between), (last, after)));
        }
    }
    found.reverse();
    Ok((found, notes))
}

/// Carries out a block again. Returns the reason if that fails.
async fn replay_block(
    client: &Client,
    number: u64,
    kind: TraceKind,
    store: &CensusStore,
) -> Result<Option<String>, ChainError> {
    let answer = BlockAnswer::read(client, number).await?;
    let sent = answer.transactions.iter().filter_map(PastTransaction::read);
    let sent: Vec<PastTransaction> = sent.collect();
    let records: Vec<Vec<u8>> = sent.iter().map(record).collect();
    store.add_records(&records)?;
    let hashes: Vec<B256> = sent.iter().map(|transaction| transaction.hash.0).collect();
    let block = answer.with(sent);
    let fork = Fork::at(client, number.saturating_sub(1).into()).await?;
    let work = move |mut chain: Chain| -> Result<Vec<HashedKey>, ChainError> {
        replay(&mut chain, &[block], None)?;
        let mut keys = Vec::new();
        for hash in hashes
            .into_iter()
            .filter(|hash| chain.receipt(*hash).is_some())
        {
            let trace = chain.trace(hash, kind)?.into_json();
            collect_keys(&trace, &mut keys);
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
    ValueRecord::from_abi(&sender, input.get(4..).unwrap_or_default()).to_bytes()
}

/// Splits what was hashed into a key and the root after it.
fn split_key(bytes: &[u8]) -> Option<HashedKey> {
    let (key, root) = bytes.split_last_chunk::<32>()?;
    (1..=KEY_MAX)
        .contains(&key.len())
        .then(|| (root.into(), key.to_vec()))
}

/// Collects what was hashed: by programs with a host function, by EVM code with an opcode.
fn collect_keys(trace: &Value, keys: &mut Vec<HashedKey>) {
    let mut left = vec![trace];
    while let Some(step) = left.pop() {
        let below = [step, &step["steps"], &step["structLogs"]];
        left.extend(below.into_iter().filter_map(Value::as_array).flatten());
        let bytes = match (step["name"].as_str(), step["op"].as_str()) {
            (Some("native_keccak256"), _) => {
                let args = step["args"].as_str();
                args.and_then(|args| hex::decode(args).ok())
            }
            (_, Some("KECCAK256" | "SHA3")) => read_hash_input(step),
            _ => None,
        };
        keys.extend(bytes.as_deref().and_then(split_key));
    }
}

/// The bytes that a hashing opcode reads from the memory.
fn read_hash_input(step: &Value) -> Option<Vec<u8>> {
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
    let words = step["memory"].as_array()?.iter();
    let memory: String = words.filter_map(Value::as_str).collect();
    let (start, end) = (start.checked_mul(2)?, start.checked_add(length)?);
    hex::decode(memory.get(start..end.checked_mul(2)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_hashed_with_a_root_after_it_is_a_key() {
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
        collect_keys(&program, &mut keys);
        assert_eq!(keys, expected);
        let words = [B256::ZERO, key, root].map(hex::encode);
        let code = json!({"structLogs": [
            {"op": "SHA3", "stack": ["0x40", "0x20"], "memory": words},
            {"op": "SHA3", "stack": ["0x40", "0x2000"], "memory": words},
            {"op": "ADD", "stack": ["0x40", "0x20"], "memory": words},
        ]});
        let mut keys = Vec::new();
        collect_keys(&code, &mut keys);
        assert_eq!(keys, expected);
    }
}
