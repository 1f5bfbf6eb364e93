//! The command line: anvil's flags, and `--arbos-version`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::{Address, U256, utils::parse_ether};
use clap::{Args, Parser};
use stylus_chain::{ChainConfig, LAST_SECOND, TransactionOrder};

use super::fork_flags::ForkFlags;
use crate::accounts::DEFAULT_DERIVATION_PATH;
use crate::config::DEFAULT_PORT;

/// Largest number of a first block: what JavaScript can still count on from.
const MAX_FIRST_BLOCK: u64 = 1 << 52;

/// A local Arbitrum chain with Stylus, with anvil's command line.
#[derive(Debug, Parser)]
#[command(name = "stylus-devnode", version, about)]
pub(super) struct NodeFlags {
    /// Port to listen on; 0 takes a free one.
    #[arg(short, long, default_value_t = DEFAULT_PORT)]
    pub(super) port: u16,
    /// Addresses to listen on.
    #[arg(
        long,
        value_name = "IP",
        env = "ANVIL_IP_ADDR",
        default_value = "127.0.0.1",
        value_delimiter = ','
    )]
    pub(super) host: Vec<IpAddr>,
    /// Chain id; 412346, or that of the chain that is forked.
    #[arg(long, visible_alias = "chain", value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) chain_id: Option<u64>,
    /// Rules of the chain: ArbOS 30, 31, 32, 40, 41, 50, 51, 59, 60 or 61.
    #[arg(long, value_name = "VERSION", default_value_t = ChainConfig::default().arbos_version, value_parser = arbos_version)]
    pub(super) arbos_version: u64,
    /// Take what anvil takes and Nitro refuses: with automatic mining nonces that are not the next one and
    /// replacements, transactions above 85,000 bytes, fees above 1 ether, parameters that are left out,
    /// hexadecimal text without 0x, logs of blocks to come, batches above 1,000 requests, bodies above 5 MiB.
    #[arg(long)]
    pub(super) lenient: bool,
    #[command(flatten)]
    pub(super) accounts: AccountFlags,
    #[command(flatten)]
    pub(super) mining: MiningFlags,
    #[command(flatten)]
    pub(super) environment: EnvironmentFlags,
    #[command(flatten)]
    pub(super) state: StateFlags,
    #[command(flatten)]
    pub(super) server: ServerFlags,
    /// Print nothing: no ready line, no transactions, no console lines, no warnings.
    #[arg(short, long, visible_alias = "silent")]
    pub(super) quiet: bool,
    /// Log more, on stderr.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbosity: u8,
    /// End when the process that started this one ends, however that happens: for tests.
    #[arg(long)]
    pub(super) until_parent_exits: bool,
    /// Write accounts and settings as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) config_out: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Fork")]
    pub(super) fork: ForkFlags,
    #[command(flatten, next_help_heading = "Accepted without effect")]
    without_effect: IgnoredFlags,
    #[command(flatten, next_help_heading = "Refused")]
    refused: UnsupportedFlags,
}

#[derive(Debug, Args)]
pub(super) struct AccountFlags {
    /// Number of dev accounts.
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    pub(super) accounts: u32,
    /// Balance of each dev account in ETH.
    #[arg(long, value_name = "ETH", default_value_t = 10_000)]
    pub(super) balance: u64,
    /// BIP-39 phrase of the dev accounts.
    #[arg(short, long, value_name = "PHRASE", conflicts_with_all = ["mnemonic_random", "mnemonic_seed_unsafe"])]
    pub(super) mnemonic: Option<String>,
    /// Take a fresh phrase of this many words.
    #[arg(long, value_name = "WORDS", num_args = 0..=1, default_missing_value = "12")]
    pub(super) mnemonic_random: Option<usize>,
    /// Take a phrase derived from this number: for tests only.
    #[arg(
        long,
        value_name = "SEED",
        visible_alias = "mnemonic-seed",
        conflicts_with = "mnemonic_random"
    )]
    pub(super) mnemonic_seed_unsafe: Option<u64>,
    /// Parent path of the dev accounts.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_DERIVATION_PATH)]
    pub(super) derivation_path: String,
    /// Fund more accounts: ADDRESS or ADDRESS:ETH, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = funded)]
    pub(super) fund_accounts: Vec<(Address, Option<U256>)>,
    /// Take transactions from every address without a signature.
    #[arg(long, visible_alias = "auto-unlock")]
    pub(super) auto_impersonate: bool,
}

#[derive(Debug, Args)]
pub(super) struct MiningFlags {
    /// Seconds between blocks, instead of a block per transaction.
    #[arg(short, long, visible_alias = "blockTime", value_name = "SECONDS", value_parser = seconds)]
    pub(super) block_time: Option<Duration>,
    /// No blocks but on request.
    #[arg(long, visible_alias = "no-mine", conflicts_with = "block_time")]
    pub(super) no_mining: bool,
    /// Both: a block per transaction and one each block time.
    #[arg(long, requires = "block_time")]
    pub(super) mixed_mining: bool,
    /// Which of several waiting transactions is included first: the one that arrived first, as a
    /// sequencer of Arbitrum does it, or with `fees` the one with the largest fee per gas.
    #[arg(long, value_name = "ORDER", value_parser = order, default_value = "fifo")]
    pub(super) order: TransactionOrder,
    /// Most transactions in a block; the others wait for the next one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_transactions: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct EnvironmentFlags {
    /// Unix seconds of the first block.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=LAST_SECOND))]
    pub(super) timestamp: Option<u64>,
    /// Number of the first block.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_FIRST_BLOCK))]
    pub(super) number: Option<u64>,
    /// Block number of L1, which NUMBER and Stylus' block_number give; `l2` gives the number of
    /// this chain's own block instead.
    #[arg(long, value_name = "N", value_parser = l1_block_number, default_value = "1")]
    pub(super) l1_block_number: L1BlockNumber,
    /// Gas limit of a block, at least 21,000.
    #[arg(long, value_name = "GAS", value_parser = clap::value_parser!(u64).range(21_000..))]
    pub(super) gas_limit: Option<u64>,
    /// No gas limit of blocks.
    #[arg(long, conflicts_with = "gas_limit")]
    pub(super) disable_block_gas_limit: bool,
    /// Smallest gas price to suggest, in wei.
    #[arg(long, value_name = "WEI")]
    pub(super) gas_price: Option<u128>,
    /// Base fee in wei.
    #[arg(long, visible_alias = "base-fee", value_name = "WEI")]
    pub(super) block_base_fee_per_gas: Option<u64>,
    /// Let the base fee follow the load as on Nitro: gas per second above which it rises, 7,000,000 on
    /// Arbitrum One. Without it the base fee stays as it is.
    #[arg(long, value_name = "GAS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) l2_speed_limit: Option<u64>,
    /// Wei that L1 takes for a unit of a transaction's compressed bytes, 16 units to a byte: receipts and estimates have that
    /// part of the gas then, as on Arbitrum One, where it is 10 to 1,000 million wei.
    #[arg(long, value_name = "WEI", default_value_t = 0)]
    pub(super) l1_price: u64,
    /// Largest deployed code in bytes.
    #[arg(long, value_name = "BYTES")]
    pub(super) code_size_limit: Option<usize>,
    /// No limit on deployed code.
    #[arg(long, conflicts_with = "code_size_limit")]
    pub(super) disable_code_size_limit: bool,
    /// Most bytes of EVM memory that one transaction or call may use at once, all its frames
    /// together; more is out of gas. Programs in WASM have the chain's page limit instead.
    #[arg(long, value_name = "BYTES")]
    pub(super) memory_limit: Option<u64>,
    /// Genesis file as geth writes it: accounts, chain id, timestamp, number, gas limit, base fee and
    /// coinbase are taken from it, unless a flag says otherwise. A timestamp of 0 is now.
    #[arg(long, value_name = "FILE")]
    pub(super) init: Option<PathBuf>,
    /// Rules of Ethereum that are expected: those of the version of ArbOS (cancun below 40, prague below 50, osaka from then
    /// on) or older ones. The rules of ArbOS run in any case; --arbos-version chooses exact ones.
    #[arg(long, value_name = "NAME")]
    pub(super) hardfork: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct StateFlags {
    /// Load the state from this file if it exists, and save it there at the end. Of a folder it is `state.json`.
    #[arg(long, value_name = "FILE", group = "saved", conflicts_with_all = ["load_state", "dump_state"])]
    pub(super) state: Option<PathBuf>,
    /// Load the state from this file: one that this node has saved, or anvil, of which accounts, block
    /// number and time are taken.
    #[arg(long, value_name = "FILE")]
    pub(super) load_state: Option<PathBuf>,
    /// Save the state to this file at the end.
    #[arg(long, value_name = "FILE", group = "saved")]
    pub(super) dump_state: Option<PathBuf>,
    /// Also save the state each time this many seconds have passed.
    #[arg(short = 's', long, value_name = "SECONDS", value_parser = seconds, requires = "saved")]
    pub(super) state_interval: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct ServerFlags {
    /// Web pages that may call the node, beside those of this machine and extensions of the browser; * is every page.
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    pub(super) allow_origin: Vec<String>,
    /// Send no CORS headers, and refuse every web page.
    #[arg(long, conflicts_with = "allow_origin")]
    pub(super) no_cors: bool,
    /// Host names, beside IP addresses and localhost, by which the node may be called; * is every name.
    #[arg(
        long,
        visible_alias = "vhosts",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub(super) allow_host: Vec<String>,
    /// Take requests of up to 64 MiB.
    #[arg(long)]
    pub(super) no_request_size_limit: bool,
}

/// What scripts pass to anvil and what changes nothing here.
#[derive(Debug, Args)]
#[allow(
    dead_code,
    reason = "parsed so that scripts for anvil keep working, then not read"
)]
struct IgnoredFlags {
    /// `safe` and `finalized` are the latest block here.
    #[arg(long, value_name = "N")]
    slots_in_an_epoch: Option<u64>,
    /// All states are kept.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0")]
    prune_history: Option<u64>,
    /// All blocks are kept.
    #[arg(long, value_name = "N")]
    transaction_block_keeper: Option<u64>,
    /// States are kept in memory, never on disk.
    #[arg(long, value_name = "N")]
    max_persisted_states: Option<usize>,
    /// No tip is ever asked for: ArbOS drops it.
    #[arg(long, visible_alias = "no-priority-fee")]
    disable_min_priority_fee: bool,
    /// The same by its former name.
    #[arg(long)]
    no_min_priority_fee: bool,
    /// Every transaction can be traced, by executing it again.
    #[arg(long, visible_alias = "tracing")]
    steps_tracing: bool,
    /// No traces are printed; ask for `debug_traceTransaction`.
    #[arg(long, visible_alias = "enable-trace-printing")]
    print_traces: bool,
    /// Console lines are printed; `--quiet` prints nothing.
    #[arg(long, visible_alias = "no-console-log")]
    disable_console_log: bool,
    /// Nothing is colored.
    #[arg(long, value_name = "WHEN")]
    color: Option<String>,
    /// The number of threads is fixed.
    #[arg(short = 'j', long, visible_alias = "jobs", value_name = "N")]
    threads: Option<usize>,
}

/// Flags of anvil that ask for what this node does not do; `refuse` says the reasons below.
#[derive(Debug, Args)]
#[allow(dead_code, reason = "looked up by their names")]
struct UnsupportedFlags {
    /// Refused: HTTP and WebSocket are all that is listened on.
    #[arg(long, visible_alias = "ipcpath", value_name = "PATH", num_args = 0..=1)]
    ipc: Option<PathBuf>,
    /// Refused: this is an Arbitrum chain.
    #[arg(long)]
    celo: bool,
    /// Refused: this is an Arbitrum chain.
    #[arg(short, long, value_name = "NAME")]
    network: Option<String>,
    /// Refused: the deployer is part of this chain's genesis.
    #[arg(long, visible_alias = "no-create2")]
    disable_default_create2_deployer: bool,
    /// Refused: ArbOS bounds a transaction by its own limit, 32,000,000 gas from version 50 on.
    #[arg(long, visible_alias = "tx-gas-limit")]
    enable_tx_gas_limit: bool,
    /// Refused: nobody includes what its sender cannot pay; give ether with --fund-accounts or
    /// anvil_setBalance.
    #[arg(long)]
    disable_pool_balance_checks: bool,
    /// Refused: a saved state is that of the latest block.
    #[arg(long)]
    preserve_historical_states: bool,
    /// Refused: log lines are text; --config-out writes JSON.
    #[arg(long)]
    json: bool,
    /// Refused: log lines are text.
    #[arg(long, visible_alias = "markdown")]
    md: bool,
}

fn order(text: &str) -> Result<TransactionOrder, String> {
    match text {
        "fifo" => Ok(TransactionOrder::Fifo),
        "fees" => Ok(TransactionOrder::Fees),
        _ => Err("expected fifo or fees".to_owned()),
    }
}

/// Versions whose rules the chain states.
fn arbos_version(text: &str) -> Result<u64, String> {
    let known = stylus_chain::Chain::ARBOS_VERSIONS;
    text.parse()
        .ok()
        .filter(|version| known.contains(version))
        .ok_or_else(|| format!("expected one of {known:?}"))
}

/// The value of `--l1-block-number`.
#[derive(Clone, Copy, Debug)]
pub(super) struct L1BlockNumber(pub(super) Option<u64>);

fn l1_block_number(text: &str) -> Result<L1BlockNumber, String> {
    match text {
        "l2" => Ok(L1BlockNumber(None)),
        number => number
            .parse()
            .map(|number| L1BlockNumber(Some(number)))
            .map_err(|_| "expected a number, or `l2` for this chain's own block number".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected seconds, such as 1 or 0.5".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected more than 0 seconds".to_owned())
}

fn funded(text: &str) -> Result<(Address, Option<U256>), String> {
    let (address, amount) = text
        .split_once(':')
        .map_or((text, None), |(address, amount)| (address, Some(amount)));
    let address = address
        .parse()
        .map_err(|error| format!("{address}: {error}; expected ADDRESS or ADDRESS:ETH"))?;
    let amount = amount
        .map(parse_ether)
        .transpose()
        .map_err(|error| format!("{text}: {error}"))?;
    Ok((address, amount))
}
