//! What every command takes.

use crate::assess::Accepted;
use crate::client::{DEFAULT_TIMEOUT, MAX_DATA_FEE};
use crate::commands::export::ExportArgs;
use crate::commands::verifiable::VerifiableArgs;
use crate::deploy::DATA_FEE_BUMP_PERCENT;
use crate::keys::KeyArgs;
use crate::secret::Secret;
use alloy::primitives::{Address, U256};
use clap::Args;
use std::path::PathBuf;

/// The variable in place of `--framework-from`.
const FRAMEWORK_FROM: &str = "STYLUS_UPGRADES_FRAMEWORK_FROM";

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The chain [default: the network's or the manifest's, else http://127.0.0.1:8547]
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
    /// The network: its table in the manifest [default: what stands above the tables]
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
    /// Go on with this registry although nothing vouches for what it stores; may be repeated
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub trust_registry: Vec<Address>,
    /// The manifest [default: the nearest stylus-upgrades.toml, upwards]
    #[arg(long, value_name = "FILE", global = true)]
    pub manifest: Option<PathBuf>,
    /// One JSON document on stdout, everything else on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress; warnings are printed all the same
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print every command of a build and every transaction in full, on stderr, before it runs
    #[arg(long, global = true)]
    pub print: bool,
    /// What the activation's data fee is raised by
    #[arg(long, value_name = "PERCENT", global = true, default_value_t = DATA_FEE_BUMP_PERCENT)]
    pub data_fee_bump_percent: u32,
    /// What is paid for the data fee of one program at most, margin included [default: 0.1 ether]
    #[arg(long, value_name = "WEI", global = true, hide_default_value = true,
          default_value_t = U256::from(MAX_DATA_FEE))]
    pub max_data_fee: U256,
    /// Go on although this was found, by its id as the refusal prints it (reorder:owner, absent:source,
    /// migration-omitted); several between commas, or repeated; it holds for this command alone
    #[arg(long, value_name = "ID,…", global = true)]
    pub accept: Vec<Accepted>,
    /// Do it on a copy of the chain that ends with this command: nothing is sent, and nothing is kept
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Build the framework from a clone of its sources, in place of the pinned programs
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
    /// Who sends a governed call that is not sent here.
    #[command(flatten)]
    pub export: ExportArgs,
    /// Whether others can verify an implementation.
    #[command(flatten)]
    pub verifiable: VerifiableArgs,
}

impl Global {
    /// Whether `--framework-from` was typed. A variable with the same folder does not choose which registries are
    /// believed on first contact.
    pub fn has_typed_framework(&self) -> bool {
        let variable = std::env::var_os(FRAMEWORK_FROM).map(PathBuf::from);
        self.framework_from.is_some() && self.framework_from != variable
    }
}
