//! The chain: EVM and Stylus frames in one loop, ArbOS state, precompiles, blocks.
//!
//! [`Chain`] is a plain struct without threads or async. It is `Send`; keep it on one worker
//! thread. Everything a user of the chain needs is re-exported at the root.
//!
//! Differences from Nitro that one can observe: blocks carry no internal start-block transaction,
//! so user transactions start at index 0; EIP-2935's slots are no part of the state root; a forked
//! chain has a hash of its history in place of that root; the base fee does not rise with load;
//! there is no L1, so nobody takes messages to it and its prices are zero.

mod accesses;
mod activations;
mod arbos;
mod bounds;
mod chain;
mod clock;
mod config;
mod console;
mod error;
mod evm;
mod genesis;
mod halt;
mod ledger;
mod limit;
mod pages;
mod pool;
mod precompile_overrides;
mod precompiles;
mod program_cache;
mod session;
mod source;
mod state_db;
mod stylus;
mod trace;
mod types;
mod view;

pub use alloy_consensus::TxEnvelope;
pub use alloy_eips::{BlockId, BlockNumberOrTag, eip2930::AccessListResult};
pub use alloy_rpc_types::{BlockOverrides, Filter, state::AccountOverride};
pub use arbos::program::{NotRunnable, ProgramSlots};
pub use bounds::{LAST_BLOCK, LAST_SECOND};
pub use chain::{
    AccountChange, Aside, Chain, ChainReader, ChainState, SimulatedBlock, SimulationRules,
    SlotChange, StorageRange, recover,
};
pub use config::{ChainConfig, TransactionOrder};
pub use error::{ChainError, RejectReason, SimulationFault, TraceLimit};
pub use genesis::stylus_deployer_init_code;
pub use halt::revert_reason;
pub use limit::{Budget, Execution};
pub use precompiles::{hardfork, includes_hardfork, named_error};
pub use source::{Source, SourceAccount, StatePart};
pub use trace::{OpcodeTrace, Trace};
pub use types::{
    AccountView, Block, CallOptions, CallOutcome, CallRequest, CountedCode, FlatOptions, Halt,
    HashPreimages, MinedTransaction, OpcodeOptions, Overrides, PoolContent, PooledTransaction,
    PrestateOptions, Receipt, TraceKind,
};
