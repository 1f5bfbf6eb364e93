//! `plan`: the whole upgrade tried on a copy of the chain's state, before anybody approves.

mod grouped;
mod shown;

use super::replay;
use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::{Finding, Role, Severity, decide, told_once};
use crate::context::prelude::*;
use crate::context::seen_by;
use crate::cost::Gas;
use crate::functions::DecodedCall;
use crate::governance::{Call, DefinitionControl};
use crate::migration::BATCHES;
use crate::options::{INSTANCES, UpgradeArgs};
use crate::pipeline::checked::Checks;
use crate::pipeline::shown::decoded;
use crate::pipeline::simulated_upgrade::{SimulatedUpgrade, SimulationOptions, simulate};
use crate::plan::{self, Plan, REPLAY_BLOCKS_MAX, Reads, Verdict};
use clap::Args;
use shown::lines;
use std::path::PathBuf;

/// `plan`.
pub(crate) static SPEC: Spec<PlanArgs> = Spec {
    name: "plan",
    about: "Try a whole upgrade on a copy of the chain's state: what changes, and why it would fail",
    group: Group::Upgrade,
    examples: &[
        "plan Counter 2.0 .",
        "plan Counter 2.0 . --call 'migrate(uint256)' 5",
        "plan Counter 2.0 --replay 100",
    ],
    writes: |args| args.write_expect.as_ref().map(|_| "--write-expect"),
    governed: Governs::Never,
    reports: || vec![report_type::<Ran>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// An upgrade to be tried.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Maximum number of instances to try
    #[arg(long, value_name = "NUMBER", default_value_t = INSTANCES)]
    pub instances: u32,
    /// Maximum number of batches of complex migrations to try, in 60 s for 500
    #[arg(long, value_name = "NUMBER", default_value_t = BATCHES)]
    pub batches: u64,
    /// Send the newest NUMBER transactions to the instances again, on a copy of the chain before them
    /// with the upgrade and on one without it, and report what differs
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub replay: Option<u32>,
    /// Maximum number of blocks to search for them; each takes one request
    #[arg(long, value_name = "NUMBER", requires = "replay", default_value_t = REPLAY_BLOCKS_MAX,
          value_parser = clap::value_parser!(u64).range(1..=REPLAY_BLOCKS_MAX))]
    pub replay_blocks: u64,
    /// Write expectations of the upgrade, for --expect: what the getters of both versions must return
    #[arg(long, value_name = "FILE", conflicts_with = "expect")]
    pub write_expect: Option<PathBuf>,
    /// The upgrade.
    #[command(flatten)]
    pub upgrade: UpgradeArgs,
}

pub(crate) async fn run(context: &Context, args: &PlanArgs) -> Result<Outcome> {
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    let ran = run_as(context, args, Role::Proposer, of_manifest).await?;
    Ok(context.outcome(&ran))
}

/// The report of `plan`.
#[derive(Serialize)]
pub struct Ran {
    /// The effects that the upgrade would have.
    #[serde(flatten)]
    pub plan: Plan,
    /// The accounts that can replace the code.
    pub control: Option<DefinitionControl>,
    /// The results of the checks.
    #[serde(flatten)]
    pub checks: Checks,
    /// The verdict of the whole plan.
    verdict: Verdict,
    /// The gas of all transactions.
    #[serde(flatten)]
    gas: Gas,
    /// True if no finding blocks it.
    ok: bool,
    /// The reason why it would fail, if it would.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    /// Of the file that names the registry.
    pub warnings: Vec<Finding>,
    /// The migration, in words.
    pub decoded: Vec<DecodedCall>,
    /// The effects of the version on past transactions; absent if they were not wanted, null if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Option<plan::Replay>>,
    /// The verdict of the copy and of past transactions on it, even if an earlier check refuses.
    #[serde(skip)]
    pub simulation: Verdict,
    #[serde(skip)]
    is_full: bool,
    /// True if the missing past transactions refuse it.
    #[serde(skip)]
    is_refused: bool,
}

impl CommandReport for Ran {
    fn lines(&self, names: &Names) -> Vec<String> {
        let control = self.control.as_ref();
        let mut lines = lines(&self.plan, control, &self.decoded, self.is_full, names);
        match &self.replay {
            Some(Some(replay)) => lines.extend(replay::lines(replay, names)),
            Some(None) => {
                let mark = if self.is_refused { '✗' } else { '!' };
                lines.push(format!("{mark} {}", plan::Replay::nothing().message));
            }
            None => {}
        }
        let mut of_checks = self.checks.lines();
        of_checks.retain(|line| !lines.contains(line));
        lines.extend(of_checks);
        lines.extend(self.plan.notes.iter().flat_map(Finding::lines));
        // The refusals, each with what to do next, come last.
        let problems = told_once(&self.plan.problems);
        let problems: Vec<String> = problems.iter().flat_map(Finding::lines).collect();
        lines.retain(|line| !problems.contains(line));
        lines.extend(problems);
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.error.as_ref())
    }
}

/// Plans for any role. `of_manifest` has the findings about the file that names the registry.
pub async fn run_as(
    context: &Context,
    args: &PlanArgs,
    role: Role,
    of_manifest: Option<Finding>,
) -> Result<Ran> {
    let options = SimulationOptions {
        instances: args.instances,
        batches: args.batches,
        write_expect: args.write_expect.as_deref(),
    };
    if args.replay.is_some() {
        context.program.wings.laboratory(replay::FLAG)?;
    }
    let simulated = simulate(context, &args.upgrade, options, role).await?;
    let replay = match args.replay {
        Some(count) => replay::run(&simulated, (count, args.replay_blocks)).await?,
        None => None,
    };
    let SimulatedUpgrade {
        mut plan,
        mut taken,
        mut checks,
        control,
        session,
        request,
    } = simulated;
    let accepts = context.accepted();
    // Findings besides the copy: about the file that names the registry, and of past transactions.
    let mut beside: Vec<Finding> = of_manifest.clone().into_iter().collect();
    let of_replay = match (&replay, args.replay) {
        (Some(replay), _) => replay.problem(),
        (None, Some(_)) if role != Role::Reader => Some(plan::Replay::nothing()),
        (None, _) => None,
    };
    let is_refused = of_replay
        .as_ref()
        .is_some_and(|one| !accepts.contains(&one.id));
    beside.extend(of_replay);
    let decided = decide(&beside, &accepts, role);
    let simulation = if is_refused {
        Verdict::Fails
    } else {
        plan.verdict()
    };
    taken.extend(decided.accepted);
    checks.coverage.merge(&seen_by(of_manifest.as_ref()));
    let refused = if plan.problems.is_empty() {
        checks.refusal().map(|refused| Report::of(&refused))
    } else {
        None
    };
    plan.problems.extend(checks.decision().refused);
    plan.problems.extend(decided.refused);
    let decoded = decoded(session, &Call::Migrate(request.call.clone())).await?;
    let mut checks = Checks::of(&checks);
    let of_gas: Vec<Finding> = plan.reads.iter().filter_map(Reads::reads_gas).collect();
    of_gas.iter().for_each(|one| {
        accepts.covers(&one.id);
    });
    checks.accepted.extend(taken);
    let changed = of_manifest.filter(|one| one.severity == Severity::Warning);
    if let Some(one) = &changed {
        context.warn(one);
    }
    let warnings: Vec<Finding> = changed.into_iter().collect();
    let first = plan.problems.first().map(|problem| Report::of(problem));
    Ok(Ran {
        verdict: plan.verdict(),
        gas: plan.gas(),
        ok: plan.problems.is_empty(),
        error: refused.or(first),
        plan,
        control,
        simulation,
        checks,
        warnings,
        decoded,
        replay: args.replay.map(|_| replay),
        is_full: context.global.full,
        is_refused,
    })
}
