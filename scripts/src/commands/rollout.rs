//! `rollout`: the instances that are older than what is current, a few per transaction.

use super::context::{Context, report};
use super::path::check_stragglers;
use super::propose::{go_on_in_batches, require};
use super::storage::{self, Overrides, StorageChecks, StorageContext};
use crate::app_error::Error;
use crate::client::{ChainError, Client, Sent};
use crate::error::Exit;
use crate::governance::{Check, after_upgrade};
use crate::output::Outcome;
use crate::progress::{Progress, Rate};
use crate::registry::{self, arrived_by, begun_by};
use alloy::primitives::Address;
use futures::future::try_join_all;
use serde_json::json;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances per transaction.
const BATCH: u16 = 8;

pub(super) async fn run(
    context: &Context,
    name: &str,
    max: Option<u16>,
    overrides: &Overrides,
) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.working_client("rollout").await?;
    let place = StorageContext {
        context,
        client: &client,
        registry,
    };
    let mut outcome = Outcome::default();
    let checks = StorageChecks::default();
    roll(place, name, max, (overrides, checks), &mut outcome).await?;
    Ok(outcome)
}

/// Rolls out until nothing is left, `max` is reached, or a whole round upgraded none. Before anything
/// is sent, the instances' paths are checked, but for the steps that `checks` holds already.
pub(super) async fn roll(
    place: StorageContext<'_>,
    name: &str,
    max: Option<u16>,
    (overrides, mut checks): (&Overrides, StorageChecks),
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let call = abi::definitionCall { name: name.into() };
    let current = place.client.call(place.registry, &call).await?.current;
    check_stragglers(place, (name, &current), overrides, &mut checks).await?;
    checks.require_all(&overrides.storage)?;
    storage::report(outcome, &checks);
    send(place, name, max, outcome).await
}

async fn send(
    place: StorageContext<'_>,
    name: &str,
    max: Option<u16>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let StorageContext {
        context,
        client,
        registry,
    } = place;
    let mut upgraded = 0_u16;
    let mut sent = Vec::new();
    let mut skipped = Vec::new();
    let mut checks = Vec::new();
    let mut paused = Vec::new();
    let mut turned = Vec::new();
    let mut idle = 0_u16;
    let mut most = BATCH;
    context.output.begin(&format!("rollout of {name}"));
    let rate = Rate::from(0);
    let left = loop {
        let batch = max.map_or(most, |max| most.min(max.saturating_sub(upgraded)));
        if is_over(client, registry, name, batch).await? {
            break 0;
        }
        let done = match registry::rollout(client, registry, name, batch).await {
            Err(error) if batch > 1 && error.is_out_of_gas() => {
                most = batch / 2; // so many take more gas than a transaction has
                continue;
            }
            done => done?,
        };
        upgraded = upgraded.saturating_add(done.upgraded);
        idle = if done.upgraded == 0 {
            idle.saturating_add(batch)
        } else {
            0
        };
        let all = u32::from(upgraded) + u32::from(done.left);
        context.output.note(&format!("rollout {upgraded}/{all}"));
        let (so_far, total) = (u64::from(upgraded), u64::from(all));
        let detail = rate.summary(so_far, total);
        context.output.advance(so_far, total, "instances", &detail);
        checks.extend(checked(client, registry, name, &done.sent).await?);
        paused.extend(begun_by(&done.sent));
        turned.extend(registry::turned_by(&done.sent, registry));
        sent.push(done.sent);
        client.close_journal(); // the chain says what is left
        skipped.extend(done.skipped);
        let enough = max.is_some_and(|max| upgraded >= max || idle > 0);
        if done.left == 0 || enough || idle >= done.left {
            break done.left;
        }
    };
    let all = u32::from(upgraded) + u32::from(left);
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
    if left > 0 {
        outcome.exit = Some(Exit::Partial);
    }
    go_on_in_batches(outcome, &paused);
    require(context, &checks, outcome)
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
    let current = client
        .call(registry, &abi::definitionCall { name: name.into() })
        .await?
        .current;
    let call = abi::getVersionCall {
        name: name.into(),
        version: current.clone(),
    };
    let code = client.call(registry, &call).await?.code;
    let logs = sent.receipt.logs();
    let all = proxies
        .iter()
        .map(|proxy| after_upgrade(client, registry, *proxy, &current, &code, logs));
    Ok(try_join_all(all).await?.into_iter().flatten().collect())
}
