//! `--fork-url` and what goes with it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::fork::{ForkBlock, ForkOptions, VerifyMode};

/// Flags of a fork.
#[derive(Debug, Args)]
#[allow(dead_code, reason = "what is refused is looked up by its name")]
pub(super) struct ForkFlags {
    /// Continue from a block of an Arbitrum chain: its accounts, storage, code, programs and parameters
    /// are read from this endpoint when they are needed, and nothing is ever sent there. URL@BLOCK
    /// names the block, too, as --fork-block-number does.
    #[arg(
        short,
        long,
        visible_alias = "rpc-url",
        value_name = "URL",
        conflicts_with_all = [
            "arbos_version", "timestamp", "number", "l1_block_number", "block_base_fee_per_gas",
            "init", "state", "load_state", "dump_state",
        ]
    )]
    pub(super) fork_url: Option<String>,
    /// The block to fork; -N is N blocks before the newest one. Without the flag, the newest one.
    #[arg(long, value_name = "BLOCK", allow_hyphen_values = true, requires = "fork_url", value_parser = block)]
    fork_block_number: Option<ForkBlock>,
    /// Refused: only whole blocks can be forked; give --fork-block-number.
    #[arg(long, value_name = "HASH")]
    fork_transaction_hash: Option<String>,
    /// Refuse an endpoint of another chain.
    #[arg(long, value_name = "ID", requires = "fork_url")]
    fork_chain_id: Option<u64>,
    /// Send this along with each request to the endpoint, as `Name: value`; may be repeated.
    #[arg(
        long,
        visible_alias = "fork-headers",
        value_name = "HEADER",
        requires = "fork_url"
    )]
    fork_header: Vec<String>,
    /// Milliseconds that one request to the endpoint may take.
    #[arg(long, value_name = "MS", default_value_t = 45_000)]
    timeout: u64,
    /// How often a request is sent again that a limit of the endpoint refused, or that was not
    /// answered.
    #[arg(long, value_name = "N", default_value_t = 8)]
    retries: u32,
    /// Milliseconds until then, where the endpoint names no time.
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    fork_retry_backoff: u64,
    /// Compute units that the endpoint gives per second, of which a request takes 20: the more requests
    /// wait, the longer is the pause after a limit.
    #[arg(
        long,
        visible_alias = "cups",
        value_name = "N",
        default_value_t = 330,
        conflicts_with = "no_rate_limit"
    )]
    compute_units_per_second: u64,
    /// The endpoint has no such limit.
    #[arg(long, visible_alias = "no-rpc-rate-limit")]
    no_rate_limit: bool,
    /// Believe no account and no storage word of the endpoint without a proof (eth_getProof) against the
    /// state root of the block. Blocks, receipts and logs before the fork are believed all the same.
    /// By default where there are proofs, unless the endpoint is on this machine.
    #[arg(long, value_name = "BOOL", requires = "fork_url", num_args = 0..=1, default_missing_value = "true")]
    fork_verify: Option<bool>,
    /// Folder where what was read is kept, per URL, chain and block; by default stylus-devnode in the
    /// user's cache folder, and nothing of endpoints on this machine is kept there.
    #[arg(long, value_name = "PATH")]
    cache_path: Option<PathBuf>,
    /// Keep nothing of what was read.
    #[arg(long)]
    no_storage_caching: bool,
}

impl ForkFlags {
    /// Returns the block to fork, if any. `chain_id` and `gas_limit` are those that were given for this node.
    pub(super) fn options(
        &self,
        chain_id: Option<u64>,
        gas_limit: Option<u64>,
    ) -> Option<ForkOptions> {
        let given = self.fork_url.as_deref()?;
        let (url, named) = named_block(given);
        let mut options = ForkOptions {
            url: url.to_owned(),
            block: self
                .fork_block_number
                .or(named)
                .unwrap_or(ForkBlock::Latest),
            expected_chain_id: self.fork_chain_id,
            chain_id,
            gas_limit,
            headers: self.fork_header.clone(),
            retries: self.retries,
            backoff: Duration::from_millis(self.fork_retry_backoff),
            timeout: Duration::from_millis(self.timeout),
            compute_units: Some(self.compute_units_per_second).filter(|_| !self.no_rate_limit),
            cache: None,
            verify: match self.fork_verify {
                None => VerifyMode::WhereProven,
                Some(true) => VerifyMode::Always,
                Some(false) => VerifyMode::Never,
            },
        };
        options.cache = self.cache(&options);
        Some(options)
    }

    fn cache(&self, options: &ForkOptions) -> Option<PathBuf> {
        if self.no_storage_caching {
            return None;
        }
        if self.cache_path.is_some() {
            return self.cache_path.clone();
        }
        if options.is_local() {
            return None;
        }
        let folder = |name: &str| {
            let path = PathBuf::from(std::env::var_os(name)?);
            path.is_absolute().then_some(path)
        };
        let home = || folder("HOME").map(|home| home.join(".cache"));
        let caches = folder("XDG_CACHE_HOME").or_else(home)?;
        Some(caches.join("stylus-devnode"))
    }
}

/// `URL@BLOCK`; in other URLs the part before an `@` is a user and a password.
fn named_block(given: &str) -> (&str, Option<ForkBlock>) {
    let split = given
        .rsplit_once('@')
        .and_then(|(url, number)| Some((url, Some(block(number).ok()?))));
    split.unwrap_or((given, None))
}

fn block(text: &str) -> Result<ForkBlock, String> {
    let number = |digits: &str| digits.parse().ok();
    let found = match text.strip_prefix('-') {
        Some(before) => number(before).map(ForkBlock::Before),
        None if text == "latest" => Some(ForkBlock::Latest),
        None => number(text).map(ForkBlock::Number),
    };
    found.ok_or_else(|| "expected a block number, or -N for N blocks before the newest".to_owned())
}
