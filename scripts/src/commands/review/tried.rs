//! Whether what an action runs succeeds: tried on a copy, as `plan` does. Declared and well-formed
//! calldata can still revert.

use super::super::facts::Place;
use super::created::created;
use crate::app_error::Error;
use crate::assess::{Finding, Part, Severity};
use crate::governance::{Call, GovernedCall};
use crate::model::StepKind;
use crate::names::Names;
use crate::plan::{
    Change, InstancePlan, Plan, PlanRequest, Verdict, limits_in_words, only_started, upgraded,
};
use crate::registry::runs;
use crate::review::{self, Created, TRIED, without_good_steps};
use crate::text::{count, shell_word};
use alloy::primitives::{Address, U256};

/// Instances that are tried, at most.
const INSTANCES: u32 = 16;

/// What a copy showed.
pub(in crate::commands) struct Tried {
    /// What would be created.
    pub(super) created: Option<Created>,
    /// A migration.
    pub(in crate::commands) plan: Option<Plan>,
}

/// Adds what a migration or a creation does on a copy, and takes back what was shown as good of steps that
/// fail there, or that were not carried out to their end.
pub(super) async fn add(
    place: Place<'_>,
    governed: &GovernedCall,
    findings: &mut Vec<Finding>,
) -> Result<Tried, Error> {
    let (context, client, registry) = place.parts();
    let Call::Migrate(migrate) = &governed.call else {
        let created = add_without_migration(place, governed, findings).await?;
        let plan = None;
        return Ok(Tried { created, plan });
    };
    let hash = migrate.code.layoutHash.into();
    let document = context.documents(client, registry).get(hash).await?;
    let document = document.into_value();
    let request = PlanRequest {
        layout: document.as_ref().map(|known| known.layout.clone()),
        layouts: place.instance_layouts(&migrate.name, INSTANCES).await?,
        document,
        ..place.plan_request(migrate.clone(), INSTANCES)
    };
    let tried = context.try_on_copy(client, request).await;
    if !tried
        .as_ref()
        .is_ok_and(|plan| plan.verdict().is_carried_out())
    {
        without_good_steps(findings);
    }
    let plan = match tried {
        Ok(plan) => {
            findings.extend(reported(&plan, &context.names()));
            Some(plan)
        }
        Err(error) => {
            let (name, version) = (shell_word(&migrate.name), shell_word(&migrate.version));
            let why = format!("the migration was not tried: {error}");
            findings.push(not_tried(&why, &name, &version));
            None
        }
    };
    let created = None;
    Ok(Tried { created, plan })
}

/// The same of everything but a migration: a creation is tried, and of a version or a way that is registered
/// only it is said that nobody runs it yet.
async fn add_without_migration(
    place: Place<'_>,
    governed: &GovernedCall,
    findings: &mut Vec<Finding>,
) -> Result<Option<Created>, Error> {
    if let Call::CreateProxy(call) = &governed.call {
        let created = created(place, call, findings).await?;
        return Ok(Some(created));
    }
    let way = governed.call.version();
    let Some((version, _, way)) = way.filter(|(_, _, way)| runs(way) != StepKind::None) else {
        return Ok(None);
    };
    let name = governed.call.definition();
    if place.reader().head(name).await?.current != version {
        let why = "the migration was not tried, no instance runs it now";
        findings.push(not_tried(why, &shell_word(name), &shell_word(version)));
        return Ok(None);
    }
    // A further way to what is current is open to the rollouts of anybody.
    without_good_steps(findings);
    let says = format!(
        "not checked: the migration was not tried; once it is registered, anybody's rollout runs it on instances \
         at {}",
        shell_word(&way.from)
    );
    findings.push(Finding::named(Part::Trial, Severity::Unknown, TRIED, says));
    Ok(None)
}

fn not_tried(why: &str, name: &str, version: &str) -> Finding {
    let says = format!("not checked: {why}; `stylus-upgrades plan {name} {version}` tries it");
    Finding::named(Part::Trial, Severity::Unknown, TRIED, says)
}

/// What an instance's storage holds before and after.
fn changes(instance: &InstancePlan, names: &Names) -> Option<Finding> {
    let words: Vec<String> = instance
        .changes
        .iter()
        .flat_map(Change::values)
        .map(|one| one.words())
        .collect();
    let says = || {
        format!(
            "instance {}: {}",
            names.long(instance.proxy),
            words.join("; ")
        )
    };
    let finding = || Finding::named(Part::Instances, Severity::Note, "storage-changes", says());
    (!words.is_empty()).then(finding)
}

fn reported(plan: &Plan, names: &Names) -> Vec<Finding> {
    let mut findings = plan.problems.clone();
    let moved: Vec<(Address, (U256, U256))> = plan
        .instances
        .iter()
        .filter_map(|one| Some((one.proxy, one.balance?)))
        .collect();
    let started = only_started(&plan.instances);
    findings
        .extend(started.map(|says| Finding::named(Part::Trial, Severity::Unknown, TRIED, says)));
    let upgraded = upgraded(&plan.instances);
    match plan.verdict() {
        Verdict::Fails | Verdict::NotTried | Verdict::OnlyStarted => {}
        Verdict::IsCurrent => {
            let Plan { name, to, .. } = plan;
            let says = format!("{name} {to} is current already: nothing would change");
            findings.push(Finding::named(Part::Trial, Severity::Note, TRIED, says));
        }
        verdict @ (Verdict::InPart | Verdict::DependsOnGas | Verdict::Whole) if upgraded > 0 => {
            let outside = match plan.others.is_empty() && moved.is_empty() {
                true => ", and beside registry and instances nothing changes",
                false => "",
            };
            let says = format!(
                "the upgrade succeeds on {}{outside}: alike with {} gas, on block {}",
                count(upgraded, "instance"),
                limits_in_words(&plan.limits),
                plan.block
            );
            findings.push(review::tried(says, &plan.reads, verdict == Verdict::Whole));
        }
        Verdict::DependsOnGas | Verdict::Whole if !plan.instances.is_empty() => {
            let says = "the call succeeds, and no instance changes its version";
            findings.push(Finding::named(Part::Trial, Severity::Note, TRIED, says));
        }
        Verdict::InPart | Verdict::DependsOnGas | Verdict::Whole => {}
    }
    findings.extend(plan.instances.iter().filter_map(|one| changes(one, names)));
    let beside = ("registry and instances", plan.others.as_slice());
    findings.extend(review::effects(&plan.reads, &moved, beside));
    if plan.instances.is_empty() || plan.untried > 0 {
        let Plan { tried, untried, .. } = plan;
        let says = format!("tried: {}; not tried: {untried}", count(*tried, "instance"));
        findings.push(Finding::named(Part::Trial, Severity::Unknown, TRIED, says));
    }
    findings
}
