//! The differential fuzzer.

use super::version::UpgradeArgs;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The default of `--seed`.
pub(crate) const SEED: u64 = 1;
/// The default of `--time`.
const TIME: Duration = Duration::from_secs(60);

/// An upgrade to be fuzzed.
#[derive(Debug, Args)]
pub struct FuzzArgs {
    /// The seed of all random choices: the same seed makes the same choices
    #[arg(long, value_name = "NUMBER", default_value_t = SEED)]
    pub seed: u64,
    /// The duration, such as 30s, 5m, 2h [default: 60s, without --runs]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub time: Option<Duration>,
    /// Maximum number of call sequences
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: Option<u64>,
    /// An intended difference: a function, an event or a variable, such as 'fee() differs'; may be repeated
    #[arg(long, value_name = "WHAT")]
    pub differs: Vec<String>,
    /// A function of the new version without arguments that must return true after every sequence, such as
    /// 'solvent()'; may be repeated
    #[arg(long, value_name = "FUNCTION")]
    pub holds: Vec<String>,
    /// Do not learn from the effects of calls: shows what guidance is worth
    #[arg(long)]
    pub blind: bool,
    /// A folder of sequences: the command tries these first and writes new ones to it
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// The instance that is called, an address or an alias [default: the first one that is upgraded]
    #[arg(long, value_name = "PROXY")]
    pub proxy: Option<String>,
    /// The upgrade.
    #[command(flatten)]
    pub upgrade: UpgradeArgs,
}

impl FuzzArgs {
    /// The duration, if it is given or if `--runs` is not.
    pub fn time(&self) -> Option<Duration> {
        self.time.or_else(|| self.runs.is_none().then_some(TIME))
    }
}

/// A number with `s`, `m` or `h`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, "s")) => (number, 1),
        Some((number, "m")) => (number, 60),
        Some((number, "h")) => (number, 3_600),
        _ => (text, 0),
    };
    let number = seconds.0.parse::<u64>().ok();
    let time = number.and_then(|number| number.checked_mul(seconds.1));
    let time = time.filter(|seconds| *seconds > 0);
    time.map(Duration::from_secs)
        .ok_or_else(|| "write it as 30s, 5m or 2h".to_owned())
}
