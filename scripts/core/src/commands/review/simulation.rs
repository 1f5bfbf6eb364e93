//! Trials of the code that an action runs, on a copy, as in `plan`. Declared and well-formed calldata can still revert.

use crate::assess::{Fact, Finding, FindingKind, Part, Severity};
use crate::context::prelude::*;
use crate::governance::{Call, Given, GovernedCall, kind_in_words};
use crate::layout::Initializers;
use crate::model::StepKind;
use crate::pipeline::creation::request;
use crate::pipeline::work::simulate::of_proposed;
use crate::plan::{
    Creation, InstancePlan, Plan, Verdict, creation, limits_in_words, only_started, upgraded,
};
use crate::registry::runs;
use crate::review::{self, Created, without_good_steps};
use crate::text::{count, shell_word};

/// The results on a copy.
pub struct ReviewSimulation {
    /// The instance that would be created.
    pub created: Option<Created>,
    /// A migration.
    pub plan: Option<Plan>,
}

/// Adds what a migration or a creation does on a copy. Steps that fail there, or that do not run to their end,
/// lose their good mark.
pub(super) async fn add(
    session: Session<'_>,
    governed: &GovernedCall,
    findings: &mut Vec<Finding>,
) -> Result<ReviewSimulation> {
    let context = session.context;
    let client = session.registry.client;
    let Call::Migrate(migrate) = &governed.call else {
        let created = add_without_migration(session, governed, findings).await?;
        let plan = None;
        return Ok(ReviewSimulation { created, plan });
    };
    let request = of_proposed(session, migrate).await?;
    let simulated = context.simulate_on_copy(client, request).await;
    if !simulated
        .as_ref()
        .is_ok_and(|plan| plan.verdict().is_carried_out())
    {
        without_good_steps(findings);
    }
    let plan = match simulated {
        Ok(plan) => {
            findings.extend(reported(&plan, &context.names()));
            Some(plan)
        }
        Err(error) => {
            let why = format!("the migration was not tried: {error}");
            findings.push(not_tried(&why, &migrate.name, &migrate.version));
            None
        }
    };
    let created = None;
    Ok(ReviewSimulation { created, plan })
}

/// Adds the same for other calls than migrations: a creation is tried; a version or a step that is only registered does
/// not run yet, and a finding says so.
async fn add_without_migration(
    session: Session<'_>,
    governed: &GovernedCall,
    findings: &mut Vec<Finding>,
) -> Result<Option<Created>> {
    if let Call::CreateProxy(call) = &governed.call {
        let created = created(session, call, findings).await?;
        return Ok(Some(created));
    }
    let way = governed.call.version();
    let Some((version, _, way)) = way.filter(|(_, _, way)| runs(way) != StepKind::None) else {
        return Ok(None);
    };
    let name = governed.call.definition();
    if session.registry.head(name).await?.current != version {
        let why = "the migration was not tried, no instance runs it now";
        findings.push(not_tried(why, name, version));
        return Ok(None);
    }
    // A rollout can use a further step to the current version, and anybody can run one.
    without_good_steps(findings);
    let says = format!(
        "not checked: the migration was not tried; once it is registered, anybody can run it on instances at {} \
         (rollout)",
        shell_word(&way.from)
    );
    findings.push(told(Severity::Unknown, says));
    Ok(None)
}

/// Tries the creation of an instance, and adds the result to `findings`.
async fn created(
    session: Session<'_>,
    call: &abi::createProxyCall,
    findings: &mut Vec<Finding>,
) -> Result<Created> {
    let registry = session.registry;
    let code = session
        .registry
        .known_version(&call.name, &call.version)
        .await?
        .map(|one| one.code);
    let layout = match code {
        Some(code) => session.documents().get(code.layout).await?,
        None => Fact::unknown("the version is not registered"),
    };
    let layout = layout.into_value().map(|known| known.layout);
    // Which initializers stay open, the checks say.
    let request = request(session, call, (layout, Initializers::default())).await?;
    let mut created = Created {
        definition: call.name.clone(),
        version: call.version.clone(),
        kind: kind_in_words(call.kind),
        implementation: code.map(|code| code.implementation),
        codehash: code.map(|code| code.codehash),
        tried: None,
    };
    match creation(registry.client, request).await {
        Ok(simulated) => {
            findings.extend(given(&simulated.given));
            findings.push(match &simulated.problem {
                Some(problem) => problem.clone(),
                None => {
                    let says = if call.initData.is_empty() {
                        "the instance is created, and no initializer runs".into()
                    } else {
                        succeeds(&simulated)
                    };
                    review::tried(says, &simulated.reads, true)
                }
            });
            let own = simulated.balance.map(|wei| (simulated.proxy, wei));
            let beside = ("registry and proxy", simulated.others.as_slice());
            findings.extend(review::effects(&simulated.reads, own.as_slice(), beside));
            created.tried = Some(simulated);
        }
        Err(error) => {
            let says = format!("not checked: the creation was not tried: {error}");
            findings.push(told(Severity::Unknown, says));
        }
    }
    Ok(created)
}

/// The result, and what it depends on.
fn succeeds(simulated: &Creation) -> String {
    let outside = if simulated.others.is_empty() && simulated.balance.is_none() {
        ", and only the registry and the proxy change"
    } else {
        ""
    };
    format!(
        "the instance is created, and its initializer succeeds{outside}: the same with {} gas. \
         Code that reads gas, time, fee or sender may behave differently",
        limits_in_words(&simulated.limits)
    )
}

fn not_tried(why: &str, name: &str, version: &str) -> Finding {
    let (name, version) = (shell_word(name), shell_word(version));
    let says = format!("not checked: {why}; `stylus-upgrades plan {name} {version}` tries it");
    told(Severity::Unknown, says)
}

/// The finding about facts that the copy takes as given.
fn given(given: &Given) -> Option<Finding> {
    given.words().map(|says| told(Severity::Note, says))
}

/// The result of a simulation, in words.
fn told(severity: Severity, says: impl Into<String>) -> Finding {
    Finding::named(Part::Simulation, severity, FindingKind::Trial, says)
}

/// The finding about the values that the upgrade writes to an instance's storage, by variable.
fn changes(instance: &InstancePlan, names: &Names) -> Option<Finding> {
    let values = instance.written_values();
    let words = [values.contract, values.framework].concat();
    let says = || {
        format!(
            "instance {}: {}",
            names.long(instance.proxy),
            words.join("; ")
        )
    };
    let part = Part::Instances;
    (!words.is_empty())
        .then(|| Finding::named(part, Severity::Note, FindingKind::StorageChanges, says()))
}

fn reported(plan: &Plan, names: &Names) -> Vec<Finding> {
    let mut findings = plan.problems.clone();
    findings.extend(plan.notes.iter().cloned());
    findings.extend(given(&plan.given));
    let moved: Vec<(Address, (U256, U256))> = plan
        .instances
        .iter()
        .filter_map(|instance| Some((instance.proxy, instance.balance?)))
        .collect();
    let started = only_started(&plan.instances);
    findings.extend(started.map(|says| told(Severity::Unknown, says)));
    let cut = plan.instances.iter().filter(|instance| instance.is_cut);
    findings.extend(cut.map(|instance| {
        let proxy = names.long(instance.proxy);
        let says = format!("not checked: some values of instance {proxy}, as its storage has too many fields or keys");
        told(Severity::Unknown, says)
    }));
    let not_tried = plan.control_trials.not_tried.iter();
    findings.extend(not_tried.map(|says| told(Severity::Unknown, says)));
    let open = plan.control_trials.open.iter();
    findings.extend(open.map(|says| told(Severity::Warning, says)));
    let upgraded = upgraded(&plan.instances);
    match plan.verdict() {
        Verdict::Fails | Verdict::NotTried | Verdict::OnlyStarted => {}
        Verdict::IsCurrent => {
            let Plan { name, to, .. } = plan;
            let says = format!("{name} {to} is current already: nothing would change");
            findings.push(told(Severity::Note, says));
        }
        verdict @ (Verdict::InPart | Verdict::DependsOnGas | Verdict::Whole) if upgraded > 0 => {
            let outside = if plan.others.is_empty() && moved.is_empty() {
                ", and only the registry and its instances change"
            } else {
                ""
            };
            let says = format!(
                "the upgrade succeeds on {}{outside}: the same with {} gas, on block {}",
                count(upgraded, "instance"),
                limits_in_words(&plan.limits),
                plan.block
            );
            findings.push(review::tried(says, &plan.reads, verdict == Verdict::Whole));
        }
        Verdict::DependsOnGas | Verdict::Whole if !plan.instances.is_empty() => {
            let says = "the call succeeds, and no instance changes its version";
            findings.push(told(Severity::Note, says));
        }
        Verdict::InPart | Verdict::DependsOnGas | Verdict::Whole => {}
    }
    findings.extend(
        plan.instances
            .iter()
            .filter_map(|instance| changes(instance, names)),
    );
    let beside = ("registry and instances", plan.others.as_slice());
    findings.extend(review::effects(&plan.reads, &moved, beside));
    if plan.instances.is_empty() || plan.untried > 0 {
        let Plan { tried, untried, .. } = plan;
        let says = format!("tried: {}; not tried: {untried}", count(*tried, "instance"));
        findings.push(told(Severity::Unknown, says));
    }
    findings
}
