//! `pause` and `resume`: the decision, then the instances that its transaction left, a few per
//! transaction. Typed again, it goes on where it ended.

use super::args::StorageArgs;
use super::context::Context;
use super::facts::Place;
use super::path::check_stragglers;
use super::propose::propose;
use super::rollouts::{Rollouts, Skipped};
use super::storage::{self, uncompared};
use super::waiting as waiting_instances;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::{ChainError, Client};
use crate::error::Exit;
use crate::governance::Call;
use crate::ids::TxHash;
use crate::model::{Definition, DefinitionState, Instance, InstanceState};
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::{Progress, Rate};
use crate::registry;
use crate::report::CommandReport;
use crate::text::{count, grouped, shell_word};
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances per transaction.
const BATCH: usize = 16;

/// Which of the two.
struct Decision {
    command: &'static str,
    /// What an instance is that waits for it.
    waits_in: InstanceState,
    /// Whether the definition was paused or resumed already.
    is_decided: bool,
    call: Bytes,
}

impl Decision {
    fn pause(name: &str, state: DefinitionState) -> Self {
        let call = abi::pauseCall { name: name.into() };
        Self {
            command: "pause",
            waits_in: InstanceState::Live,
            is_decided: state == DefinitionState::Paused,
            call: call.abi_encode().into(),
        }
    }

    fn resume(name: &str, state: DefinitionState) -> Self {
        let call = abi::resumeCall { name: name.into() };
        Self {
            command: "resume",
            waits_in: InstanceState::Paused,
            is_decided: state != DefinitionState::Paused,
            call: call.abi_encode().into(),
        }
    }
}

/// Pauses a definition and its instances.
pub(super) async fn pause(context: &Context, name: String) -> Result<Outcome, Error> {
    run(context, &name, |state| Decision::pause(&name, state)).await
}

/// Resumes a definition and its instances.
pub(super) async fn resume(context: &Context, name: String) -> Result<Outcome, Error> {
    run(context, &name, |state| Decision::resume(&name, state)).await
}

/// After an approval that pauses or resumes: the instances that its transaction left.
pub(super) async fn finish(
    place: Place<'_>,
    call: &Call,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (name, decision): (_, fn(&str, DefinitionState) -> Decision) = match call {
        Call::Pause(call) => (&call.name, Decision::pause),
        Call::Resume(call) => (&call.name, Decision::resume),
        _ => return Ok(()),
    };
    let decision = decision(name, place.reader().head(name).await?.state);
    if !decision.is_decided {
        return Ok(());
    }
    go_on(place, name, &decision, outcome).await
}

async fn run(
    context: &Context,
    name: &str,
    decision: impl FnOnce(DefinitionState) -> Decision,
) -> Result<Outcome, Error> {
    let client = context.working_client("pausing and resuming").await?;
    let registry = context.verified(&client, context.registry()?).await?;
    let place = Place::of(context, &client, registry);
    let decision = decision(place.reader().head(name).await?.state);
    let mut outcome = Outcome::default();
    outcome.field("name", name);
    let waits = waiting(&client, registry, name, decision.waits_in).await?;
    if decision.waits_in == InstanceState::Paused {
        report_older(place, name).await?;
    }
    if !decision.is_decided || waits.is_empty() {
        let call = &decision.call;
        outcome = match propose(place, call, Vec::new(), outcome).await {
            Err(error) if !decision.is_decided && is_decided_meanwhile(&error) => {
                let report = DecidedByAnother {
                    name,
                    executed: true,
                    line: match decision.waits_in {
                        InstanceState::Live => "paused by another's approval",
                        _ => "resumed by another's approval",
                    },
                };
                let mut outcome = Outcome::default();
                outcome.add(&report, &context.names());
                outcome
            }
            proposed => proposed?,
        };
        if outcome.exit.is_some() || context.is_export() {
            return Ok(outcome);
        }
    }
    go_on(place, name, &decision, &mut outcome).await?;
    Ok(outcome)
}

/// Whether the registry refused because the definition became what was asked for since it was looked at.
fn is_decided_meanwhile(error: &Error) -> bool {
    let refusal = match error {
        Error::Chain(error) => Some(error),
        Error::Governance(error) => error.chain(),
        _ => None,
    };
    let revert = refusal.and_then(ChainError::revert);
    revert.is_some_and(|revert| {
        revert.is::<abi::DefinitionPaused>() || revert.is::<abi::DefinitionNotPaused>()
    })
}

/// What is said where others decided the same at the same moment.
#[derive(Serialize)]
struct DecidedByAnother<'a> {
    name: &'a str,
    executed: bool,
    #[serde(skip)]
    line: &'static str,
}

impl CommandReport for DecidedByAnother<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![self.line.into()]
    }
}

/// What became of the instances that were not what their definition is.
#[derive(Serialize)]
struct Turned<'a> {
    rollout: Vec<Rollout>,
    /// Instances that were older than what is current.
    upgraded: &'a [Address],
    left: &'a [Address],
    skipped: Vec<Skipped>,
}

/// A transaction of it.
#[derive(Serialize)]
struct Rollout {
    tx: TxHash,
    gas: u64,
}

impl CommandReport for Turned<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let rollout = self.rollout.iter();
        let mut lines: Vec<_> = rollout
            .map(|one| format!("{} {} gas", one.tx, grouped(one.gas)))
            .collect();
        let upgraded = self.upgraded.iter();
        lines.extend(
            upgraded.map(|proxy| format!("upgraded {proxy}, which was older than what is current")),
        );
        lines.extend(self.skipped.iter().flat_map(Skipped::lines));
        if !self.left.is_empty() {
            lines.push(format!("left: {}", count(self.left.len(), "instance")));
        }
        lines
    }
}

/// Pauses or resumes the instances that are not what their definition is.
async fn go_on(
    place: Place<'_>,
    name: &str,
    decision: &Decision,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let mut waits = waiting(client, registry, name, decision.waits_in).await?;
    let all = waits.len();
    let what = format!("{} of {name}", decision.command);
    let checks = match all > 0 && decision.waits_in == InstanceState::Paused {
        true => compared(place, name).await,
        false => Assessment::default(), // a pause upgrades nothing
    };
    let mut done = Rollouts::default();
    if all > 0 {
        context.output.begin(&what);
        turn(place, name, &checks, &mut waits, &mut done).await?;
        if !waits.is_empty() && done.refused.is_none() {
            // Somebody else may have sent the same meanwhile.
            match waiting(client, registry, name, decision.waits_in).await {
                Ok(now) => waits = now,
                Err(error) => done.refused = Some(Box::new(error)),
            }
        }
        let so_far = all.saturating_sub(waits.len());
        context.output.end(&format!("{what}: {so_far}/{all}"));
    }
    let rollout = done.sent.iter().map(|one| Rollout {
        tx: one.tx,
        gas: one.gas,
    });
    let report = Turned {
        rollout: rollout.collect(),
        upgraded: &done.arrived,
        left: &waits,
        skipped: Skipped::of(&done.skipped),
    };
    outcome.add(&report, &context.names());
    if !waits.is_empty() {
        let next = format!("stylus-upgrades {} {}", decision.command, shell_word(name));
        let waiting = registry::waiting(client, registry, name, &waits).await?;
        let is_partial = !waiting.iter().all(|one| one.needs_direct_call);
        waiting_instances::Stayed { waiting, next }.report(context, outcome);
        outcome.exit = Some(if is_partial {
            Exit::Partial
        } else {
            Exit::NotReady
        });
    }
    done.report_end(context, outcome);
    uncompared::report(context, (&done.sent, registry), &checks, outcome);
    Ok(())
}

/// Rolls out until none of these instances waits any more, or a whole round did nothing.
async fn turn(
    place: Place<'_>,
    name: &str,
    checks: &Assessment,
    waits: &mut Vec<Address>,
    done: &mut Rollouts,
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let (all, rate) = (waits.len(), Rate::from(0));
    let mut idle = 0;
    let mut left = place.reader().left(name).await?;
    while !waits.is_empty() && left > 0 && idle < usize::from(left) {
        let batch = BATCH.min(waits.len());
        let max = u16::try_from(batch).unwrap_or(u16::MAX);
        let rolled_out = match registry::rollout(client, registry, name, max).await {
            Ok(rolled_out) => rolled_out,
            Err(error) => return done.end(error),
        };
        let turned = registry::turned_by(&rolled_out.sent, registry);
        waits.retain(|proxy| !turned.contains(proxy));
        let is_uncompared = uncompared::is_there(&rolled_out.sent, registry, checks);
        done.add(client, registry, rolled_out);
        if is_uncompared || waits.is_empty() {
            break;
        }
        let before = left;
        left = match place.reader().left(name).await {
            Ok(left) => left,
            Err(error) => return done.end(error),
        };
        idle = match turned.is_empty() && left >= before {
            true => idle + batch,
            false => 0,
        };
        let so_far = (all - waits.len()) as u64;
        let detail = rate.summary(so_far, all as u64);
        context
            .output
            .advance(so_far, all as u64, "instances", &detail);
    }
    Ok(())
}

/// The paths to what is current, compared. The rollout that resumes the ones can upgrade others: nothing is
/// refused for it, and what it moves by a way that may not be taken counts as not compared.
async fn compared(place: Place<'_>, name: &str) -> Assessment {
    let mut checks = place.assessment(Role::Reader);
    let found = match place.client.registry(place.registry).head(name).await {
        Ok(definition) => {
            let way = (name, definition.current.as_str());
            let said = StorageArgs::default();
            let checked = check_stragglers(place, way, &said, &mut checks).await;
            checked.and_then(|()| storage::require(&checks))
        }
        Err(error) => Err(error.into()),
    };
    if let Err(error) = found {
        let about = "the ways of older instances count as not compared";
        place.context.output.note(&format!("! {about}: {error}"));
        return Assessment::default();
    }
    checks
}

/// Says before anything is sent which instances are older than what is current: the same rollout that
/// resumes the others upgrades them.
async fn report_older(place: Place<'_>, name: &str) -> Result<(), ChainError> {
    let context = place.context;
    let reader = place.reader();
    let mut definition = Definition::named(name);
    definition.current = reader.head(name).await?.current;
    definition.versions = reader.versions(name).await?;
    definition.instances = reader.instances(name).await?;
    for Instance { proxy, version, .. } in definition.older() {
        let current = &definition.current;
        context.output.note(&format!(
            "{proxy} is at {version}: the rollout that follows may upgrade it to {current}"
        ));
    }
    Ok(())
}

/// The instances of a definition that are in that state.
async fn waiting(
    client: &Client,
    registry: Address,
    name: &str,
    state: InstanceState,
) -> Result<Vec<Address>, ChainError> {
    let instances = client.registry(registry).instances(name).await?.into_iter();
    let waits = instances.filter(|one| one.state == state);
    Ok(waits.map(|one| one.proxy).collect())
}
