//! Every setting of a node, with its unit and default.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::{Address, U256};
use stylus_chain::ChainConfig;

use crate::accounts::AccountsConfig;
use crate::fork::Fork;
use crate::genesis::GethGenesis;

/// The port of a nitro devnode, and of this node.
pub const DEFAULT_PORT: u16 = 8547;

/// The settings that a node starts with. `Default` is for embedding: 127.0.0.1, any free port, the ten
/// accounts, a block per transaction.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Addresses to listen on. The first one is what the endpoints name.
    pub hosts: Vec<IpAddr>,
    /// TCP port; 0 takes a free one.
    pub port: u16,
    /// The dev accounts.
    pub accounts: AccountsConfig,
    /// More funded accounts, with balances in wei. Their keys are not known to the node.
    pub fund: Vec<(Address, U256)>,
    /// The chain's own settings. `accounts` and `automine` in it are set by the node.
    pub chain: ChainConfig,
    /// The block of another chain to fork; it decides chain id, time, number, base fee and ArbOS
    /// version in place of `chain`.
    pub fork: Option<Fork>,
    /// Smallest gas price that the node suggests, in wei.
    pub min_gas_price: Option<u128>,
    /// The moments at which blocks are made.
    pub mining: MiningMode,
    /// The requests that are refused.
    pub admission: AdmissionPolicy,
    /// Accounts and coinbase of the first block. What else a genesis says is in `chain` by
    /// [`GethGenesis::configure`].
    pub genesis: Option<GethGenesis>,
    /// The files that the state is loaded from and saved to.
    pub state: StateFiles,
    /// Largest request in bytes; `None` is 64 MiB. 1 MiB of calldata is 2 MiB of JSON.
    pub request_bytes: Option<u32>,
    /// The web pages that may call the node.
    pub cors: CorsPolicy,
    /// Host names, beside IP addresses and `localhost`, by which the node may be called; `*` is
    /// every name.
    pub allowed_hosts: Vec<String>,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            hosts: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            port: 0,
            accounts: AccountsConfig::default(),
            fund: Vec::new(),
            chain: ChainConfig::default(),
            fork: None,
            min_gas_price: None,
            mining: MiningMode::Auto,
            admission: AdmissionPolicy::Nitro,
            genesis: None,
            state: StateFiles::default(),
            request_bytes: Some(AdmissionPolicy::Nitro.request_bytes()),
            cors: CorsPolicy::Origins(Vec::new()),
            allowed_hosts: Vec::new(),
        }
    }
}

impl NodeConfig {
    /// The settings of the chain that is started: a fork's where there is one.
    pub(crate) fn chain_here(&self) -> ChainConfig {
        let mut chain = self.chain.clone();
        if let Some(fork) = &self.fork {
            fork.configure(&mut chain);
        }
        chain
    }
}

/// The moments at which blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MiningMode {
    /// A block for each transaction, at once.
    Auto,
    /// A block each time this has passed, transactions or not.
    Interval(Duration),
    /// Both.
    Mixed(Duration),
    /// Only on request (`evm_mine`).
    Manual,
}

impl MiningMode {
    /// The clock of the mode, if it has one.
    pub fn interval(self) -> Option<Duration> {
        match self {
            Self::Interval(every) | Self::Mixed(every) => Some(every),
            Self::Auto | Self::Manual => None,
        }
    }

    /// Returns true if a transaction makes its own block.
    pub fn automine(self) -> bool {
        matches!(self, Self::Auto | Self::Mixed(_))
    }
}

/// The requests that are refused before anything is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmissionPolicy {
    /// Refuses as Nitro's RPC and its sequencer do: with automatic mining a nonce that is not the next
    /// one, large transactions and fees, parameters that are left out, large requests.
    Nitro,
    /// Refuses as little as anvil does (`--lenient`).
    Lenient,
}

impl AdmissionPolicy {
    pub(crate) fn is_lenient(self) -> bool {
        self == Self::Lenient
    }

    /// Most bytes of a request.
    pub fn request_bytes(self) -> u32 {
        match self {
            Self::Nitro => 5 << 20,
            Self::Lenient => 16 << 20,
        }
    }

    /// Most requests in one batch.
    pub(crate) fn batch(self) -> u32 {
        match self {
            Self::Nitro => 1_000,
            Self::Lenient => 50_000,
        }
    }
}

/// The files that the state is loaded from and saved to.
#[derive(Clone, Debug, Default)]
pub struct StateFiles {
    /// Read at the start. A file that does not exist is an error, unless it is also `dump`.
    pub load: Option<PathBuf>,
    /// Written when the node stops.
    pub dump: Option<PathBuf>,
    /// Also written each time this has passed.
    pub interval: Option<Duration>,
}

/// The web pages that may call the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsPolicy {
    /// Every page.
    Any,
    /// Pages of this machine at any port, extensions of the browser, those that the node's own address serves, and those
    /// of these origins.
    Origins(Vec<String>),
    /// No CORS headers; only pages that the node's own address serves.
    Off,
}
