//! `rollout`: instances follow their definition, in batches of one transaction each.

use super::Registry;
use crate::client::{ChainError, Revert, Sent};
use alloy::primitives::{Address, U256};
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What a rollout did, as its own logs tell it: others may roll out at the same moment.
#[derive(Debug, Clone)]
pub struct RolledOut {
    /// The transaction.
    pub sent: Sent,
    /// Instances that it took along: upgraded, paused in a complex step, or paused or resumed with
    /// their definition.
    pub upgraded: u16,
    /// Instances that stayed as they were, and why.
    pub skipped: Vec<(Address, Revert)>,
}

/// Has these instances follow their definition: each is upgraded, paused or resumed, as is due.
pub async fn rollout(
    registry: Registry<'_>,
    name: &str,
    proxies: &[Address],
) -> Result<RolledOut, ChainError> {
    let call = abi::rolloutCall {
        name: name.into(),
        proxies: proxies.into(),
    };
    let what = format!("rollout {name}");
    let sent = registry
        .client
        .send(&what, registry.address, &call, U256::ZERO)
        .await?;
    let skipped = skipped_by(&sent, registry.address);
    let begun = begun_by(&sent, registry.address)
        .into_iter()
        .map(|(proxy, ..)| proxy);
    let turned = turned_by(&sent, registry.address);
    let upgraded = upgraded_by(&sent, registry.address)
        .into_iter()
        .chain(begun);
    let moved: BTreeSet<_> = upgraded.chain(turned).collect();
    Ok(RolledOut {
        upgraded: moved.len().try_into().unwrap_or(u16::MAX),
        sent,
        skipped,
    })
}

/// The instances that a transaction left as they were, and why.
pub fn skipped_by(sent: &Sent, registry: Address) -> Vec<(Address, Revert)> {
    let skipped = sent.events_of::<abi::InstanceSkipped>(registry);
    skipped
        .map(|one| (one.proxy, Revert::decode(&one.reason)))
        .collect()
}

/// The instances that a transaction paused or resumed with their definition.
pub fn turned_by(sent: &Sent, registry: Address) -> Vec<Address> {
    let paused = sent.events_of::<abi::InstancePaused>(registry);
    let resumed = sent.events_of::<abi::InstanceResumed>(registry);
    let paused = paused.map(|one| one.proxy);
    paused.chain(resumed.map(|one| one.proxy)).collect()
}

/// The instances that a transaction upgraded and left on the pause stub: their way has more steps than one upgrade takes,
/// and the next rollout goes on.
pub fn staged_by(sent: &Sent, registry: Address) -> Vec<Address> {
    let paused = sent.events_of::<abi::InstancePaused>(registry);
    let paused: BTreeSet<Address> = paused.map(|event| event.proxy).collect();
    let mut staged = upgraded_by(sent, registry);
    staged.retain(|proxy| paused.contains(proxy));
    staged
}

/// The instances that a transaction took all the way: without those whose path continues with a
/// complex step, which it began, and those whose way has more steps than one upgrade takes.
pub fn arrived_by(sent: &Sent, registry: Address) -> Vec<Address> {
    let begun = begun_by(sent, registry);
    let is_under_way = |proxy: &Address| begun.iter().any(|(other, ..)| other == proxy);
    let staged = staged_by(sent, registry);
    let mut arrived = upgraded_by(sent, registry);
    arrived.retain(|proxy| !is_under_way(proxy) && !staged.contains(proxy));
    arrived
}

/// The instances that a transaction upgraded, were it by one step of their path.
fn upgraded_by(sent: &Sent, registry: Address) -> Vec<Address> {
    let upgraded = sent.events_of::<abi::InstanceUpgraded>(registry);
    upgraded.map(|one| one.proxy).collect()
}

/// The complex steps that a transaction began: the instance, from where and to where.
pub fn begun_by(sent: &Sent, registry: Address) -> Vec<(Address, String, String)> {
    let begun = sent.events_of::<abi::MigrationStarted>(registry);
    begun.map(|one| (one.proxy, one.from, one.to)).collect()
}
