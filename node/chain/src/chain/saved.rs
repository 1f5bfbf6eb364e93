//! The chain as data: dumps and loading them.

use super::Chain;
use crate::{
    Block, BlockId, ChainError, ChainState,
    ledger::{Content, Ledger, Record},
    state_db::StateDb,
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Keccak256, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Version of the form below.
const FORMAT: u32 = 3;

/// What anvil loads stands under the names that anvil has for it, and the blocks under another one.
#[derive(Serialize, Deserialize)]
struct Saved {
    accounts: BTreeMap<Address, SavedAccount>,
    /// For anvil alone, like the next two: the newest block's environment.
    #[serde(skip_deserializing)]
    block: Value,
    /// Its number.
    #[serde(skip_deserializing)]
    best_block_number: u64,
    /// Its header.
    #[serde(skip_deserializing)]
    blocks: Value,
    history: Vec<SavedEntry>,
    coinbase: Address,
    gas_limit: u64,
    shift: i64,
    history_since: Option<u64>,
    /// Hashes of the blocks before the first one, as far as they are known, oldest first.
    forgotten: Vec<B256>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SavedEntry {
    Block(Box<Block>),
    Empty(Box<SavedEmpty>),
}

/// Empty blocks that follow each other, as many seconds apart.
#[derive(Serialize, Deserialize)]
struct SavedEmpty {
    /// The first one's; it shares all but number, time and parent with the others.
    header: Header,
    count: u64,
    step: u64,
}

#[derive(Serialize, Deserialize)]
struct SavedAccount {
    balance: U256,
    nonce: u64,
    code: Bytes,
    storage: BTreeMap<B256, B256>,
}

impl Chain {
    /// The latest state and all blocks. The state of older blocks is not part of it.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it cannot be serialised, [`ChainError::NotSupported`] on a fork.
    pub fn dump_state(&self) -> Result<ChainState, ChainError> {
        if self.is_forked() {
            return Err(ChainError::NotSupported(
                "saving the state of a fork, which knows only what was read,",
            ));
        }
        let accounts = self.state_db.all().map(|(address, account, slots)| {
            let saved = SavedAccount {
                balance: account.balance,
                nonce: account.nonce,
                code: self.state_db.code(account.code_hash).original_bytes(),
                storage: slots
                    .into_iter()
                    .map(|(slot, value)| (slot.into(), value.into()))
                    .collect(),
            };
            (address, saved)
        });
        let head = self.block(BlockId::latest());
        let head = head.ok_or_else(|| ChainError::BadState("there is no block".into()))?;
        let saved = Saved {
            accounts: accounts.collect(),
            block: environment(&head.header),
            best_block_number: head.header.number,
            blocks: json!([{ "header": &head.header, "transactions": [], "ommers": [] }]),
            history: history(&self.ledger),
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            shift: self.clock.shift,
            history_since: self.ledger.history_since,
            forgotten: self.ledger.forgotten().collect(),
        };
        let content = match serde_json::to_value(saved)? {
            Value::Object(content) => content,
            _ => Map::new(),
        };
        Ok(ChainState {
            format: FORMAT,
            chain_id: self.chain_id(),
            checksum: checksum(&content)?,
            content,
        })
    }

    /// Replaces state and blocks by those of a dump. Snapshots and waiting transactions are gone;
    /// on an error nothing has changed.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another form or chain, or damaged, or when its blocks do not
    /// follow each other.
    pub fn load_state(&mut self, state: ChainState) -> Result<(), ChainError> {
        if self.is_forked() {
            return Err(ChainError::NotSupported(
                "loading a saved state into a fork",
            ));
        }
        if state.format != FORMAT || state.chain_id != self.chain_id() {
            return Err(ChainError::BadState(format!(
                "expected format {FORMAT} of chain {}, found format {} of chain {}",
                self.chain_id(),
                state.format,
                state.chain_id
            )));
        }
        let found = checksum(&state.content)?;
        if found != state.checksum {
            return Err(ChainError::BadState(format!(
                "it is damaged: expected the checksum {}, found {found}; use another copy",
                state.checksum
            )));
        }
        let saved: Saved = serde_json::from_value(Value::Object(state.content))?;
        if saved.history.is_empty() {
            return Err(ChainError::BadState(
                "expected at least one block, found none".into(),
            ));
        }
        let mut state_db = StateDb::default();
        for (address, account) in saved.accounts {
            let code_hash = state_db.add_code(account.code);
            state_db.edit_account(address, |new| {
                (new.balance, new.nonce, new.code_hash) =
                    (account.balance, account.nonce, code_hash);
            });
            for (slot, value) in account.storage {
                state_db.set_slot(address, slot.into(), value.into());
            }
        }
        let mut ledger = Ledger::with_forgotten(saved.forgotten);
        ledger.history_since = saved.history_since;
        for entry in saved.history {
            let header = match &entry {
                SavedEntry::Block(block) => &block.header,
                SavedEntry::Empty(empty) => &empty.header,
            };
            follows(&ledger, header)?;
            match entry {
                SavedEntry::Block(mut block) => {
                    block.hash = block.header.hash_slow();
                    let (block, before) = (Arc::new(*block), Arc::default());
                    ledger.push(Record { block, before }, None);
                }
                SavedEntry::Empty(empty) => {
                    let (mut time, header) = (empty.header.timestamp, Arc::new(empty.header));
                    for _ in 0..empty.count {
                        ledger.push_empty(&header, time, None);
                        time = time.saturating_add(empty.step);
                    }
                }
            }
        }
        ledger.set_head_version(state_db.version());
        // The head's own state, unless it was changed from outside of blocks before it was saved.
        if state_db.root() == Some(ledger.head_root()) {
            ledger.set_head_sealed(state_db.version());
        }
        self.state_db = state_db;
        self.ledger = ledger;
        self.pool.clear();
        self.snapshots.clear();
        self.settings.coinbase = saved.coinbase;
        self.settings.gas_limit = saved.gas_limit;
        self.clock.shift = saved.shift;
        Ok(())
    }
}

/// All blocks, with empty ones in rows.
fn history(ledger: &Ledger) -> Vec<SavedEntry> {
    let mut entries = Vec::new();
    let mut last: Option<Arc<Header>> = None;
    let blocks = (ledger.first()..).zip(ledger.contents());
    for (number, content) in blocks {
        let empty = match content {
            Content::Empty(empty) => empty,
            Content::Block(record) => {
                last = None;
                entries.push(SavedEntry::Block(Box::new(Block::clone(&record.block))));
                continue;
            }
        };
        let shares = last.replace(empty.header.clone());
        if let Some(SavedEntry::Empty(row)) = entries.last_mut()
            && shares.is_some_and(|header| Arc::ptr_eq(&header, &empty.header))
        {
            let reached = row.step.saturating_mul(row.count - 1);
            let step = empty
                .time
                .saturating_sub(row.header.timestamp.saturating_add(reached));
            if row.count == 1 || step == row.step {
                (row.step, row.count) = (step, row.count + 1);
                continue;
            }
        }
        entries.push(SavedEntry::Empty(Box::new(SavedEmpty {
            header: Header {
                number,
                timestamp: empty.time,
                ..(*empty.header).clone()
            },
            count: 1,
            step: 0,
        })));
    }
    entries
}

/// Whether a block can come after those before it.
fn follows(before: &Ledger, header: &Header) -> Result<(), ChainError> {
    let number = before.head() + 1;
    match before.contents().next() {
        Some(_) if header.number != number => Err(ChainError::BadState(format!(
            "its blocks do not follow each other: expected block {number}, found {}",
            header.number
        ))),
        _ => Ok(()),
    }
}

/// A block's environment as anvil writes it.
fn environment(head: &Header) -> Value {
    json!({
        "number": U256::from(head.number),
        "beneficiary": head.beneficiary,
        "timestamp": U256::from(head.timestamp),
        "gas_limit": head.gas_limit,
        "basefee": head.base_fee_per_gas.unwrap_or_default(),
        "difficulty": head.difficulty,
        "prevrandao": head.mix_hash,
        "blob_excess_gas_and_price": { "excess_blob_gas": 0, "blob_gasprice": 1 },
        "slot_num": 0,
    })
}

/// A hash of the content's canonical text, which is written into nothing but the hash.
fn checksum(content: &Map<String, Value>) -> Result<B256, ChainError> {
    struct Hasher(Keccak256);
    impl std::io::Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hasher = std::io::BufWriter::new(Hasher(Keccak256::new()));
    serde_json::to_writer(&mut hasher, content)?;
    let hasher = hasher.into_inner();
    let hasher = hasher.map_err(|error| ChainError::BadState(error.to_string()))?;
    Ok(hasher.0.finalize())
}
