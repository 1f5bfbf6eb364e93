//! An upgrade, tried on a copy of the chain with the checks before it.

use super::action::resolve_action;
use super::check_options::CheckOptions;
use super::work::place::Planned;
use super::work::{Becomes, CodeFrom, Wanted, Work};
use super::{control, expectations, standing};
use crate::assess::{Finding, Role, decide};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::governance::{Call, DefinitionControl};
use crate::options::UpgradeArgs;
use crate::plan::{Plan, PlanRequest};
use crate::progress::Progress;
use crate::registry::{self, NewVersion, RecordedCode};
use crate::text::shell_word;
use futures::try_join;
use std::path::Path;

/// An upgrade that was tried on a copy.
pub struct SimulatedUpgrade<'a> {
    /// Its problems are those of the copy alone, without the accepted ones.
    pub plan: Plan,
    /// Accepted problems of the copy.
    pub taken: Vec<Finding>,
    /// The checks before the simulation.
    pub checks: Assessment,
    /// The accounts that can replace the code.
    pub control: Option<DefinitionControl>,
    /// The context, chain and registry that it was read from.
    pub session: Session<'a>,
    /// The request that was tried.
    pub request: PlanRequest,
}

/// The limits of a trial of an upgrade, and the file that it writes.
#[derive(Clone, Copy)]
pub struct SimulationOptions<'a> {
    /// Maximum number of instances to try.
    pub instances: u32,
    /// Maximum number of batches of complex migrations to try.
    pub batches: u64,
    /// The file for expectations of the upgrade.
    pub write_expect: Option<&'a Path>,
}

/// Tries the upgrade on a copy. Nothing is sent.
pub async fn simulate<'a>(
    context: &'a Context,
    args: &UpgradeArgs,
    options: SimulationOptions<'_>,
    role: Role,
) -> Result<SimulatedUpgrade<'a>> {
    let session = Session::reading(context).await?;
    let mut work = Work::of(session, (&args.name, &args.version), role).await?;
    let mut planned = Planned::default();
    let call: abi::migrateCall = match &args.source {
        Some(source) => {
            let code = (args.version.as_str(), CodeFrom::Source(source));
            let wanted = Wanted::of(code, Becomes::Current, (&args.step, &args.storage));
            let found = work.find(&wanted).await?;
            let resolved = work.check_found(found).await?;
            work.place(&resolved, &mut planned).await?.into()
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
                work.publish(&new, &mut planned).await?;
            }
            call
        }
    };
    let getters = match &options.write_expect {
        Some(_) => expectations::getters(session, &call, planned.document.as_ref()).await?,
        None => Vec::new(),
    };
    let documents = session
        .instance_documents(&args.name, options.instances)
        .await?;
    let request = PlanRequest {
        getters,
        documents,
        batches: options.batches,
        ..work.planned_request(planned, call, options.instances)
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
    // What was read on the chain is not told again of the copy.
    let mut checks = work.checks;
    let call = Call::Migrate(request.call.clone());
    let (found, control) = try_join!(
        standing::of_call(session, &call),
        control::of_definition(session, &args.name)
    )?;
    checks.extend(found);
    let is_known = |one: &Finding| {
        one.id.account().is_some() && checks.found().any(|other| other.id == one.id)
    };
    plan.problems.retain(|problem| !is_known(problem));
    let decided = decide(&plan.problems, &context.accepted(), role);
    let taken = decided.accepted;
    plan.problems
        .retain(|problem| !taken.iter().any(|other| other.id == problem.id));
    Ok(SimulatedUpgrade {
        plan,
        taken,
        checks,
        control,
        session,
        request,
    })
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
