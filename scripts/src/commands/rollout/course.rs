//! Rollouts of a definition, one after the other, until nothing is left.

use super::Target;
use crate::app_error::Error;
use crate::client::{ChainError, Client, Sent};
use crate::commands::rollouts::Rollouts;
use crate::commands::storage::uncompared::{self, OtherCurrent};
use crate::governance::{Check, after_upgrade};
use crate::progress::{Progress, Rate};
use crate::registry::{self, arrived_by};
use alloy::primitives::Address;
use futures::future::try_join_all;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Instances per transaction.
const BATCH: u16 = 8;

/// How far a rollout is.
#[derive(Default)]
pub(super) struct Course {
    pub(super) done: Rollouts,
    pub(super) upgraded: u16,
    /// What was found of each instance that was upgraded.
    pub(super) checks: Vec<Check>,
    /// Instances that were tried since the last one that was upgraded.
    idle: u16,
}

impl Course {
    /// Sends rollouts until nothing is left, `max` is reached, or a whole round upgraded none. Gives how many
    /// instances are left; none where nobody knows.
    pub(super) async fn run(
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
