//! Inputs and outputs of the chain.

use alloy_consensus::{
    Block as ConsensusBlock, BlockBody, Header, ReceiptEnvelope, ReceiptWithBloom, TxEnvelope,
    TxType, transaction::Recovered,
};
use alloy_eips::eip2930::AccessList;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U256};
use alloy_rpc_types::{BlockOverrides, state::StateOverride};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// An account at some block. Accounts that do not exist read as zero with `code_hash` zero.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AccountView {
    /// Wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Raw code, prefix included; empty for accounts without code.
    pub code: Bytes,
    /// keccak256 of the code; keccak256("") without code, zero without account.
    pub code_hash: B256,
}

/// A mined block with all its transactions and receipts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Header; its `number` is the L2 number.
    pub header: Header,
    /// Hash of the header.
    #[serde(skip)]
    pub hash: B256,
    /// L1 block number that contracts see.
    pub l1_block_number: u64,
    /// RLP length in bytes.
    pub size: u64,
    /// Transactions in order.
    #[serde(deserialize_with = "read_exactly")]
    pub transactions: Vec<MinedTransaction>,
    /// Receipts, parallel to `transactions`.
    #[serde(deserialize_with = "read_exactly")]
    pub receipts: Vec<Receipt>,
}

/// Reads a list without room for more. A chain that is loaded has one of each in every block, and they never grow.
fn read_exactly<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let mut list = Vec::deserialize(deserializer)?;
    list.shrink_to_fit();
    Ok(list)
}

impl Block {
    /// The block as it is encoded.
    pub fn consensus(&self) -> ConsensusBlock<TxEnvelope> {
        let transactions = self.transactions.iter().map(|tx| tx.envelope.clone());
        let body = BlockBody {
            transactions: transactions.collect(),
            ommers: Vec::new(),
            withdrawals: None,
        };
        ConsensusBlock::new(self.header.clone(), body)
    }
}

/// A mined transaction with its block and index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinedTransaction {
    /// The signed transaction. Impersonated ones carry the signature r = sender, s = 1, which no
    /// key can produce.
    pub envelope: TxEnvelope,
    /// Sender.
    pub from: Address,
    /// Hash.
    pub hash: B256,
    /// Block.
    pub block_hash: B256,
    /// L2 number of the block.
    pub block_number: u64,
    /// Unix seconds of the block.
    pub block_timestamp: u64,
    /// Index in the block.
    pub index: u64,
    /// Wei per gas that was paid: the base fee, tips are dropped.
    pub effective_gas_price: u128,
}

/// Outcome of a mined transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Transaction.
    pub transaction_hash: B256,
    /// Index in the block.
    pub transaction_index: u64,
    /// Block.
    pub block_hash: B256,
    /// L2 number of the block.
    pub block_number: u64,
    /// Unix seconds of the block.
    pub block_timestamp: u64,
    /// Sender.
    pub from: Address,
    /// Receiver; `None` for creations.
    pub to: Option<Address>,
    /// Address of the new contract, for creations (also failed ones have one).
    pub contract_address: Option<Address>,
    /// EIP-2718 type.
    pub tx_type: u8,
    /// False after a revert or halt.
    pub success: bool,
    /// Gas of this transaction.
    pub gas_used: u64,
    /// Gas of the block up to and including this transaction.
    pub cumulative_gas_used: u64,
    /// Wei per gas.
    pub effective_gas_price: u128,
    /// Logs in order.
    #[serde(deserialize_with = "read_exactly")]
    pub logs: Vec<Log>,
    /// Bloom of the logs.
    pub logs_bloom: Bloom,
    /// Index in the block of this receipt's first log.
    pub first_log_index: u64,
    /// Always 0: the L1 price is 0.
    pub gas_used_for_l1: u64,
    /// L1 block number that contracts saw.
    pub l1_block_number: u64,
    /// Return or revert data (not on a real chain; for messages and tests).
    pub output: Bytes,
    /// The reason why execution stopped, unless by success or revert.
    pub halt: Option<Halt>,
    /// After a failure: the newest reason that leaves no revert data, such as a trap of a program
    /// or a refused activation. For messages only.
    #[serde(default)]
    pub note: Option<String>,
    /// Lines that programs wrote through `console` imports, and Solidity by `console.log`, reverted frames included.
    #[serde(default)]
    pub console: Vec<String>,
}

impl Receipt {
    /// The logs with their indices in the block.
    pub fn indexed_logs(&self) -> impl Iterator<Item = (&Log, u64)> {
        self.logs.iter().zip(self.first_log_index..)
    }

    /// A log with its block, transaction and index in the block.
    pub fn placed(&self, log: &Log, log_index: u64) -> alloy_rpc_types::Log {
        alloy_rpc_types::Log {
            inner: log.clone(),
            block_hash: Some(self.block_hash),
            block_number: Some(self.block_number),
            block_timestamp: Some(self.block_timestamp),
            transaction_hash: Some(self.transaction_hash),
            transaction_index: Some(self.transaction_index),
            log_index: Some(log_index),
            removed: false,
        }
    }

    /// The receipt by its transaction's type, with its logs as `log` makes them from each and its index
    /// in the block.
    pub fn envelope<L>(&self, log: impl Fn(&Log, u64) -> L) -> ReceiptEnvelope<L> {
        let logs = self.indexed_logs();
        let inner = ReceiptWithBloom {
            receipt: alloy_consensus::Receipt {
                status: self.success.into(),
                cumulative_gas_used: self.cumulative_gas_used,
                logs: logs.map(|(entry, index)| log(entry, index)).collect(),
            },
            logs_bloom: self.logs_bloom,
        };
        match TxType::try_from(self.tx_type) {
            Ok(TxType::Eip2930) => ReceiptEnvelope::Eip2930(inner),
            Ok(TxType::Eip1559) => ReceiptEnvelope::Eip1559(inner),
            Ok(TxType::Eip7702) => ReceiptEnvelope::Eip7702(inner),
            _ => ReceiptEnvelope::Legacy(inner),
        }
    }
}

/// The reason why execution stopped, other than by success or revert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct Halt(pub String);

/// A call or an unsigned transaction.
#[derive(Clone, Debug, Default)]
pub struct CallRequest {
    /// Sender; the zero address when absent.
    pub from: Option<Address>,
    /// Receiver; `None` creates a contract.
    pub to: Option<Address>,
    /// Gas limit; the RPC cap for calls, an estimate for transactions when absent.
    pub gas: Option<u64>,
    /// Legacy gas price in wei. Absent together with `max_fee_per_gas`: calls are free.
    pub gas_price: Option<u128>,
    /// EIP-1559 fee cap in wei.
    pub max_fee_per_gas: Option<u128>,
    /// EIP-1559 tip in wei (dropped by the chain).
    pub max_priority_fee_per_gas: Option<u128>,
    /// Wei to send.
    pub value: U256,
    /// Calldata or init code.
    pub input: Bytes,
    /// Nonce; the account's when absent.
    pub nonce: Option<u64>,
    /// Checked against the chain's when present.
    pub chain_id: Option<u64>,
    /// EIP-2930 list.
    pub access_list: Option<AccessList>,
    /// EIP-7702 list.
    pub authorization_list: Vec<SignedAuthorization>,
    /// True if a call or an estimate pays nothing for its bytes on L1 (Nitro's `skipL1Charging`).
    pub skips_l1_charging: bool,
}

/// Values that a call sees instead of the chain's state and block.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Per account.
    pub accounts: StateOverride,
    /// Of the block; its `number` is the L2 number.
    pub block: BlockOverrides,
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    /// False after a revert or halt.
    pub success: bool,
    /// Return or revert data; empty after a halt.
    pub output: Bytes,
    /// Gas used, intrinsic gas included, refunds taken off.
    pub gas_used: u64,
    /// Logs of a successful call.
    pub logs: Vec<Log>,
    /// Created contract.
    pub created: Option<Address>,
    /// The reason why execution stopped, unless by success or revert.
    pub halt: Option<Halt>,
    /// After a failure: the newest reason that leaves no revert data, such as a trap of a program
    /// or a refused activation. For messages only.
    pub note: Option<String>,
    /// After a revert without data: why a precompile refused, if that was the last call.
    pub refusal: Option<String>,
    /// Lines that programs wrote through `console` imports, and Solidity by `console.log`, reverted frames included.
    pub console: Vec<String>,
}

/// A transaction that waits for a block: signed, or of an impersonated account; with its sender.
pub type PooledTransaction = Recovered<TxEnvelope>;

/// All waiting transactions.
#[derive(Clone, Debug, Default)]
pub struct PoolContent<'a> {
    /// Can go into the next block, in order.
    pub pending: Vec<&'a PooledTransaction>,
    /// Wait for an earlier nonce.
    pub queued: Vec<&'a PooledTransaction>,
}

/// The data to record while a transaction is executed again, and their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// geth's callTracer.
    Call(CallOptions),
    /// Nitro's stylusTracer.
    Stylus,
    /// geth's flatCallTracer: Parity's form of calls.
    Flat(FlatOptions),
    /// geth's 4byteTracer: how often each selector was called.
    FourByte,
    /// geth's prestateTracer: what was read, or with `diff` what was changed.
    Prestate(PrestateOptions),
    /// geth's opcode logger; programs in WASM show their host functions.
    Opcodes(OpcodeOptions),
    /// geth's noopTracer: nothing.
    Noop,
}

/// Options of flatCallTracer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FlatOptions {
    /// Say errors in Parity's words.
    #[serde(rename = "convertParityErrors")]
    pub parity_errors: bool,
    /// Show plain calls of precompiles.
    #[serde(rename = "includePrecompiles")]
    pub precompiles: bool,
    /// Show the gas of the whole message in the first entry, and what the message paid, as Nitro does. Parity's first entry has the
    /// gas of the frame, without what the transaction itself costs. No caller's option.
    #[serde(skip)]
    pub message: bool,
}

impl FlatOptions {
    /// The form of `trace_transaction` and its like: Parity's words and gas, precompiles, and no payments.
    pub const PARITY: Self = Self {
        parity_errors: true,
        precompiles: true,
        message: false,
    };
}

/// Options of prestateTracer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PrestateOptions {
    /// Show what was changed, before and after.
    #[serde(rename = "diffMode")]
    pub diff: bool,
    /// Leave out code.
    pub disable_code: bool,
    /// Leave out storage.
    pub disable_storage: bool,
    /// Show accounts that were empty.
    pub include_empty: bool,
}

/// The number of runs of each instruction of an EVM code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedCode {
    /// The code.
    pub code: Bytes,
    /// For each of its offsets, how often an instruction began there.
    pub runs: Vec<u64>,
}

/// The inputs of keccak256 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HashPreimages {
    /// Each input, by its hash.
    pub by_hash: BTreeMap<B256, Bytes>,
    /// True if some are missing: inputs of more than 4,096 bytes, and all after 2^18.
    pub is_cut: bool,
}

impl HashPreimages {
    const COUNT_MAX: usize = 1 << 18;
    const BYTES_MAX: usize = 4_096;

    /// Adds the input of a hash.
    pub(crate) fn add(&mut self, hash: B256, preimage: Bytes) {
        if preimage.len() > Self::BYTES_MAX || self.by_hash.len() >= Self::COUNT_MAX {
            self.is_cut = true;
        } else {
            self.by_hash.insert(hash, preimage);
        }
    }
}

impl CountedCode {
    /// Adds what another run counted.
    pub fn add(&mut self, runs: &[u64]) {
        self.runs.resize(self.runs.len().max(runs.len()), 0);
        for (sum, one) in self.runs.iter_mut().zip(runs) {
            *sum = sum.saturating_add(*one);
        }
    }
}

/// Options of geth's callTracer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallOptions {
    /// Leave out the calls below the outermost one.
    #[serde(rename = "onlyTopCall")]
    pub only_top: bool,
    /// Show each call's logs.
    #[serde(rename = "withLog")]
    pub logs: bool,
}

/// Options of geth's opcode logger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpcodeOptions {
    /// Show the memory before each opcode.
    pub memory: bool,
    /// Leave out the stack.
    pub no_stack: bool,
    /// Leave out storage.
    pub no_storage: bool,
    /// Show the last call's return data.
    pub return_data: bool,
    /// Bytes of entries as JSON after which no more are shown; all when zero.
    pub limit: usize,
}
