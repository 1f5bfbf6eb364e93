//! The chain as data: dumps and loading them.

use super::{Chain, snapshot::Snapshots};
use crate::{
    Block, BlockId, ChainError, ChainState,
    ledger::{Ledger, Record},
    state_db::StateDb,
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Keccak256, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Version of the form below.
const FORMAT: u32 = 5;
/// The field with the hash of all others.
const DIGEST: &str = "digest";
/// Bytes of an account, a slot, a block and a transaction as JSON, besides code and data.
const ACCOUNT_BYTES: usize = 256;
const SLOT_BYTES: usize = 140;
const BLOCK_BYTES: usize = 2_048;
const TRANSACTION_BYTES: usize = 3_072;

/// The fields that anvil loads have anvil's names; the blocks have another one.
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
    history: Vec<Block>,
    coinbase: Address,
    gas_limit: u64,
    shift: i64,
    history_since: Option<u64>,
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
    /// [`ChainError::BadState`] when it cannot be serialized, [`ChainError::NotSupported`] on a fork,
    /// [`ChainError::TooLarge`] where a reader wants it.
    pub fn dump_state(&self) -> Result<ChainState, ChainError> {
        if self.is_forked() {
            return Err(ChainError::NotSupported(
                "saving the state of a fork, which knows only what was read,",
            ));
        }
        let mut accounts = BTreeMap::new();
        for (address, account, slots) in self.state_db.all() {
            let code = self.state_db.code(account.code_hash).original_bytes();
            self.charge(ACCOUNT_BYTES + 2 * code.len() + SLOT_BYTES * slots.len())?;
            let storage = slots.into_iter();
            let saved = SavedAccount {
                balance: account.balance,
                nonce: account.nonce,
                code,
                storage: storage
                    .map(|(slot, value)| (slot.into(), value.into()))
                    .collect(),
            };
            accounts.insert(address, saved);
        }
        let mut history = Vec::new();
        for block in self.ledger.blocks() {
            self.charge(bytes_of(block))?;
            history.push(Block::clone(block));
        }
        let head = self.block(BlockId::latest());
        let head = head.ok_or_else(|| ChainError::BadState("there is no block".into()))?;
        let saved = Saved {
            accounts,
            block: environment(&head.header),
            best_block_number: head.header.number,
            blocks: json!([{ "header": &head.header, "transactions": [], "ommers": [] }]),
            history,
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            shift: self.clock.shift,
            history_since: self.ledger.history_since,
        };
        let content = match serde_json::to_value(saved)? {
            Value::Object(content) => content,
            _ => Map::new(),
        };
        let mut state = ChainState {
            format: FORMAT,
            chain_id: self.chain_id(),
            content,
        };
        let digest = json!(digest(&state));
        state.content.insert(DIGEST.into(), digest);
        Ok(state)
    }

    /// Replaces state and blocks by those of a dump. Snapshots and waiting transactions are gone;
    /// on an error nothing has changed.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another form or chain, when anything in it was changed after it was saved, or
    /// when its blocks do not follow each other.
    pub fn load_state(&mut self, mut state: ChainState) -> Result<(), ChainError> {
        if self.is_forked() {
            return Err(ChainError::NotSupported(
                "loading a saved state into a fork",
            ));
        }
        if state.format != FORMAT {
            return Err(ChainError::BadState(format!(
                "expected format {FORMAT}, found format {}: it was saved by another version of this node",
                state.format
            )));
        }
        if state.chain_id != self.chain_id() {
            return Err(ChainError::BadState(format!(
                "expected a state of chain {}, found one of chain {1}: start the node with --chain-id {1}",
                self.chain_id(),
                state.chain_id
            )));
        }
        let stated = state.content.remove(DIGEST);
        let (stated, found) = (stated.unwrap_or_default(), json!(digest(&state)));
        if stated != found {
            return Err(ChainError::BadState(format!(
                "it was changed after it was saved, or it is damaged: expected the digest {stated}, found {found}"
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
        let mut ledger = Ledger::default();
        ledger.history_since = saved.history_since;
        for mut block in saved.history {
            follows(&ledger, &block.header)?;
            block.hash = block.header.hash_slow();
            let (block, before) = (Arc::new(block), Arc::default());
            ledger.push(Record { block, before }, None);
        }
        ledger.set_head_version(state_db.version());
        // The head's own state, unless it was changed from outside of blocks before it was saved.
        if state_db.root() == Some(ledger.head_root()) {
            ledger.set_head_sealed(state_db.version());
        }
        self.state_db = state_db;
        self.ledger = ledger;
        self.pool.clear();
        self.snapshots = Snapshots::default();
        self.settings.coinbase = saved.coinbase;
        self.settings.gas_limit = saved.gas_limit;
        self.clock.shift = saved.shift;
        Ok(())
    }
}

/// Bytes of a block as JSON.
fn bytes_of(block: &Block) -> usize {
    let receipts = block.receipts.iter().map(|receipt| {
        let logs = receipt.logs.iter();
        let logs: usize = logs
            .map(|log| ACCOUNT_BYTES + 2 * log.data.data.len())
            .sum();
        let console: usize = receipt.console.iter().map(String::len).sum();
        TRANSACTION_BYTES + 2 * receipt.output.len() + logs + console
    });
    let encoded = usize::try_from(block.size).unwrap_or(usize::MAX);
    BLOCK_BYTES + receipts.sum::<usize>() + encoded.saturating_mul(2)
}

/// keccak256 of everything in a document, whatever the order of its fields.
fn digest(state: &ChainState) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(format!("{},{}", state.format, state.chain_id));
    fields(&state.content, &mut hasher);
    hasher.finalize()
}

fn fields(of: &Map<String, Value>, hasher: &mut Keccak256) {
    let sorted: BTreeMap<_, _> = of.iter().collect();
    for (name, value) in sorted {
        hasher.update(json!(name).to_string());
        note(value, hasher);
    }
}

/// Adds a value so that no other one adds the same.
fn note(value: &Value, hasher: &mut Keccak256) {
    match value {
        Value::Object(object) => {
            hasher.update("{");
            fields(object, hasher);
            hasher.update("}");
        }
        Value::Array(items) => {
            hasher.update("[");
            items.iter().for_each(|item| note(item, hasher));
            hasher.update("]");
        }
        leaf => hasher.update(format!("{leaf},")),
    }
}

/// Whether a block can come after those before it.
fn follows(before: &Ledger, header: &Header) -> Result<(), ChainError> {
    let number = before.head() + 1;
    match before.blocks().next() {
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
