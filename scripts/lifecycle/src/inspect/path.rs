//! The steps that lead an instance to a version.

use crate::client::ChainError;
use crate::governance::step_in_words;
use crate::model;
use crate::registry::Registry;
use alloy::primitives::Address;
use serde::Serialize;

/// A step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathStep {
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// The code that runs.
    pub runs: String,
}

/// The registry's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Steps {
    /// It is there already.
    Arrived,
    /// These, in their order.
    Path(Vec<PathStep>),
    /// None, because the instance has a newer version; the command that makes that the current one.
    Ahead(String),
    /// None: the registry's reason.
    Refused(String),
}

impl Steps {
    /// Lines for people; `current` is the version that they lead to.
    pub fn lines(&self, current: &str) -> Vec<String> {
        match self {
            Self::Arrived => vec!["it is at the current version".into()],
            Self::Ahead(command) => vec![format!(
                "it is ahead of the current version {current}; {command} makes its version current"
            )],
            Self::Refused(why) => vec![format!("no path to the current version {current}: {why}")],
            Self::Path(path) => {
                let steps = path.iter();
                let steps =
                    steps.map(|step| format!("  {} → {}  {}", step.from, step.to, step.runs));
                let first = format!("the current version is {current}:");
                std::iter::once(first).chain(steps).collect()
            }
        }
    }
}

/// The steps from where an instance of `name` is to a version. `labels` are the versions in their order of registration.
///
/// # Errors
/// Trouble with the chain or its endpoint.
pub async fn steps_to(
    registry: Registry<'_>,
    (name, labels): (&str, &[String]),
    (proxy, at): (Address, &str),
    version: &str,
) -> Result<Steps, ChainError> {
    if at == version || version.is_empty() {
        return Ok(Steps::Arrived);
    }
    match registry.path(proxy, version).await {
        Ok(found) => Ok(Steps::Path(
            found
                .into_iter()
                .map(|model::PathStep { to, step }| PathStep {
                    runs: step_in_words(step.kind),
                    from: step.from,
                    to,
                })
                .collect(),
        )),
        Err(error) if error.revert().is_some() => {
            let place = |label| labels.iter().position(|other| other == label);
            Ok(if place(at) > place(version) {
                Steps::Ahead(format!("stylus-upgrades migrate {name} {at} SOURCE"))
            } else {
                Steps::Refused(error.to_string())
            })
        }
        Err(error) => Err(error),
    }
}
