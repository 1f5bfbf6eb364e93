//! The chain as data: dumps and loading them.

use super::Chain;
use crate::{
    Block, BlockId, ChainError, ChainState,
    ledger::{Ledger, Record},
    state_db::StateDb,
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Version of the form below.
const FORMAT: u32 = 4;

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
    /// [`ChainError::BadState`] when it cannot be serialized, [`ChainError::NotSupported`] on a fork.
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
            history: self
                .ledger
                .blocks()
                .map(|block| Block::clone(block))
                .collect(),
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            shift: self.clock.shift,
            history_since: self.ledger.history_since,
        };
        let content = match serde_json::to_value(saved)? {
            Value::Object(content) => content,
            _ => Map::new(),
        };
        Ok(ChainState {
            format: FORMAT,
            chain_id: self.chain_id(),
            content,
        })
    }

    /// Replaces state and blocks by those of a dump. Snapshots and waiting transactions are gone;
    /// on an error nothing has changed.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another form or chain, or when its blocks do not follow each
    /// other.
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
        self.snapshots.clear();
        self.settings.coinbase = saved.coinbase;
        self.settings.gas_limit = saved.gas_limit;
        self.clock.shift = saved.shift;
        Ok(())
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
