//! `plan`: the whole upgrade tried on a copy of the chain's state, before anybody approves.

use super::args::{PlanArgs, UpgradeArgs};
use super::check_options::CheckOptions;
use super::checked::Checks;
use super::context::seen_by;
use super::doctor;
use super::expectations;
use super::pending::resolve_action;
use super::prelude::*;
use super::replay;
use super::shown::decoded;
use super::work::{Becomes, CodeFrom, Wanted, Work};
use crate::assess::{Finding, FindingId, Role, Severity, decide, told_once};
use crate::checks::Assessment;
use crate::expect::{Asks, Expectations};
use crate::functions::DecodedCall;
use crate::governance::Call;
use crate::model::{Role as Runs, Used};
use crate::plan::{
    self, Change, Event, InstancePlan, Plan, PlanRequest, Reads, Verdict, ether, limits_in_words,
    only_started,
};
use crate::progress::Progress;
use crate::registry::{self, NewVersion, RecordedCode};
use crate::text::{grouped, shell_word, utc};
use std::path::Path;

pub(super) async fn run(context: &Context, args: &PlanArgs) -> Result<Outcome> {
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    let ran = run_as(context, args, Role::Proposer, of_manifest).await?;
    Ok(context.outcome(&ran))
}

/// What `plan` reports.
#[derive(Serialize)]
pub(super) struct Ran {
    #[serde(flatten)]
    pub(super) plan: Plan,
    #[serde(flatten)]
    pub(super) checks: Checks,
    /// The verdict of the whole plan.
    verdict: Verdict,
    /// The gas of all transactions.
    gas: u64,
    /// Whether no finding blocks it.
    ok: bool,
    /// Why it would fail, if it would.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    /// Programs that expire soon or do not run.
    pub(super) warnings: Vec<Finding>,
    /// The migration, in words.
    pub(super) decoded: Vec<DecodedCall>,
    /// What past transactions do with the version; absent if they were not wanted, null if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<Option<plan::Replay>>,
    /// What the copy and past transactions on it showed, even if an earlier check refuses.
    #[serde(skip)]
    pub(super) simulation: Verdict,
    /// Whether the missing past transactions refuse it.
    #[serde(skip)]
    is_refused: bool,
}

impl CommandReport for Ran {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = lines(&self.plan, &self.decoded, names);
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
        // The refusal and the next step come last.
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
pub(super) async fn run_as(
    context: &Context,
    args: &PlanArgs,
    role: Role,
    of_manifest: Option<Finding>,
) -> Result<Ran> {
    let options = SimulationOptions {
        instances: args.instances,
        write_expect: args.write_expect.as_deref(),
    };
    let simulated = simulate(context, &args.upgrade, options, role).await?;
    let replay = match args.replay {
        Some(count) => replay::run(&simulated, (count, args.replay_blocks)).await?,
        None => None,
    };
    let SimulatedUpgrade {
        mut plan,
        mut taken,
        mut checks,
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
    let simulation = match is_refused {
        true => Verdict::Fails,
        false => plan.verdict(),
    };
    taken.extend(decided.accepted);
    checks.coverage.merge(&seen_by(of_manifest.as_ref()));
    let refused = match plan.problems.is_empty() {
        true => checks.refusal().map(|refused| Report::of(&refused)),
        false => None,
    };
    plan.problems.extend(checks.decision().refused);
    plan.problems.extend(decided.refused);
    let decoded = decoded(session, &Call::Migrate(request.call.clone())).await?;
    let mut checks = Checks::of(&checks);
    let of_gas: Vec<Finding> = plan.reads.iter().filter_map(Reads::reads_gas).collect();
    let needless = accepts.iter().filter(|id| {
        let is_told_here = id.is_of_a_trial() || **id == FindingId::MANIFEST_UNREVIEWED;
        let mut found = taken.iter().chain(&of_gas);
        is_told_here && !found.any(|one| one.id == **id)
    });
    checks.needless.extend(needless.cloned());
    checks.accepted.extend(taken);
    let mut warnings = doctor::warn(session, used(&request)).await?;
    let changed = of_manifest.filter(|one| one.severity == Severity::Warning);
    if let Some(one) = &changed {
        context.warn(one);
    }
    warnings.extend(changed);
    let first = plan.problems.first().map(|problem| Report::of(problem));
    Ok(Ran {
        verdict: plan.verdict(),
        gas: plan.gas(),
        ok: plan.problems.is_empty(),
        error: refused.or(first),
        plan,
        simulation,
        checks,
        warnings,
        decoded,
        replay: args.replay.map(|_| replay),
        is_refused,
    })
}

/// An upgrade that was tried on a copy.
pub(super) struct SimulatedUpgrade<'a> {
    /// Its problems are those of the copy alone, without the accepted ones.
    pub(super) plan: Plan,
    /// Accepted problems of the copy.
    pub(super) taken: Vec<Finding>,
    /// The checks before the simulation.
    pub(super) checks: Assessment,
    /// Where it was read.
    pub(super) session: Session<'a>,
    /// What was tried.
    pub(super) request: PlanRequest,
}

/// How an upgrade is tried.
#[derive(Clone, Copy)]
pub(super) struct SimulationOptions<'a> {
    /// Maximum number of instances to try.
    pub(super) instances: u32,
    /// The file for expectations of the upgrade.
    pub(super) write_expect: Option<&'a Path>,
}

/// Tries the upgrade on a copy. Nothing is sent.
pub(super) async fn simulate<'a>(
    context: &'a Context,
    args: &UpgradeArgs,
    options: SimulationOptions<'_>,
    role: Role,
) -> Result<SimulatedUpgrade<'a>> {
    let session = Session::reading(context).await?;
    let mut work = Work::dry(session, (&args.name, &args.version)).await?;
    work.checks.role = role;
    let call: abi::migrateCall = match &args.source {
        Some(source) => {
            let code = (args.version.as_str(), CodeFrom::Source(source));
            let wanted = Wanted::of(code, Becomes::Current, (&args.step, &args.storage));
            work.version(&wanted).await?.into()
        }
        None if !args.step.is_empty() => return Err(step_without_code(args)),
        None => {
            let call = match open(&work, args).await? {
                Some(call) => call,
                None => known(&work, &args.version)?,
            };
            let options = CheckOptions {
                layout: args.storage.layout.as_deref(),
                ..CheckOptions::of(role)
            };
            let code = RecordedCode::from(&call.code);
            let proposed = Call::Migrate(call.clone());
            if let Some(new) = work.check_proposed(&proposed, code, options).await? {
                work.publish(&new).await?;
            }
            call
        }
    };
    let getters = match &options.write_expect {
        Some(_) => expectations::getters(session, &call, work.document.as_ref()).await?,
        None => Vec::new(),
    };
    let layouts = session
        .instance_layouts(&args.name, options.instances)
        .await?;
    let request = PlanRequest {
        getters,
        layouts,
        ..work.plan_request(call, options.instances)
    };
    let what = format!("trying {} {}", args.name, args.version);
    context.output.begin(&what);
    let plan = context
        .simulate_on_copy(session.registry.client, request.clone())
        .await;
    context.output.end(&what);
    let mut plan = plan?;
    if let Some(path) = options.write_expect
        && plan.problems.is_empty()
    {
        expectations::write(&plan, path)?;
    }
    let decided = decide(&plan.problems, &context.accepted(), role);
    let taken = decided.accepted;
    plan.problems
        .retain(|one| !taken.iter().any(|other| other.id == one.id));
    Ok(SimulatedUpgrade {
        plan,
        taken,
        checks: work.checks,
        session,
        request,
    })
}

/// Programs that an upgrade needs, except those that it would deploy itself.
fn used(request: &PlanRequest) -> Vec<Used> {
    let (call, step) = (&request.call, &request.call.step);
    let check = request.expected.as_ref().map(Expectations::account);
    let new = request.undeployed.iter().map(|(new, _)| *new);
    let new: Vec<Address> = new.chain(check).chain([Address::ZERO]).collect();
    let role = match registry::named(step) {
        registry::Named::Check(_) => Runs::Check,
        _ => Runs::Script,
    };
    let of = format!("{} {}", call.name, call.version);
    let all = [
        (call.code.implementation, Runs::Implementation),
        (step.script, role),
    ];
    let all = all.into_iter();
    let all = all.filter(|(account, _)| !new.contains(account));
    all.map(|(account, role)| Used {
        account,
        role,
        of: of.clone(),
    })
    .collect()
}

fn step_without_code(args: &UpgradeArgs) -> Error {
    let (name, version) = (shell_word(&args.name), shell_word(&args.version));
    Error::Usage {
        message: "migration flags are given without the code of the version".into(),
        expected: "both, or neither".into(),
        found: "no code".into(),
        next: format!("stylus-upgrades plan {name} {version} SOURCE --call …"),
    }
}

/// The proposed migration: the one that is named, or the only one.
async fn open(work: &Work<'_>, args: &UpgradeArgs) -> Result<Option<abi::migrateCall>> {
    let action = match &args.action {
        Some(text) => Some(resolve_action(work.session, text).await?),
        None => None,
    };
    let mut proposed = work.proposed(&args.version);
    let ids: Vec<String> = proposed.iter().map(|(id, _)| id.to_string()).collect();
    proposed.retain(|(id, _)| action.is_none_or(|action| action == *id));
    let mut proposed = proposed.into_iter();
    match (proposed.next(), proposed.next(), action) {
        (Some((_, call)), None, _) => Ok(Some(call)),
        (None, _, None) => Ok(None),
        (one, _, _) => Err(Error::Usage {
            message: match one {
                Some(_) => format!(
                    "several open actions lead to {} {}",
                    args.name, args.version
                ),
                None => format!("no such action leads to {} {}", args.name, args.version),
            },
            expected: format!("one of {}", ids.join(", ")),
            found: action.map_or_else(|| "none named".into(), |action| action.to_string()),
            next: "give --action ID; stylus-upgrades pending lists open actions".into(),
        }),
    }
}

/// The migration to a version that is registered already.
fn known(work: &Work<'_>, version: &str) -> Result<abi::migrateCall> {
    let Some(known) = &work.known else {
        return Err(Error::Usage {
            message: format!("{} {version} is neither proposed nor registered", work.name),
            expected: "the code of the version, or a version that the registry knows".into(),
            found: version.into(),
            next: format!(
                "stylus-upgrades plan {} {} SOURCE",
                shell_word(&work.name),
                shell_word(version)
            ),
        });
    };
    let way = known.steps.iter().find(|step| step.from == work.current);
    let step = way.or(known.steps.first()).cloned();
    Ok(NewVersion {
        name: work.name.clone(),
        version: version.into(),
        code: known.code.into(),
        step: step.unwrap_or_else(registry::initial),
    }
    .into())
}

fn lines(plan: &Plan, decoded: &[DecodedCall], names: &Names) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} → {}, tried at block {} ({}), ArbOS {}",
        plan.name,
        plan.from,
        plan.to,
        plan.block,
        utc(plan.time),
        plan.arbos
    )];
    lines.extend(plan.display.lines());
    let in_words = decoded.iter().flat_map(DecodedCall::lines);
    lines.extend(in_words.map(|line| format!("  {line}")));
    lines.push(format!(
        "  {:<13} {} bytes on chain",
        "code", plan.code_bytes
    ));
    let asks = plan.expectations.iter().flat_map(Asks::lines);
    lines.extend(asks.map(|line| format!("  {line}")));
    lines.push(format!("approvals: {}", plan.policy.named));
    lines.extend(plan.policy.lines.iter().map(|line| format!("  {line}")));
    for transaction in &plan.transactions {
        let gas = grouped(transaction.gas);
        lines.push(format!("  → {:<64} {gas:>12} gas", transaction.name));
    }
    lines.push(format!("  {:<66} {:>12} gas", "total", grouped(plan.gas())));
    for instance in &plan.instances {
        lines.extend(instance_lines(instance, names));
    }
    for one in &plan.others {
        lines.push(format!("! also changes another account: {}", one.words()));
        lines.extend(change_lines(&one.changes));
        lines.extend(event_lines(&one.events));
    }
    let difference = plan.state_difference.iter();
    lines.extend(difference.map(|hash| format!("state difference {hash}")));
    let gas: Vec<String> = plan.reads.iter().filter_map(Reads::of_gas).collect();
    lines.extend(gas.iter().map(|says| format!("! {says}")));
    let of_gas = plan.reads.iter().find_map(Reads::reads_gas);
    let next = of_gas.and_then(|one| one.next);
    lines.extend(next.map(|next| format!("    next      {next}")));
    let calls = plan.reads.iter().filter_map(Reads::of_calls);
    lines.extend(calls.map(|says| format!("! {says}")));
    let others = plan.reads.iter().filter_map(Reads::of_others);
    lines.extend(others.map(|says| format!("· {says}")));
    let started = only_started(&plan.instances);
    lines.extend(started.iter().map(|says| format!("! {says}")));
    if plan.untried > 0 {
        lines.push(format!("! {}", plan::not_tried(plan.untried)));
    }
    lines.extend(verdict(plan, !gas.is_empty()));
    lines
}

/// The verdict. A tick means that every instance was tried to the end.
fn verdict(plan: &Plan, reads_gas: bool) -> Option<String> {
    let verdict = plan.verdict();
    let says = verdict.words()?;
    Some(match verdict {
        Verdict::InPart | Verdict::DependsOnGas if reads_gas => format!(
            "! would succeed with {} gas; the result with other gas limits is unknown",
            limits_in_words(&plan.limits)
        ),
        _ if verdict.is_carried_out() => format!("✓ {says}"),
        _ => format!("! {says}"),
    })
}

fn instance_lines(instance: &InstancePlan, names: &Names) -> Vec<String> {
    let InstancePlan {
        proxy, from, to, ..
    } = instance;
    let proxy = names.long(*proxy);
    let mut lines = vec![match from == to {
        true => format!("instance {proxy}  stays at {from}"),
        false => format!("instance {proxy}  {from} → {to}"),
    }];
    lines.extend(change_lines(&instance.changes));
    if let Some(wei) = instance.balance {
        lines.push(format!("  ! ether: {}", ether(wei)));
    }
    lines.extend(event_lines(&instance.events));
    lines
}

fn change_lines(changes: &[Change]) -> impl Iterator<Item = String> {
    let values = changes.iter().flat_map(Change::values);
    values.map(|one| format!("  {}", one.words()))
}

fn event_lines(events: &[Event]) -> impl Iterator<Item = String> {
    events.iter().map(|event| format!("  emits {}", event.what))
}
