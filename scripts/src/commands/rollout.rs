//! `upgrade NAME`: the instances that are older than what is current, a few per transaction.

use super::args::StorageArgs;
use super::context::Context;
use super::facts::Place;
use super::path::{PathRequest, check_again, check_stragglers};
use super::propose::{go_on_in_batches, require, stop};
use super::rollouts::{Rollouts, Skipped};
use super::storage;
use super::storage::uncompared::{self, OtherCurrent};
use super::waiting;
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::{ChainError, Client, Sent};
use crate::error::Exit;
use crate::governance::{Check, Names, after_upgrade};
use crate::output::Outcome;
use crate::progress::{Progress, Rate};
use crate::registry::{self, arrived_by, begun_by};
use crate::report::{CommandReport, Transactions};
use alloy::primitives::Address;
use futures::future::try_join_all;
use serde::Serialize;
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
    let client = context.working_client("upgrade").await?;
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

/// What a rollout reports.
#[derive(Serialize)]
struct Reported<'a> {
    #[serde(flatten)]
    transactions: Transactions,
    /// Instances that were upgraded, paused in a complex step, or paused or resumed with their definition.
    upgraded: u16,
    /// Instances that are older than what is current; none where nobody knows.
    left: Option<u16>,
    skipped: Vec<Skipped>,
    checks: &'a [Check],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    paused_or_resumed: &'a [Address],
}

impl CommandReport for Reported<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        lines.extend(self.skipped.iter().flat_map(Skipped::lines));
        lines.push(format!("rollout {}", so_far(self.upgraded, self.left)));
        match self.paused_or_resumed.len() {
            0 => {}
            count => lines.push(format!(
                "of these, {count} were paused or resumed with their definition"
            )),
        }
        let failed = self.checks.iter().filter(|check| !check.ok);
        lines.extend(failed.map(|check| format!("{} {}", check.proxy, check.line())));
        lines
    }

    fn exit(&self) -> Exit {
        match self.left {
            Some(0) => Exit::Done,
            _ => Exit::Partial,
        }
    }
}

/// How many instances were upgraded, of how many.
fn so_far(upgraded: u16, left: Option<u16>) -> String {
    match left {
        Some(left) => format!("{upgraded}/{}", u32::from(upgraded) + u32::from(left)),
        None => format!("{upgraded}/?"),
    }
}

async fn send(
    mut target: Target<'_>,
    max: Option<u16>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (place, name) = (target.place, target.name);
    let (context, _, registry) = place.parts();
    let mut course = Course::default();
    context.output.begin(&format!("rollout of {name}"));
    let left = course.run(&mut target, max).await?;
    let Course {
        done,
        upgraded,
        checks,
        ..
    } = course;
    let summary = so_far(upgraded, left);
    context.output.end(&format!("rollout of {name}: {summary}"));
    let report = Reported {
        transactions: Transactions::of(&done.sent),
        upgraded,
        left,
        skipped: Skipped::with_help(&done.skipped),
        checks: &checks,
        paused_or_resumed: &done.turned,
    };
    outcome.add(&report, &context.names());
    if left != Some(0)
        && let Err(error) = waiting::for_direct_call(place, name, outcome).await
    {
        stop(context, outcome, &error, Exit::Partial);
    }
    done.report_end(context, outcome);
    storage::report(outcome, &target.checks);
    uncompared::report(context, (&done.sent, registry), &target.checks, outcome);
    require(context, &checks, outcome)
}

/// How far a rollout is.
#[derive(Default)]
struct Course {
    done: Rollouts,
    upgraded: u16,
    /// What was found of each instance that was upgraded.
    checks: Vec<Check>,
    /// Instances that were tried since the last one that was upgraded.
    idle: u16,
}

impl Course {
    /// Sends rollouts until nothing is left, `max` is reached, or a whole round upgraded none. Gives how many
    /// instances are left; none where nobody knows.
    async fn run(
        &mut self,
        target: &mut Target<'_>,
        max: Option<u16>,
    ) -> Result<Option<u16>, Error> {
        let (context, client, registry) = target.place.parts();
        let (name, rate) = (target.name, Rate::from(0));
        let mut most = BATCH;
        loop {
            let batch = max.map_or(most, |max| most.min(max.saturating_sub(self.upgraded)));
            match next(target, batch).await {
                Ok(Next::Batch) => {}
                Ok(Next::Nothing) => return Ok(Some(0)),
                Ok(Next::Other(other)) => {
                    self.done.refused = Some(Box::new(other));
                    return Ok(client.registry(registry).left(name).await.ok());
                }
                Err(error) => {
                    self.done.end(error)?;
                    return Ok(client.registry(registry).left(name).await.ok());
                }
            }
            let rolled_out = match registry::rollout(client, registry, name, batch).await {
                Ok(rolled_out) => rolled_out,
                Err(error) if batch > 1 && error.is_out_of_gas() => {
                    most = batch / 2; // so many take more gas than a transaction has
                    continue;
                }
                Err(error) => {
                    self.done.end(error)?;
                    return Ok(client.registry(registry).left(name).await.ok());
                }
            };
            self.upgraded = self.upgraded.saturating_add(rolled_out.upgraded);
            self.idle = match rolled_out.upgraded {
                0 => self.idle.saturating_add(batch),
                _ => 0,
            };
            let is_uncompared = uncompared::is_there(&rolled_out.sent, registry, &target.checks);
            // It is sent: where the endpoint does not answer, that is part of the report.
            let found = checked(client, registry, name, &rolled_out.sent).await;
            let left = client.registry(registry).left(name).await;
            self.done.add(client, registry, rolled_out);
            match found {
                Ok(found) => self.checks.extend(found),
                Err(error) => self.done.end(error)?,
            }
            let left = match left {
                Ok(left) => left,
                Err(error) => return self.done.end(error).map(|()| None),
            };
            let all = u32::from(self.upgraded) + u32::from(left);
            context
                .output
                .note(&format!("rollout {}/{all}", self.upgraded));
            let (so_far, total) = (u64::from(self.upgraded), u64::from(all));
            let detail = rate.summary(so_far, total);
            context.output.advance(so_far, total, "instances", &detail);
            let is_enough = max.is_some_and(|max| self.upgraded >= max || self.idle > 0);
            let is_over = left == 0 || self.idle >= left || self.done.refused.is_some();
            if is_over || is_enough || is_uncompared {
                return Ok(Some(left));
            }
        }
    }
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
    let (arrived, begun) = (arrived_by(sent, registry), begun_by(sent, registry));
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
            outcome.add(&NotRolledOut { left: instances }, &context.names());
            stop(context, outcome, &error, Exit::Partial);
        }
        return Ok(());
    }
    go_on_in_batches(outcome, &begun);
    let mut upgraded = UpgradedAtOnce {
        checks: Vec::new(),
        proxies: arrived,
    };
    let code = migrate.code.clone().into();
    for proxy in &upgraded.proxies {
        let logs = sent.receipt.logs();
        let version = &migrate.version;
        match after_upgrade(client, registry, *proxy, version, &code, logs).await {
            Ok(checks) => upgraded.checks.extend(checks),
            // It is done all the same.
            Err(error) => stop(context, outcome, &error, Exit::Partial),
        }
    }
    outcome.add(&upgraded, &context.names());
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
    require(context, &upgraded.checks, outcome)
}

/// That the rollout behind an activation did not begin.
#[derive(Serialize)]
struct NotRolledOut {
    left: u32,
}

impl CommandReport for NotRolledOut {}

/// The instances that went along with an activation, and what was found of each.
#[derive(Serialize)]
struct UpgradedAtOnce {
    checks: Vec<Check>,
    #[serde(skip)]
    proxies: Vec<Address>,
}

impl CommandReport for UpgradedAtOnce {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        for proxy in &self.proxies {
            lines.push(format!("instance {proxy}"));
            let checks = self.checks.iter().filter(|check| check.proxy == *proxy);
            lines.extend(checks.map(|check| format!("  {}", check.line())));
        }
        lines
    }
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
    let proxies = arrived_by(sent, registry);
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
