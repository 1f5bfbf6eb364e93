//! The chain as data: dumps and loading them.

use super::{Chain, snapshot::Snapshots};
use crate::{
    Block, BlockId, ChainError, LAST_BLOCK, LAST_SECOND, PooledTransaction, RejectReason,
    ledger::{Ledger, Record},
    pool::Pool,
    state_db::StateDb,
};
use alloy_consensus::{Header, TxEnvelope};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Keccak256, U256};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value, json, to_value};
use std::{collections::BTreeMap, io::Read, sync::Arc};

/// Version of the form below.
const FORMAT: u32 = 5;
/// Bytes of an account, a slot, a block and a transaction as JSON, besides code and data.
const ACCOUNT_BYTES: usize = 256;
const SLOT_BYTES: usize = 140;
const BLOCK_BYTES: usize = 2_048;
const TRANSACTION_BYTES: usize = 3_072;

/// The whole chain as data, for saving and loading. As JSON, real anvil loads it too: it takes the
/// accounts and continues from the newest block's number and time.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct ChainState(Saved);

/// The fields that anvil loads have anvil's names; the blocks have another one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    /// The first field: a file of another version is refused by it.
    #[serde(deserialize_with = "read_format")]
    format: u32,
    chain_id: u64,
    /// The hash of all other fields.
    digest: B256,
    accounts: BTreeMap<Address, SavedAccount>,
    /// For anvil alone, like the next two: the newest block's environment.
    block: Environment,
    /// Its number.
    best_block_number: u64,
    /// Its header.
    blocks: [Newest; 1],
    history: Vec<Arc<Block>>,
    coinbase: Address,
    gas_limit: u64,
    shift: i64,
    history_since: Option<u64>,
    /// Transactions that wait for a block, in the order of arrival. Left out where none do, as in files of older
    /// versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pool: Vec<Waiting>,
}

/// A transaction that waits for a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    /// The bytes of EIP-2718.
    raw: Bytes,
    /// The sender: the signature of an impersonated account does not tell it.
    from: Address,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedAccount {
    balance: U256,
    nonce: u64,
    code: Bytes,
    storage: BTreeMap<B256, B256>,
}

/// A block's environment as anvil writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    number: U256,
    beneficiary: Address,
    timestamp: U256,
    gas_limit: u64,
    basefee: u64,
    difficulty: U256,
    prevrandao: B256,
    blob_excess_gas_and_price: BlobPrice,
    slot_num: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlobPrice {
    excess_blob_gas: u64,
    blob_gasprice: u64,
}

/// A block as anvil writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Newest {
    header: Header,
    transactions: [u8; 0],
    ommers: [u8; 0],
}

impl ChainState {
    /// Reads what a dump is as JSON, as it comes: the text is not kept.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another form, or when anything in it was changed after it was saved.
    pub fn from_json(text: impl Read) -> Result<Self, ChainError> {
        let saved: Saved = serde_json::from_reader(text)?;
        let (stated, found) = (saved.digest, saved.digest()?);
        if stated != found {
            return Err(ChainError::BadState(format!(
                "it was changed after it was saved, or it is damaged: expected the digest {stated}, found {found}"
            )));
        }
        Ok(Self(saved))
    }
}

/// Reads the version of the form, which has to be [`FORMAT`].
fn read_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let format = u32::deserialize(deserializer)?;
    if format == FORMAT {
        return Ok(format);
    }
    Err(D::Error::custom(format!(
        "expected format {FORMAT}, found format {format}: it was saved by another version of this node"
    )))
}

impl Saved {
    /// keccak256 of everything else in the document, whatever the order of its fields.
    fn digest(&self) -> Result<B256, ChainError> {
        let mut hasher = Keccak256::new();
        hasher.update(format!("{},{}", self.format, self.chain_id));
        name("accounts", &mut hasher);
        hasher.update("{");
        for (address, account) in &self.accounts {
            name(address, &mut hasher);
            note(&to_value(account)?, &mut hasher);
        }
        hasher.update("}");
        let best = json!(self.best_block_number);
        for (field, value) in [
            ("best_block_number", best),
            ("block", to_value(&self.block)?),
            ("blocks", to_value(&self.blocks)?),
            ("coinbase", json!(self.coinbase)),
            ("gas_limit", json!(self.gas_limit)),
        ] {
            name(field, &mut hasher);
            note(&value, &mut hasher);
        }
        name("history", &mut hasher);
        hasher.update("[");
        for block in &self.history {
            note(&to_value(block.as_ref())?, &mut hasher);
        }
        hasher.update("]");
        name("history_since", &mut hasher);
        note(&json!(self.history_since), &mut hasher);
        if !self.pool.is_empty() {
            name("pool", &mut hasher);
            note(&to_value(&self.pool)?, &mut hasher);
        }
        name("shift", &mut hasher);
        note(&json!(self.shift), &mut hasher);
        Ok(hasher.finalize())
    }
}

impl Chain {
    /// The latest state, all blocks and what waits for the next one. The state of older blocks is not part of it.
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
            history.push(block.clone());
        }
        let mut pool = Vec::new();
        for transaction in self.pool.by_arrival() {
            self.charge(ACCOUNT_BYTES + 2 * transaction.encode_2718_len())?;
            pool.push(Waiting {
                raw: transaction.encoded_2718().into(),
                from: transaction.signer(),
            });
        }
        let head = self.block(BlockId::latest());
        let head = head.ok_or_else(|| ChainError::BadState("there is no block".into()))?;
        let mut saved = Saved {
            format: FORMAT,
            chain_id: self.chain_id(),
            digest: B256::ZERO,
            accounts,
            block: environment(&head.header),
            best_block_number: head.header.number,
            blocks: [Newest {
                header: head.header.clone(),
                transactions: [],
                ommers: [],
            }],
            history,
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            shift: self.clock.shift,
            history_since: self.ledger.history_since,
            pool,
        };
        saved.digest = saved.digest()?;
        Ok(ChainState(saved))
    }

    /// Replaces state, blocks and waiting transactions by those of a dump. Snapshots are gone;
    /// on an error nothing has changed.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another chain, when its blocks do not follow each other, or when what waits
    /// is no transaction.
    pub fn load_state(&mut self, state: ChainState) -> Result<(), ChainError> {
        if self.is_forked() {
            return Err(ChainError::NotSupported(
                "loading a saved state into a fork",
            ));
        }
        let ChainState(saved) = state;
        if saved.chain_id != self.chain_id() {
            return Err(ChainError::BadState(format!(
                "expected a state of chain {}, found one of chain {1}: start the node with --chain-id {1}",
                self.chain_id(),
                saved.chain_id
            )));
        }
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
            let hash = block.header.hash_slow();
            // A block that was read from a file has none.
            if block.hash != hash {
                Arc::make_mut(&mut block).hash = hash;
            }
            let before = Arc::default();
            ledger.push(Record { block, before }, None);
        }
        ledger.set_head_version(state_db.version());
        // The head's own state, unless it was changed from outside of blocks before it was saved.
        if state_db.root() == Some(ledger.head_root()) {
            ledger.set_head_sealed(state_db.version());
        }
        let pool = waiting(&saved.pool)?;
        self.state_db = state_db;
        self.ledger = ledger;
        self.pool = pool;
        self.snapshots = Snapshots::default();
        self.settings.coinbase = saved.coinbase;
        self.settings.gas_limit = saved.gas_limit;
        self.clock.shift = saved.shift;
        self.look_whether_behind();
        Ok(())
    }
}

/// The pool of the transactions that were saved.
fn waiting(saved: &[Waiting]) -> Result<Pool, ChainError> {
    let mut pool = Pool::default();
    for Waiting { raw, from } in saved {
        let refused = |reason: &dyn std::fmt::Display| {
            ChainError::BadState(format!(
                "expected transactions that can wait for a block, found one of {from}: {reason}"
            ))
        };
        let envelope = TxEnvelope::decode_2718_exact(raw).map_err(|error| refused(&error))?;
        if envelope.is_eip4844() {
            return Err(refused(&RejectReason::TypeNotSupported));
        }
        pool.insert(PooledTransaction::new_unchecked(envelope, *from))
            .map_err(|reason| refused(&reason))?;
    }
    Ok(pool)
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

/// Adds the name of a field.
fn name(name: impl Serialize, hasher: &mut Keccak256) {
    hasher.update(json!(name).to_string());
}

fn fields(of: &Map<String, Value>, hasher: &mut Keccak256) {
    let sorted: BTreeMap<_, _> = of.iter().collect();
    for (field, value) in sorted {
        name(field, hasher);
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

/// Checks that a block can come after those before it.
fn follows(before: &Ledger, header: &Header) -> Result<(), ChainError> {
    let (number, time) = (header.number, header.timestamp);
    if number > LAST_BLOCK || time > LAST_SECOND {
        return Err(ChainError::BadState(format!(
            "expected blocks up to {LAST_BLOCK} and times up to {LAST_SECOND} seconds, found block {number} of second \
             {time}"
        )));
    }
    let expected = before.head() + 1;
    match before.blocks().next() {
        Some(_) if number != expected => Err(ChainError::BadState(format!(
            "its blocks do not follow each other: expected block {expected}, found {number}"
        ))),
        _ => Ok(()),
    }
}

fn environment(head: &Header) -> Environment {
    Environment {
        number: U256::from(head.number),
        beneficiary: head.beneficiary,
        timestamp: U256::from(head.timestamp),
        gas_limit: head.gas_limit,
        basefee: head.base_fee_per_gas.unwrap_or_default(),
        difficulty: head.difficulty,
        prevrandao: head.mix_hash,
        blob_excess_gas_and_price: BlobPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        },
        slot_num: 0,
    }
}
