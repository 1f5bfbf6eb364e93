//! Open actions of which nothing ever comes any more.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::ChainError;
use crate::governance::{Call, obstacle};
use crate::model::Definition;
use crate::registry::Registry;
use crate::text::utc;

/// A finding for each: the instance that it is about has changed, or its version is registered with other code. They keep
/// a place among the open actions of their approvers until they expire. `now` is in Unix seconds.
pub(super) async fn examine(
    registry: Registry<'_>,
    definitions: &[Definition],
    now: u64,
) -> Result<Vec<Finding>, ChainError> {
    let mut findings = Vec::new();
    for (action, open) in definitions
        .iter()
        .flat_map(|definition| definition.pending(now))
    {
        let Ok(call) = Call::decode(&open.call) else {
            continue; // `pending` tells of it
        };
        let obstacle = obstacle(registry, &call).await?;
        let Some(obstacle) = obstacle.filter(|obstacle| obstacle.ends) else {
            continue;
        };
        let says = format!(
            "nothing comes of the action {action} any more: {}",
            obstacle.says
        );
        let finding = Finding::new(
            Part::Action,
            Severity::Warning,
            FindingId::error(obstacle.name),
            says,
        );
        findings.push(finding.with(
            "an action that can be executed",
            obstacle.name.to_owned(),
            format!(
                "its proposer, {}: `stylus-upgrades cancel {action}`; else its place is free from {} on",
                open.proposer,
                utc(open.expires)
            ),
        ));
    }
    Ok(findings)
}
