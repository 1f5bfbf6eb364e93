//! `rollout`: the instances that are older than what is current, a few per transaction.

use super::context::{Context, report};
use crate::client::{ChainError, Client};
use crate::error::{Error, Exit};
use crate::output::Outcome;
use crate::registry;
use alloy::primitives::Address;
use serde_json::json;

/// Instances per transaction.
const BATCH: u16 = 8;

pub(super) async fn run(context: &Context, name: &str, max: Option<u16>) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.client().await?;
    let mut outcome = Outcome::default();
    roll(&client, registry, name, max, &mut outcome).await?;
    Ok(outcome)
}

/// Rolls out until nothing is left, `max` is reached, or a whole round upgraded none.
pub(super) async fn roll(
    client: &Client,
    registry: Address,
    name: &str,
    max: Option<u16>,
    outcome: &mut Outcome,
) -> Result<(), ChainError> {
    let mut upgraded = 0_u16;
    let mut sent = Vec::new();
    let mut skipped = Vec::new();
    let mut idle = 0_u16;
    let left = loop {
        let batch = max.map_or(BATCH, |max| BATCH.min(max.saturating_sub(upgraded)));
        let done = registry::rollout(client, registry, name, batch).await?;
        upgraded = upgraded.saturating_add(done.upgraded);
        idle = if done.upgraded == 0 {
            idle.saturating_add(batch)
        } else {
            0
        };
        sent.push(done.sent);
        skipped.extend(done.skipped);
        let enough = max.is_some_and(|max| upgraded >= max || idle > 0);
        if done.left == 0 || enough || idle >= done.left {
            break done.left;
        }
    };
    report(outcome, &sent);
    for (proxy, reason) in &skipped {
        outcome.line(format!("skipped {proxy}: {reason}"));
    }
    let skipped: Vec<_> = skipped
        .iter()
        .map(|(proxy, reason)| json!({"proxy": proxy, "reason": reason.to_string()}))
        .collect();
    outcome.field("upgraded", upgraded);
    outcome.field("left", left);
    outcome.field("skipped", skipped);
    outcome.line(format!(
        "rollout {upgraded}/{}",
        u32::from(upgraded) + u32::from(left)
    ));
    if left > 0 {
        outcome.exit = Some(Exit::Partial);
    }
    Ok(())
}
