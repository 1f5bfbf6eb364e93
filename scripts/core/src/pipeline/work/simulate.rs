//! A version that is only planned: what it would be on the chain, tried on a copy with the approvals that it needs.

use super::place::Planned;
use super::{Becomes, Resolved, Wanted, Work};
use crate::assess::{Finding, FindingKind};
use crate::checks::Assessment;
use crate::context::prelude::*;
use crate::error::Report;
use crate::governance::require_approver;
use crate::options::INSTANCES;
use crate::pipeline::confirm;
use crate::plan::{InstancePlan, Plan, PlanRequest, Reads, fails, only_started};
use crate::progress::Progress;
use crate::registry::NewVersion;
use crate::text::count;

/// A version that is only planned, before anything is sent for it.
pub(crate) struct Trial {
    planned: Planned,
    pub(crate) version: NewVersion,
}

impl Work<'_> {
    /// Plans a version as it would be on the chain, with everything that is missing there.
    ///
    /// # Errors
    /// Errors of the chain.
    pub(crate) async fn trial(&self, resolved: &Resolved<'_>) -> Result<Trial> {
        let mut planned = Planned::default();
        let version = self.place(resolved, &mut planned).await?;
        Ok(Trial { planned, version })
    }
}

impl Trial {
    /// Tries a migration, and adds what the copy shows to the checks. If it cannot be tried, prints a warning and
    /// continues: only gas is at risk. Where its author declares what it moves, the trial is the only evidence, so it is
    /// refused unless all of that is accepted.
    ///
    /// # Errors
    /// The refusal that the registry would give.
    pub(crate) async fn run(
        self,
        work: &Work<'_>,
        wanted: &Wanted<'_>,
        checks: &mut Assessment,
    ) -> Result<()> {
        let (session, context) = (work.session, work.session.context);
        let call: abi::migrateCall = self.version.clone().into();
        let mut request = PlanRequest {
            batches: wanted.batches,
            ..work.planned_request(self.planned, call, INSTANCES)
        };
        let call = wanted.becomes.call(self.version);
        if !request.inactive.is_empty() {
            // Anybody may activate it, but it is paid for before the registry refuses the key.
            // Once the others have approved it, anybody may send it.
            let role = (work.name.as_str(), confirm::MIGRATE);
            let proposed = work.open.iter().find(|open| open.call == call);
            let approved = proposed.map_or(&[][..], |open| &open.readiness.approved);
            require_approver(session.registry, "a rollback", role, approved).await?;
        }
        if wanted.becomes != Becomes::Current || wanted.initial {
            return Ok(());
        }
        // Whether a migration moves what its author declares, only a copy shows.
        let document = request.document.as_ref();
        let mut declared = document.map_or(Vec::new(), |one| one.migrates.clone());
        request.documents = session.instance_documents(&work.name, INSTANCES).await?;
        let accepted = context.accepted();
        let title = format!("trying {} {}", work.name, wanted.version);
        context.output.begin_on_terminal(&title);
        let tried = context.simulate_on_copy(session.registry.client, request);
        let tried = tried.await;
        context.output.end("");
        match tried {
            Ok(plan) => {
                if let Some(why) = only_started(&plan.instances) {
                    context.note(why);
                }
                if let Some(finding) = plan.stuck.clone()
                    && !accepted.covers(&FindingKind::WouldFail.id())
                {
                    return Err(stuck(finding).into());
                }
                note_values(context, &plan);
                add_tried(&plan, checks);
            }
            Err(error) => {
                declared.retain(|one| !accepted.iter().any(|id| *id == **one));
                if declared.is_empty() {
                    untried(context, &error);
                    return Ok(());
                }
                let next = Report::of(&error).next().unwrap_or_default();
                let accept = declared.join(",");
                let next = format!("{next}; to send it untried: --accept {accept}");
                let says = format!("what the migration is declared to move was not tried: {error}");
                return Err(Refusal::of(&error).saying(says).advising(next).into());
            }
        }
        Ok(())
    }
}

/// The refusal of a call that the registry would refuse.
fn stuck(mut finding: Finding) -> Refusal {
    // A registered version never changes: sent later, it would fail as well.
    if !fails(&finding).is("VersionExists") {
        let next = finding.next.unwrap_or_default();
        let sends = "to send it anyway: --accept would-fail";
        finding.next = Some(format!("{next}; {sends}"));
    }
    fails(&finding)
}

fn untried(context: &Context, error: &impl std::fmt::Display) {
    context.note(format!("warning: it was not tried on a copy: {error}"));
}

/// Values of an upgrade that are shown before it is sent; `--full` shows all.
const VALUES_SHOWN: usize = 8;

/// Shows the values of the contract that a migration writes to the instances.
fn note_values(context: &Context, plan: &Plan) {
    let names = context.names();
    let of_instance = |instance: &InstancePlan| {
        let name = names.short(instance.proxy);
        let values = instance.written_values();
        let values = values.contract.into_iter();
        values
            .map(|value| format!("  {name}  {value}"))
            .collect::<Vec<_>>()
    };
    let lines: Vec<String> = plan.instances.iter().flat_map(of_instance).collect();
    let shown = if context.global.full {
        lines.len()
    } else {
        VALUES_SHOWN
    };
    lines.iter().take(shown).for_each(|line| context.note(line));
    let left = lines.len().saturating_sub(shown);
    if left > 0 {
        context.note(format!(
            "  and {} (--full shows all)",
            count(left, "more value")
        ));
    }
}

/// Adds what a copy showed of a migration to the checks, except that the call itself is refused.
fn add_tried(plan: &Plan, checks: &mut Assessment) {
    let problems = plan.problems.iter();
    let problems = problems.filter(|problem| Some(*problem) != plan.stuck.as_ref());
    checks.extend(problems.cloned());
    checks.extend(plan.notes.iter().cloned());
    checks.extend(plan.reads.iter().filter_map(Reads::reads_gas));
}

/// A proposed migration to be tried, whose code is on the chain.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn of_proposed(
    session: Session<'_>,
    migrate: &abi::migrateCall,
) -> Result<PlanRequest> {
    let hash = migrate.code.layoutHash.into();
    let document = session.documents().get(hash).await?.into_value();
    Ok(PlanRequest {
        layout: document.as_ref().map(|known| known.layout.clone()),
        documents: session.instance_documents(&migrate.name, INSTANCES).await?,
        document,
        ..session.plan_request(migrate.clone(), INSTANCES)
    })
}

/// Tries a migration that somebody proposed, and adds what the copy shows to the checks of an approver. What the
/// registry would refuse is told when the call is prepared.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn try_proposed(
    session: Session<'_>,
    migrate: &abi::migrateCall,
    checks: &mut Assessment,
) -> Result<()> {
    let Session { context, registry } = session;
    let request = PlanRequest {
        initializers: checks.initializers(),
        ..of_proposed(session, migrate).await?
    };
    match context.simulate_on_copy(registry.client, request).await {
        Ok(plan) => {
            note_values(context, &plan);
            add_tried(&plan, checks);
        }
        Err(error) => untried(context, &error),
    }
    Ok(())
}
