//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use super::replay::both;
use super::spec::{Governs, Group, Spec, report_type};
use crate::app_error::Error;
use crate::assess::Role;
use crate::context::{Context, key};
use crate::fuzz::{FuzzReport, FuzzRequest, Fuzzed, Settings, fuzz};
use crate::manifest::Declared;
use crate::options::INSTANCES;
use crate::options::UpgradeArgs;
use crate::output::Outcome;
use crate::pipeline::checked::require_not_refused;
use crate::pipeline::simulated_upgrade::{SimulatedUpgrade, SimulationOptions, simulate};
use crate::plan::{Abis, fails};
use crate::progress::Progress;
use crate::text::seconds;
use alloy::primitives::Address;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The default of `--seed`.
pub(crate) const SEED: u64 = 1;

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

/// A time span with its unit.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let time = seconds(text).filter(|seconds| *seconds > 0);
    time.map(Duration::from_secs)
        .ok_or_else(|| "write it as 30s, 5m or 2h".to_owned())
}

/// Searches for calls that the upgrade changes.
pub(crate) async fn run(context: &Context, args: &FuzzArgs) -> Result<Outcome, Error> {
    let settings = Settings {
        seed: args.seed,
        runs: args.runs,
        time: args.time(),
        declared: declared(context, &args.upgrade.name, &args.differs, &args.holds),
        blind: args.blind,
        corpus: args.corpus.clone(),
    };
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    if let Some(one) = of_manifest {
        context.warn(&one);
    }
    let proxy = args.proxy.as_deref();
    let proxy = proxy
        .map(|proxy| context.manifest.address(proxy))
        .transpose()?;
    let options = SimulationOptions {
        instances: INSTANCES,
        write_expect: None,
    };
    let simulated = simulate(context, &args.upgrade, options, Role::Proposer).await?;
    if let Some(problem) = simulated.plan.problems.first() {
        return Err(fails(problem).into());
    }
    require_not_refused(&simulated.checks)?;
    let report = of_simulated(&simulated, proxy, settings).await?;
    Ok(context.outcome(&report))
}

/// The author's declarations: in the manifest of the change, and as arguments.
pub(crate) fn declared(
    context: &Context,
    name: &str,
    differs: &[String],
    holds: &[String],
) -> Declared {
    let mut declared = context.manifest.fuzz.get(name).cloned().unwrap_or_default();
    declared.differs.extend_from_slice(differs);
    declared.holds.extend_from_slice(holds);
    declared
}

/// Fuzzes an upgrade that succeeds on the copy.
pub(crate) async fn of_simulated(
    simulated: &SimulatedUpgrade<'_>,
    proxy: Option<Address>,
    settings: Settings,
) -> Result<FuzzReport, Error> {
    let is_remembered = !settings.blind && !simulated.session.context.global.dry_run;
    let (client, planned) = (simulated.session.registry.client, &simulated.plan);
    let output = &simulated.session.context.output;
    let [before, after] = both(simulated).await?;
    let instances: Vec<Address> = planned.instances.iter().map(|one| one.proxy).collect();
    let request = FuzzRequest {
        layouts: [before.layout, after.layout],
        abis: Abis {
            before: before.functions,
            after: after.functions,
        },
        steps: before.steps.with(&after.steps),
        plan: simulated.request.clone(),
        proxy,
        settings,
    };
    let what = format!("fuzzing {} {}", planned.name, planned.to);
    output.begin(&what);
    let report = fuzz(client, request, &instances).await;
    output.end(&what);
    let (report, call) = (report?, &simulated.request.call);
    let key = key(client.registry(simulated.request.registry)).await;
    if let Some(registry) = key.filter(|_| is_remembered) {
        Fuzzed::remember(&report, registry, &call.code, &call.step);
    }
    Ok(report)
}
