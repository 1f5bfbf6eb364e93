//! Facts of one frame about its call, message, block and transaction.

use alloy_primitives::{Address, B256, Bytes, U256};

/// Inputs of one run of a program. Amounts are in wei, gas in EVM gas.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    /// Arguments of the call.
    pub calldata: Bytes,
    /// Gas left for the program after the chain has charged entry costs.
    pub gas: u64,
    /// Ink to start with instead of `gas * ink_price`. For tests of the meter; chains leave it `None`.
    pub start_ink: Option<u64>,
    /// Ink per gas (10 000 by default).
    pub ink_price: u32,
    /// Stack budget in words (22 000 from ArbOS 50, 262 144 before).
    pub max_depth_words: u32,
    /// ArbOS version.
    pub arbos_version: u64,
    /// True if the frame is static.
    pub read_only: bool,
    /// True if the acting address has another open frame (`msg_reentrant`).
    pub reentrant: bool,
    /// Base fee of the block.
    pub block_basefee: U256,
    /// Chain id.
    pub chain_id: u64,
    /// Coinbase of the block.
    pub block_coinbase: Address,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// L1 block number, as the NUMBER opcode gives it.
    pub block_number: u64,
    /// Unix time of the block in seconds.
    pub block_timestamp: u64,
    /// The acting address: storage and logs belong to it.
    pub contract_address: Address,
    /// Caller of the frame.
    pub msg_sender: Address,
    /// Value of the frame.
    pub msg_value: U256,
    /// Gas price of the transaction.
    pub tx_gas_price: U256,
    /// Sender of the transaction.
    pub tx_origin: Address,
    /// True to record every completed host function (see [`crate::HostioRecord`]).
    pub trace: bool,
    /// True if the input of each hash that the program asks for is recorded.
    pub records_preimages: bool,
}

/// One completed host function: its name, what went in and out, the ink before it charged anything
/// and after it. Numbers are big-endian, pointers are replaced by what they point to, as Nitro's
/// `stylusTracer` shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostioRecord {
    /// Name without the module.
    pub name: &'static str,
    /// Bytes that the program gave.
    pub args: Bytes,
    /// Bytes that the program got.
    pub outs: Bytes,
    /// Ink before the function charged anything.
    pub ink_before: u64,
    /// Ink after it returned.
    pub ink_after: u64,
}

/// A storage word's key and value.
pub type Slot = (B256, B256);
