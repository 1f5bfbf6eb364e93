//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use crate::app_error::Error;
use crate::assess::Role;
use crate::context::Context;
use crate::context::spec::{Governs, Group, Spec, report_type};
use crate::fuzz::{FuzzReport, fuzz};
use crate::manifest::Declared;
use crate::options::{BATCHES, INSTANCES, UpgradeArgs, time};
use crate::output::Outcome;
use crate::pipeline::checked::require_not_refused;
use crate::pipeline::fuzz::{SEED, declared, fuzzed};
use crate::pipeline::simulated_upgrade::{SimulationOptions, simulate};
use crate::plan::{FuzzSettings, fails};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The default of `--time`.
const TIME: Duration = Duration::from_secs(60);

/// `fuzz`.
pub(crate) static SPEC: Spec<FuzzArgs> = Spec {
    name: "fuzz",
    about: "Fuzz an upgrade: find sequences of calls that behave differently after it, on two copies of the chain's state",
    group: Group::Upgrade,
    examples: &[
        "fuzz Counter 2.0 . --call 'migrate(uint256)' 5",
        "fuzz Counter 2.0 --time 5m --seed 7 --corpus fuzz",
        "fuzz Counter 2.0 . --runs 2000 --differs 'fee() differs'",
    ],
    writes: |args| args.corpus.as_ref().map(|_| "--corpus"),
    governed: Governs::Never,
    reports: || vec![report_type::<FuzzReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// An upgrade to be fuzzed.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
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
    pub(crate) fn time(&self) -> Option<Duration> {
        self.time.or_else(|| self.runs.is_none().then_some(TIME))
    }
}

/// Searches for calls that the upgrade changes.
pub(crate) async fn run(context: &Context, args: &FuzzArgs) -> Result<Outcome, Error> {
    let settings = FuzzSettings {
        seed: args.seed,
        runs: args.runs,
        time: args.time(),
        declared: all_declared(context, args),
        blind: args.blind,
        corpus: args.corpus.clone(),
    };
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    if let Some(warning) = of_manifest {
        context.warn(&warning);
    }
    let proxy = args.proxy.as_deref();
    let proxy = proxy
        .map(|proxy| context.manifest.address(proxy))
        .transpose()?;
    let options = SimulationOptions {
        instances: INSTANCES,
        batches: BATCHES,
        write_expect: None,
    };
    let simulated = simulate(context, &args.upgrade, options, Role::Proposer).await?;
    if let Some(problem) = simulated.plan.problems.first() {
        return Err(fails(problem).into());
    }
    require_not_refused(&simulated.checks)?;
    let report = fuzzed(&simulated, proxy, settings, fuzz, FuzzReport::record).await?;
    Ok(context.outcome(&report))
}

/// The author's declarations: in the manifest of the change, and as arguments.
fn all_declared(context: &Context, args: &FuzzArgs) -> Declared {
    let mut declared = declared(context, &args.upgrade.name);
    declared.differs.extend_from_slice(&args.differs);
    declared.holds.extend_from_slice(&args.holds);
    declared
}
