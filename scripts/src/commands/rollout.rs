//! `rollout`: the instances that are older than what is current, a few per transaction.

use super::args::StorageArgs;
use super::context::{Context, report};
use super::facts::Place;
use super::path::{PathRequest, check_again, check_stragglers};
use super::propose::{go_on_in_batches, require, stop};
use super::storage;
use super::storage::uncompared::{self, OtherCurrent};
use super::waiting;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::{ChainError, Client, Sent};
use crate::error::{Exit, Explain};
use crate::governance::{Check, after_upgrade};
use crate::output::Outcome;
use crate::progress::{Progress, Rate};
use crate::registry::{self, arrived_by, begun_by};
use alloy::primitives::Address;
use futures::future::try_join_all;
use serde_json::json;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances per transaction.
const BATCH: u16 = 8;

pub(super) async fn run(
    context: &Context,
    name: &str,
    max: Option<u16>,
    overrides: &StorageArgs,
) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.working_client("rollout").await?;
    let registry = context.verified(&client, unverified).await?;
    let place = Place::of(context, &client, registry);
    let mut outcome = Outcome::default();
    let checks = place.assessment(Role::Proposer);
    roll(place, (name, None), max, (overrides, checks), &mut outcome).await?;
    Ok(outcome)
}

/// Rolls out until nothing is left, `max` is reached, or a whole round upgraded none; of `only` one version, if
/// one is meant. Before anything is sent, the instances' paths are checked, but for the steps that `checks` holds
/// already.
pub(super) async fn roll(
    place: Place<'_>,
    (name, only): (&str, Option<&str>),
    max: Option<u16>,
    (overrides, checks): (&StorageArgs, Assessment),
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut target = Target {
        place,
        name,
        only,
        overrides,
        checks,
        compared: String::new(),
    };
    if let Some(error) = target.compare().await? {
        stop(place.context, outcome, &error, Exit::Partial);
        return Ok(());
    }
    storage::require_all(&target.checks)?;
    storage::report(outcome, &target.checks);
    send(target, max, outcome).await
}

/// What is rolled out: whatever is current when a transaction is mined. It is compared before.
struct Target<'a> {
    place: Place<'a>,
    name: &'a str,
    /// The version that is meant, if it is no other.
    only: Option<&'a str>,
    overrides: &'a StorageArgs,
    checks: Assessment,
    /// The version that the instances' paths were compared to.
    compared: String,
}

impl Target<'_> {
    /// Compares the paths to what is current, unless that was done; another version than the one that is meant
    /// is none of it.
    async fn compare(&mut self) -> Result<Option<OtherCurrent>, Error> {
        let place = self.place;
        let current = place
            .client
            .registry(place.registry)
            .head(self.name)
            .await?
            .current;
        if self.only.is_some_and(|wanted| wanted != current) {
            return Ok(Some(OtherCurrent {
                name: self.name.into(),
                wanted: self.only.unwrap_or_default().into(),
                current,
            }));
        }
        if self.compared == current {
            let request = PathRequest::to(&current, self.overrides);
            check_again(place, &request, &mut self.checks).await?;
        } else {
            let way = (self.name, current.as_str());
            check_stragglers(place, way, self.overrides, &mut self.checks).await?;
            self.compared = current;
        }
        match self.checks.refusal() {
            Some(refused) => Err(refused.into()),
            None => Ok(None),
        }
    }
}

async fn send(
    mut target: Target<'_>,
    max: Option<u16>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (place, name) = (target.place, target.name);
    let (context, client, registry) = place.parts();
    let mut upgraded = 0_u16;
    let mut sent = Vec::new();
    let mut skipped = Vec::new();
    let mut checks = Vec::new();
    let mut paused = Vec::new();
    let mut turned = Vec::new();
    let mut idle = 0_u16;
    let mut most = BATCH;
    let mut refused = None;
    context.output.begin(&format!("rollout of {name}"));
    let rate = Rate::from(0);
    let left = loop {
        let batch = max.map_or(most, |max| most.min(max.saturating_sub(upgraded)));
        match next(&mut target, batch).await {
            Ok(Next::Batch) => {}
            Ok(Next::Nothing) => break Some(0),
            Err(error) if sent.is_empty() => return Err(error),
            Ok(Next::Other(other)) => {
                refused = Some(Box::new(other) as Box<dyn Explain>);
                break client.registry(registry).left(name).await.ok();
            }
            Err(error) => {
                refused = Some(Box::new(error));
                break client.registry(registry).left(name).await.ok();
            }
        }
        let done = match registry::rollout(client, registry, name, batch).await {
            Err(error) if batch > 1 && error.is_out_of_gas() => {
                most = batch / 2; // so many take more gas than a transaction has
                continue;
            }
            Err(error) if sent.is_empty() => return Err(error.into()),
            Err(error) => {
                refused = Some(Box::new(error));
                break client.registry(registry).left(name).await.ok();
            }
            Ok(done) => done,
        };
        upgraded = upgraded.saturating_add(done.upgraded);
        idle = if done.upgraded == 0 {
            idle.saturating_add(batch)
        } else {
            0
        };
        paused.extend(begun_by(&done.sent));
        turned.extend(registry::turned_by(&done.sent, registry));
        let is_uncompared = uncompared::is_there(&done.sent, registry, &target.checks);
        let (found, left) = behind(client, registry, name, &done.sent).await;
        sent.push(done.sent);
        client.close_journal(); // the chain says what is left
        skipped.extend(done.skipped);
        match found {
            Ok(found) => checks.extend(found),
            Err(error) => refused = Some(Box::new(error)),
        }
        let left = match left {
            Ok(left) => left,
            Err(error) => {
                refused = Some(Box::new(error));
                break None;
            }
        };
        let all = u32::from(upgraded) + u32::from(left);
        context.output.note(&format!("rollout {upgraded}/{all}"));
        let (so_far, total) = (u64::from(upgraded), u64::from(all));
        let detail = rate.summary(so_far, total);
        context.output.advance(so_far, total, "instances", &detail);
        let enough = is_uncompared || max.is_some_and(|max| upgraded >= max || idle > 0);
        if left == 0 || enough || idle >= left || refused.is_some() {
            break Some(left);
        }
    };
    let all = left.map_or_else(
        || "?".into(),
        |left| (u32::from(upgraded) + u32::from(left)).to_string(),
    );
    context
        .output
        .end(&format!("rollout of {name}: {upgraded}/{all}"));
    report(outcome, &sent);
    for (proxy, reason) in &skipped {
        outcome.line(format!("skipped {proxy}: {reason}"));
        outcome.line(format!("  next    {}", reason.advice().next));
    }
    let skipped: Vec<_> = skipped
        .iter()
        .map(|(proxy, reason)| {
            let next = reason.advice().next;
            json!({"proxy": proxy, "reason": reason.to_string(), "next": next})
        })
        .collect();
    outcome.field("upgraded", upgraded);
    outcome.field("left", left);
    outcome.field("skipped", skipped);
    outcome.field("checks", &checks);
    outcome.line(format!("rollout {upgraded}/{all}"));
    if !turned.is_empty() {
        let count = turned.len();
        outcome.line(format!(
            "of these, {count} were paused or resumed with their definition"
        ));
        outcome.field("paused_or_resumed", turned);
    }
    for check in checks.iter().filter(|check| !check.ok) {
        outcome.line(format!("{} {}", check.proxy, check.line()));
    }
    if left != Some(0) {
        outcome.exit = Some(Exit::Partial);
        if let Err(error) = waiting::for_direct_call(place, name, outcome).await {
            stop(context, outcome, &error, Exit::Partial);
        }
    }
    go_on_in_batches(outcome, &paused);
    if let Some(error) = &refused {
        stop(context, outcome, error.as_ref(), Exit::Partial);
    }
    storage::report(outcome, &target.checks);
    uncompared::report(context, (&sent, registry), &target.checks, outcome);
    require(context, &checks, outcome)
}

/// After a migration was executed, by a transaction of one's own or by another one: the checks of each instance that went along, or the rollout.
pub(super) async fn activated(
    place: Place<'_>,
    migrate: &abi::migrateCall,
    (sent, is_own): (&Sent, bool),
    outcome: &mut Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let (arrived, begun) = (arrived_by(sent), begun_by(sent));
    let instances = match arrived.is_empty() && begun.is_empty() {
        true => place
            .reader()
            .head(&migrate.name)
            .await
            .map(|one| one.instances),
        false => Ok(0), // some went along with it
    };
    let instances = match instances {
        Ok(instances) => instances,
        Err(error) => {
            stop(context, outcome, &error, Exit::Partial);
            return Ok(());
        }
    };
    if instances > INSTANCES_AT_ONCE {
        outcome.line(format!("activated, rollout 0/{instances}"));
        let way = (migrate.name.as_str(), Some(migrate.version.as_str()));
        if let Err(error) = roll(place, way, None, rollout, outcome).await {
            // The version is activated all the same.
            outcome.field("left", instances);
            stop(context, outcome, &error, Exit::Partial);
        }
        return Ok(());
    }
    go_on_in_batches(outcome, &begun);
    let mut all = Vec::new();
    let code = migrate.code.clone().into();
    for proxy in arrived {
        outcome.line(format!("instance {proxy}"));
        let logs = sent.receipt.logs();
        let version = &migrate.version;
        match after_upgrade(client, registry, proxy, version, &code, logs).await {
            Ok(checks) => {
                let lines = checks.iter().map(|check| format!("  {}", check.line()));
                outcome.lines.extend(lines);
                all.extend(checks);
            }
            // It is done all the same.
            Err(error) => stop(context, outcome, &error, Exit::Partial),
        }
    }
    outcome.field("checks", &all);
    if let Err(error) = waiting::after_migration(place, migrate, sent, outcome).await {
        stop(context, outcome, &error, Exit::Partial);
    }
    if is_own {
        let sent = (std::slice::from_ref(sent), registry);
        // Few went along. That of many instances not all were looked at excuses none of them.
        let mut checks = rollout.1;
        checks.is_sampled = false;
        uncompared::report(context, sent, &checks, outcome);
    }
    require(context, &all, outcome)
}

/// What a rollout does next.
enum Next {
    /// It sends a batch.
    Batch,
    /// No instance is older than what is current.
    Nothing,
    /// Another version is current than the one that is meant.
    Other(OtherCurrent),
}

/// Whether there is something to upgrade, by ways that were compared.
async fn next(target: &mut Target<'_>, batch: u16) -> Result<Next, Error> {
    let (_, client, registry) = target.place.parts();
    if is_over(client, registry, target.name, batch).await? {
        return Ok(Next::Nothing);
    }
    let other = target.compare().await?;
    Ok(other.map_or(Next::Batch, Next::Other))
}

/// The checks of what a transaction did, and how many instances are older than what is current now. It is sent:
/// where the endpoint does not answer, that is part of the report.
async fn behind(
    client: &Client,
    registry: Address,
    name: &str,
    sent: &Sent,
) -> (Result<Vec<Check>, ChainError>, Result<u16, ChainError>) {
    (
        checked(client, registry, name, sent).await,
        client.registry(registry).left(name).await,
    )
}

/// Whether no instance is older than what is current.
async fn is_over(
    client: &Client,
    registry: Address,
    name: &str,
    max: u16,
) -> Result<bool, ChainError> {
    let name = name.into();
    match client.call(registry, &abi::rolloutCall { name, max }).await {
        Ok(expected) => Ok(expected.upgraded == 0 && expected.left == 0),
        Err(error) if error.is_out_of_gas() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The checks of every instance that a transaction upgraded.
async fn checked(
    client: &Client,
    registry: Address,
    name: &str,
    sent: &Sent,
) -> Result<Vec<Check>, ChainError> {
    let proxies = arrived_by(sent);
    if proxies.is_empty() {
        return Ok(Vec::new());
    }
    let current = client.registry(registry).head(name).await?.current;
    let code = client.registry(registry).code(name, &current).await?;
    let logs = sent.receipt.logs();
    let all = proxies
        .iter()
        .map(|proxy| after_upgrade(client, registry, *proxy, &current, &code, logs));
    Ok(try_join_all(all).await?.into_iter().flatten().collect())
}
