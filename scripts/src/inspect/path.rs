//! The steps that lead an instance to a version.

use crate::client::{ChainError, Client};
use crate::governance::step_in_words;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStep {
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// What runs.
    pub runs: String,
}

/// What the registry answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Steps {
    /// It is there already.
    Arrived,
    /// These, in their order.
    Path(Vec<PathStep>),
    /// None: the registry's reason.
    Refused(String),
}

/// The steps from where an instance is to a version.
///
/// # Errors
/// Trouble with the chain or its endpoint.
pub async fn steps_to(
    client: &Client,
    registry: Address,
    (proxy, at): (Address, &str),
    version: &str,
) -> Result<Steps, ChainError> {
    if at == version || version.is_empty() {
        return Ok(Steps::Arrived);
    }
    let query = abi::planCall {
        instance: proxy,
        version: version.into(),
    };
    let found = match client.call(registry, &query).await {
        Ok(found) => found,
        Err(error) if error.revert().is_some() => return Ok(Steps::Refused(error.to_string())),
        Err(error) => return Err(error),
    };
    let targets = found.steps.iter().skip(1).map(|step| step.from.as_str());
    let targets = targets.chain([version]);
    let all = found.steps.iter().zip(targets).map(|(step, to)| PathStep {
        from: step.from.clone(),
        to: to.into(),
        runs: step_in_words(step.kind),
    });
    Ok(Steps::Path(all.collect()))
}
