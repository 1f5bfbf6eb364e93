//! `rollout`: instances follow their definition, in batches of one transaction each.

use super::Registry;
use crate::client::{ChainError, Revert, Sent};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The effects of a rollout, as its own logs tell it: others may roll out at the same moment.
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
///
/// # Errors
/// What keeps the transaction from succeeding.
pub async fn rollout(
    registry: Registry<'_>,
    name: &str,
    proxies: &[Address],
) -> Result<RolledOut, ChainError> {
    let request = request(registry, name, proxies);
    let sent = registry.client.transact(&what(name), request).await?;
    Ok(RolledOut::of(sent, registry.address))
}

/// Like [`rollout`], by a transaction for each of these lists, none of which waits for the one before it. Returns what
/// became of each that was sent.
///
/// # Errors
/// Where nothing was sent.
pub async fn rollouts(
    registry: Registry<'_>,
    name: &str,
    lists: &[Vec<Address>],
) -> Result<Vec<Result<RolledOut, ChainError>>, ChainError> {
    let requests = lists.iter().map(|proxies| request(registry, name, proxies));
    let what = what(name);
    let sent = registry.client.transact_in_row(&what, requests.collect());
    let outcomes = sent.await?.into_iter();
    let outcomes = outcomes.map(|sent| Ok(RolledOut::of(sent?, registry.address)));
    Ok(outcomes.collect())
}

/// Returns what a rollout is called.
fn what(name: &str) -> String {
    format!("rollout {name}")
}

fn request(registry: Registry<'_>, name: &str, proxies: &[Address]) -> TransactionRequest {
    let call = abi::rolloutCall {
        name: name.into(),
        proxies: proxies.into(),
    };
    TransactionRequest::default()
        .with_to(registry.address)
        .with_input(call.abi_encode())
        .with_value(U256::ZERO)
}

impl RolledOut {
    fn of(sent: Sent, registry: Address) -> Self {
        let begun = begun_by(&sent, registry)
            .into_iter()
            .map(|(proxy, ..)| proxy);
        let moved = upgraded_by(&sent, registry).into_iter().chain(begun);
        let moved: BTreeSet<_> = moved.chain(turned_by(&sent, registry)).collect();
        Self {
            upgraded: moved.len().try_into().unwrap_or(u16::MAX),
            skipped: skipped_by(&sent, registry),
            sent,
        }
    }
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
