//! What a transaction has to pay for, whatever runs in it: its parts, as the chain reports them.
//!
//! Each slot and each account counts once, at the price of its first access; each word that ends
//! otherwise than it began counts once, at the price of that change; then creations, logs, calldata and
//! the base. What programs execute, how they are entered, memory, whatever is touched twice and what is
//! [`Excluded`] are not in it.

use alloy::eips::eip2935::HISTORY_STORAGE_ADDRESS;
use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::TransactionReceipt;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use stylus_upgrades_harness::{Chain, HarnessError};

use super::excluded::Excluded;

/// A transaction.
const BASE: u64 = 21_000;
/// A byte of calldata that is zero, or not.
const CALLDATA: (u64, u64) = (4, 16);
/// A contract that is created, a byte of its code, a word of what creates it.
const CREATION: (u64, u64, u64) = (32_000, 200, 2);
/// A word that was empty.
const NEW_WORD: u64 = 22_100;
/// A word that was not.
const CHANGED_WORD: u64 = 5_000;
/// The refund for a word that is cleared, of a fifth of everything at most.
const CLEARED: u64 = 4_800;
/// A word that is read.
const READ_WORD: u64 = 2_100;
/// An account whose code is called or looked at.
const ACCOUNT: u64 = 2_600;
/// A log, each of its topics, each byte of its data.
const LOG: (u64, u64, u64) = (375, 375, 8);

/// The parts of a floor, in gas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// Base and calldata.
    pub transaction: u64,
    /// Contracts that are created.
    pub creation: u64,
    /// Words that end otherwise than they began, less the refund for cleared ones.
    pub stores: u64,
    /// Words that are only read.
    pub reads: u64,
    /// Accounts.
    pub accounts: u64,
    /// Events.
    pub logs: u64,
    /// What is `Excluded`: it was paid, and is not part of the floor.
    pub excluded: u64,
    /// Frames: the transaction's own and every call and creation within it.
    pub frames: u64,
}

impl Floor {
    /// Everything.
    pub fn total(&self) -> u64 {
        self.transaction + self.creation + self.stores + self.reads + self.accounts + self.logs
    }

    /// The floor of a transaction that is in a block.
    ///
    /// # Errors
    /// Whatever the chain refuses.
    pub async fn of(
        chain: &Chain,
        receipt: &TransactionReceipt,
        excluded: &Excluded,
    ) -> Result<Self, HarnessError> {
        let hash = receipt.transaction_hash;
        let sent: Sent = chain.request("eth_getTransactionByHash", (hash,)).await?;
        let tracer = |diff: bool| {
            // An account that is created was empty before.
            let options = if diff {
                json!({ "diffMode": true })
            } else {
                json!({ "includeEmpty": true })
            };
            (
                hash,
                json!({ "tracer": "prestateTracer", "tracerConfig": options }),
            )
        };
        let method = "debug_traceTransaction";
        let touched: BTreeMap<Address, Account> = chain.request(method, tracer(false)).await?;
        let changed: Changed = chain.request(method, tracer(true)).await?;
        let calls: Frame = chain
            .request(method, (hash, json!({ "tracer": "callTracer" })))
            .await?;
        let called = receipt.to.unwrap_or_default();
        let mut floor = Self {
            transaction: BASE + calldata(&sent.input),
            logs: logs(receipt),
            frames: calls.count(),
            ..Self::default()
        };
        if receipt.to.is_none() {
            floor.creation += CREATION.2 * words(&sent.input);
        }
        let mut cleared = 0;
        // The tracer shows the account of EIP-2935 of every transaction.
        let touched = touched
            .iter()
            .filter(|(address, _)| **address != HISTORY_STORAGE_ADDRESS);
        for (address, account) in touched {
            let after = changed.post.get(address);
            let created = account.code.is_none() && after.is_some_and(|after| after.code.is_some());
            if created {
                let code = after.and_then(|after| after.code.as_ref());
                let bytes = code.map_or(0, |code| code.len() as u64);
                floor.creation += CREATION.0 + CREATION.1 * bytes;
            }
            let warm = [receipt.from, called].contains(address) || is_precompile(address);
            if !(warm || created) && account.code.is_some() {
                match excluded.accounts.contains(address) {
                    true => floor.excluded += ACCOUNT,
                    false => floor.accounts += ACCOUNT,
                }
            }
            let before = changed.pre.get(address);
            for slot in account.storage.keys() {
                let was = before.and_then(|before| before.storage.get(slot));
                let is = after.and_then(|after| after.storage.get(slot));
                match (was, is) {
                    (None, None) if excluded.words.contains(slot) => floor.excluded += READ_WORD,
                    (None, None) => floor.reads += READ_WORD,
                    (None, Some(_)) => floor.stores += NEW_WORD,
                    (Some(_), Some(_)) => floor.stores += CHANGED_WORD,
                    (Some(_), None) => {
                        floor.stores += CHANGED_WORD;
                        cleared += CLEARED;
                    }
                }
            }
        }
        floor.stores -= cleared.min(floor.total() / 5).min(floor.stores);
        Ok(floor)
    }
}

/// A transaction, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Sent {
    input: Bytes,
}

/// An account in geth's prestateTracer.
#[derive(Debug, Deserialize)]
struct Account {
    #[serde(default)]
    code: Option<Bytes>,
    #[serde(default)]
    storage: BTreeMap<B256, B256>,
}

/// A frame in geth's callTracer.
#[derive(Debug, Deserialize)]
struct Frame {
    #[serde(default)]
    calls: Vec<Frame>,
}

impl Frame {
    fn count(&self) -> u64 {
        1 + self.calls.iter().map(Self::count).sum::<u64>()
    }
}

/// What the tracer says in its diff mode.
#[derive(Debug, Deserialize)]
struct Changed {
    pre: BTreeMap<Address, Account>,
    post: BTreeMap<Address, Account>,
}

fn calldata(input: &Bytes) -> u64 {
    let zeros = input.iter().filter(|byte| **byte == 0).count() as u64;
    let (zero, other) = CALLDATA;
    zeros * zero + (input.len() as u64 - zeros) * other
}

fn words(bytes: &Bytes) -> u64 {
    (bytes.len() as u64).div_ceil(32)
}

fn logs(receipt: &TransactionReceipt) -> u64 {
    let (each, topic, byte) = LOG;
    let one = |log: &alloy::rpc::types::Log| {
        let data = log.data();
        each + topic * data.topics().len() as u64 + byte * data.data.len() as u64
    };
    receipt.logs().iter().map(one).sum()
}

/// Those of Ethereum and of ArbOS are warm from the beginning.
fn is_precompile(account: &Address) -> bool {
    let [high @ .., _, _] = account.into_array();
    high == [0; 18]
}
