//! The local chain as a process: JSON-RPC, anvil's command line and methods.
//!
//! [`spawn`] starts a node inside this process; the binary `stylus-devnode` is the same node
//! with anvil's flags and start-up lines ([`process::main`]).
//!
//! ```no_run
//! let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default())?;
//! println!("{} {}", node.endpoint(), node.accounts().mnemonic()[0].address());
//! drop(node); // the port is free again, every thread has ended
//! # Ok::<(), stylus_devnode::NodeError>(())
//! ```

mod access;
pub mod accounts;
mod allocator;
mod caller;
mod config;
mod error;
mod events;
mod executor;
mod filters;
mod fork;
mod genesis;
mod handle;
mod in_process;
mod limits;
mod memory_ledger;
mod node;
pub mod process;
mod read_ahead;
mod rpc;
mod rpc_error;
mod saving;
mod server;
mod state_file;
mod terminal;
mod traffic;
mod view;
mod work_error;
mod worker;

pub use accounts::{AccountsConfig, DevAccounts};
pub use allocator::Allocator;
pub use config::{AdmissionPolicy, CorsPolicy, DEFAULT_PORT, MiningMode, NodeConfig, StateFiles};
pub use error::NodeError;
pub use fork::{Fork, ForkBlock, ForkError, ForkOptions, VerifyMode, storage_root};
pub use genesis::GethGenesis;
pub use handle::{NodeHandle, spawn};
pub use in_process::InProcessChain;
pub use stylus_chain::{Chain, ChainConfig};
