//! The chain: EVM and Stylus frames in one loop, ArbOS state, precompiles, blocks.
//!
//! [`Chain`] is a plain struct without threads or async. It is `Send`; keep it on one worker
//! thread. Everything a user of the chain needs is re-exported at the root.

mod chain;
mod config;
mod error;
mod types;

pub use alloy_consensus::TxEnvelope;
pub use alloy_eips::{BlockId, BlockNumberOrTag};
pub use chain::Chain;
pub use config::ChainConfig;
pub use error::{ChainError, RejectReason};
pub use types::{
    AccountOverride, AccountView, Block, CallOutcome, CallRequest, ChainState, Halt, LogEntry,
    LogFilter, MinedTransaction, Overrides, PoolContent, PooledTransaction, Receipt, TraceKind,
};
