//! The arguments that every command takes.

use super::export::ExportArgs;
use super::snapshot::SnapshotArgs;
use crate::assess::Accepted;
use crate::client::{DEFAULT_TIMEOUT, MAX_DATA_FEE, MAX_SPENDING};
use crate::deploy::DATA_FEE_BUMP_PERCENT;
use crate::keys::KeyArgs;
use crate::secret::Secret;
use alloy::primitives::{Address, U256};
use clap::Args;
use std::path::PathBuf;

/// The variable in place of `--framework-from`.
const FRAMEWORK_FROM: &str = "STYLUS_UPGRADES_FRAMEWORK_FROM";

/// The arguments that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The RPC URL of the chain [default: the network's or the manifest's, else http://127.0.0.1:8547]
    #[arg(
        short = 'e',
        long,
        alias = "endpoint",
        env = "ETH_RPC_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    pub rpc_url: Option<Secret>,
    /// The network: its table in the manifest [default: the keys above the tables]
    #[arg(
        long,
        env = "STYLUS_UPGRADES_NETWORK",
        value_name = "NAME",
        global = true
    )]
    pub network: Option<String>,
    /// How long one request to the chain may take
    #[arg(
        long,
        env = "ETH_RPC_TIMEOUT",
        value_name = "SECONDS",
        global = true,
        default_value_t = DEFAULT_TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub rpc_timeout: u64,
    /// The registry, an address or an alias [default: the manifest's]
    #[arg(
        long,
        env = "STYLUS_UPGRADES_REGISTRY",
        value_name = "ADDRESS",
        global = true
    )]
    pub registry: Option<String>,
    /// Trust this registry although its origin cannot be verified; may be repeated
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub trust_registry: Vec<Address>,
    /// The manifest [default: the nearest stylus-upgrades.toml, here or in a folder above]
    #[arg(long, value_name = "FILE", global = true)]
    pub manifest: Option<PathBuf>,
    /// One JSON document on stdout, everything else on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Print hashes, arguments and builds of a governed call, and fields that stay as they are, too
    #[arg(long, global = true)]
    pub full: bool,
    /// Print no progress; warnings are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print every build command and every transaction in full, on stderr, before it runs
    #[arg(long, global = true)]
    pub print: bool,
    /// Margin on the data fee of an activation
    #[arg(long, value_name = "PERCENT", global = true, default_value_t = DATA_FEE_BUMP_PERCENT)]
    pub data_fee_bump_percent: u32,
    /// Maximum data fee of one program, margin included [default: 0.1 ether]
    #[arg(long, value_name = "WEI", global = true, hide_default_value = true,
          default_value_t = U256::from(MAX_DATA_FEE), value_parser = super::wei)]
    pub max_data_fee: U256,
    /// Maximum price of a unit of gas [default: 100 times the median base fee of the last blocks, at most 1000 gwei]
    #[arg(long, value_name = "WEI", global = true)]
    pub max_fee: Option<u128>,
    /// Maximum cost of all transactions of the command together, fees and values [default: 1 ether]
    #[arg(long, value_name = "WEI", global = true, hide_default_value = true,
          default_value_t = U256::from(MAX_SPENDING), value_parser = super::wei)]
    pub max_spend: U256,
    /// Accept a finding by its id, as the refusal prints it (reorder:owner, absent:source, migration-omitted), for
    /// this command only; separate several ids by commas, or repeat the flag
    #[arg(long, value_name = "ID,…", global = true)]
    pub accept: Vec<Accepted>,
    /// Run on a copy of the chain that exists only during this command: nothing is sent, and nothing is kept
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Write what endpoints are asked and what they answer to this new file, a line of JSON each, without secrets
    #[arg(long, value_name = "FILE", global = true)]
    pub record: Option<PathBuf>,
    /// Build the framework from a clone of its sources, instead of using the pinned programs
    #[arg(
        long,
        env = FRAMEWORK_FROM,
        value_name = "DIR",
        global = true
    )]
    pub framework_from: Option<PathBuf>,
    /// The signing key.
    #[command(flatten)]
    pub key: KeyArgs,
    /// The sender of a governed call that is not sent here.
    #[command(flatten)]
    pub export: ExportArgs,
    /// The public place of an implementation's sources.
    #[command(flatten)]
    pub snapshot: SnapshotArgs,
    /// The flags above that lead to the chain and the registry, as they were typed.
    #[arg(skip)]
    pub place: Vec<String>,
}

impl Global {
    /// Returns true if `--framework-from` was typed. A variable with the same folder does not choose which registries
    /// are believed on first contact.
    pub fn has_typed_framework(&self) -> bool {
        let variable = std::env::var_os(FRAMEWORK_FROM).map(PathBuf::from);
        self.framework_from.is_some() && self.framework_from != variable
    }
}
