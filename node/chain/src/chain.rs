//! The chain's public interface.

use crate::{
    AccountView, Block, BlockId, CallOutcome, CallRequest, ChainConfig, ChainError, ChainState,
    LogEntry, LogFilter, MinedTransaction, Overrides, PoolContent, Receipt, TraceKind, TxEnvelope,
};
use alloy_primitives::{Address, B256, Bytes, U256};

/// A local Arbitrum chain.
pub struct Chain {
    config: ChainConfig,
}

const NOT_YET: ChainError = ChainError::NotSupported("this method");

#[allow(unused_variables, missing_docs)]
impl Chain {
    /// Builds the genesis block.
    pub fn new(config: ChainConfig) -> Self { Self { config } }
    // reading
    pub fn chain_id(&self) -> u64 { self.config.chain_id }
    pub fn arbos_version(&self) -> u64 { self.config.arbos_version }
    pub fn config(&self) -> &ChainConfig { &self.config }
    pub fn block_number(&self) -> u64 { 0 }
    /// Base fee of the next block in wei.
    pub fn base_fee(&self) -> u64 { self.config.base_fee }
    /// Gas price to suggest: base fee or the minimum set by `set_min_gas_price`.
    pub fn gas_price(&self) -> u128 { self.config.base_fee.into() }
    pub fn gas_limit(&self) -> u64 { self.config.gas_limit }
    pub fn coinbase(&self) -> Address { Address::ZERO }
    /// Unix seconds the next block would have.
    pub fn next_timestamp(&self) -> u64 { 0 }
    pub fn resolve(&self, id: BlockId) -> Result<u64, ChainError> { Err(NOT_YET) }
    pub fn account(&self, address: Address, id: BlockId) -> Result<AccountView, ChainError> { Err(NOT_YET) }
    pub fn storage(&self, address: Address, slot: U256, id: BlockId) -> Result<B256, ChainError> { Err(NOT_YET) }
    /// Nonce for the next transaction, pooled ones counted.
    pub fn pending_nonce(&self, address: Address) -> u64 { 0 }
    pub fn block(&self, id: BlockId) -> Option<Block> { None }
    pub fn transaction(&self, hash: B256) -> Option<MinedTransaction> { None }
    pub fn receipt(&self, hash: B256) -> Option<Receipt> { None }
    pub fn logs(&self, filter: &LogFilter) -> Result<Vec<LogEntry>, ChainError> { Err(NOT_YET) }
    pub fn call(&self, request: CallRequest, id: BlockId, overrides: &Overrides) -> Result<CallOutcome, ChainError> { Err(NOT_YET) }
    pub fn estimate_gas(&self, request: CallRequest, id: BlockId, overrides: &Overrides) -> Result<u64, ChainError> { Err(NOT_YET) }
    /// EIP-2930 list that the call would touch, and its gas.
    pub fn access_list(&self, request: CallRequest, id: BlockId) -> Result<(alloy_eips::eip2930::AccessList, u64), ChainError> { Err(NOT_YET) }
    /// JSON as the named tracer of geth or Nitro gives it.
    pub fn trace(&self, hash: B256, kind: TraceKind) -> Result<serde_json::Value, ChainError> { Err(NOT_YET) }
    pub fn trace_call(&self, request: CallRequest, id: BlockId, overrides: &Overrides, kind: TraceKind) -> Result<serde_json::Value, ChainError> { Err(NOT_YET) }
    // transactions
    /// Adds a signed transaction; mines it at once when automine is on.
    pub fn submit(&mut self, signed: TxEnvelope) -> Result<B256, ChainError> { Err(NOT_YET) }
    /// Adds a transaction of an impersonated account; mines it at once when automine is on.
    pub fn submit_unsigned(&mut self, from: Address, request: CallRequest) -> Result<B256, ChainError> { Err(NOT_YET) }
    pub fn pool(&self) -> PoolContent { PoolContent::default() }
    pub fn pooled(&self, hash: B256) -> Option<crate::PooledTransaction> { None }
    pub fn drop_transaction(&mut self, hash: B256) -> bool { false }
    pub fn drop_all_transactions(&mut self) {}
    // mining; interval mining is a timer of the caller that calls `mine(1, None)`
    /// Mines `blocks` blocks, `interval` seconds apart; the first takes the pool.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<(), ChainError> { Err(NOT_YET) }
    pub fn automine(&self) -> bool { self.config.automine }
    pub fn set_automine(&mut self, on: bool) { self.config.automine = on; }
    // snapshots
    pub fn snapshot(&mut self) -> u64 { 0 }
    /// False when the id is unknown or consumed. Later snapshots are gone afterwards.
    pub fn revert(&mut self, id: u64) -> bool { false }
    pub fn reset(&mut self) {}
    pub fn dump_state(&self) -> Result<ChainState, ChainError> { Err(NOT_YET) }
    pub fn load_state(&mut self, state: ChainState) -> Result<(), ChainError> { Err(NOT_YET) }
    // accounts
    pub fn set_balance(&mut self, address: Address, balance: U256) {}
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {}
    pub fn set_code(&mut self, address: Address, code: Bytes) {}
    pub fn set_storage_at(&mut self, address: Address, slot: U256, value: B256) {}
    pub fn impersonate(&mut self, address: Address) {}
    pub fn stop_impersonating(&mut self, address: Address) {}
    pub fn set_auto_impersonate(&mut self, on: bool) { self.config.auto_impersonate = on; }
    pub fn is_impersonated(&self, address: Address) -> bool { false }
    // block environment
    pub fn set_coinbase(&mut self, address: Address) {}
    /// For the next block only.
    pub fn set_next_base_fee(&mut self, wei: u64) {}
    pub fn set_min_gas_price(&mut self, wei: u128) {}
    pub fn set_block_gas_limit(&mut self, gas: u64) {}
    pub fn set_prevrandao(&mut self, value: B256) {}
    /// Moves the clock; returns the total shift in seconds.
    pub fn increase_time(&mut self, seconds: u64) -> i64 { 0 }
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> { Err(NOT_YET) }
    /// Sets the clock; returns the change in seconds.
    pub fn set_time(&mut self, timestamp: u64) -> i64 { 0 }
    /// Every block is this many seconds younger than its parent; `None` follows the clock.
    pub fn set_timestamp_interval(&mut self, seconds: Option<u64>) {}
}
