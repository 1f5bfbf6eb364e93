//! Instances that stayed as they were although their definition was upgraded, and why.

use super::Registry;
use super::definition_id;
use super::logs::{Topics, all_logs};
use crate::client::{ChainError, Revert};
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// An instance that stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The proxy.
    pub proxy: Address,
    /// The reason why, as the registry's newest event about it says.
    pub reason: String,
    /// The step that helps.
    pub next: String,
    /// True if nothing keeps it but that an account without code has to send the rollout directly.
    pub needs_direct_call: bool,
    /// True if a rollout reached it and left it as it was.
    #[serde(skip)]
    pub is_skipped: bool,
}

impl Waiting {
    /// An instance that the registry left as it was with `reason`; `None` where it has said nothing about it.
    pub fn new(proxy: Address, reason: Option<&Revert>) -> Self {
        let is_skipped = reason.is_some();
        let needs_direct_call = reason.is_some_and(Revert::is::<abi::DirectCallRequired>);
        let (reason, next) = match reason {
            Some(_) if needs_direct_call => (
                "an adopted proxy moves only where an account without code sends the rollout directly".into(),
                "anybody may send it, with a key whose account has no code".into(),
            ),
            Some(reason) => (reason.to_string(), reason.advice().next),
            None => (
                "no rollout has reached it".into(),
                "stylus-upgrades upgrade NAME, by anybody".into(),
            ),
        };
        Self {
            proxy,
            reason,
            next,
            needs_direct_call,
            is_skipped,
        }
    }
}

/// Each of these instances, with the registry's newest reason for leaving it as it was.
///
/// # Errors
/// What the chain says.
pub async fn waiting(
    registry: Registry<'_>,
    name: &str,
    proxies: &[Address],
) -> Result<Vec<Waiting>, ChainError> {
    if proxies.is_empty() {
        return Ok(Vec::new());
    }
    let words: Vec<B256> = proxies.iter().map(Address::into_word).collect();
    let topics: Topics<'_> = [
        &[
            abi::InstanceSkipped::SIGNATURE_HASH,
            abi::InstanceUpgraded::SIGNATURE_HASH,
            abi::InstancePaused::SIGNATURE_HASH,
            abi::InstanceResumed::SIGNATURE_HASH,
        ],
        &[definition_id(name).0],
        &words,
    ];
    let mut reasons = BTreeMap::new();
    for log in all_logs(registry.client, registry.address, topics).await? {
        let Some(word) = log.topics().get(2) else {
            continue;
        };
        let proxy = Address::from_word(*word);
        match log.log_decode::<abi::InstanceSkipped>() {
            Ok(skipped) => reasons.insert(proxy, Revert::decode(&skipped.inner.reason)),
            Err(_) => reasons.remove(&proxy), // it has moved since
        };
    }
    let waiting = proxies
        .iter()
        .map(|proxy| Waiting::new(*proxy, reasons.get(proxy)));
    Ok(waiting.collect())
}
