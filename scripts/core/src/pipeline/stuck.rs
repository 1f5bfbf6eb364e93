//! Instances that an action brings to a version from which no path leads to the current one.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::context::prelude::*;
use crate::governance::Call;
use crate::model::VersionGraph;
use crate::text::shell_word;

/// Finds that an instance which a call creates, adopts, accepts or transfers will have no path to the current version,
/// which is younger than its own.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn of_call(session: Session<'_>, call: &Call) -> Result<Option<Finding>> {
    let registry = session.registry;
    let (registry, name, version) = match call {
        Call::CreateProxy(create) => (registry, &create.name, create.version.clone()),
        Call::Adopt(adopt) => (registry, &adopt.name, adopt.version.clone()),
        Call::AcceptTransfer(accept) if !accept.registry.is_zero() => {
            (registry, &accept.name, accept.version.clone())
        }
        Call::TransferProxy(give) if !give.definition.is_empty() => {
            let receiver = registry.client.registry(give.to);
            match receiver.acceptance(&give.definition, give.proxy).await {
                Ok(accepted) => (receiver, &give.definition, accepted.version),
                // The checks of the transfer say why.
                Err(error) if error.is_no_answer() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        _ => return Ok(None),
    };
    if version.is_empty() {
        return Ok(None);
    }
    let current = registry.head(name).await?.current;
    if current == version || current.is_empty() {
        return Ok(None);
    }
    let versions = registry.versions(name).await?;
    let labels: Vec<&str> = versions
        .iter()
        .map(|known| known.version.as_str())
        .collect();
    let place = |label: &str| labels.iter().position(|other| *other == label);
    let way = VersionGraph::new(&versions);
    let Some(at) = place(&version) else {
        return Ok(None);
    };
    // A version that is younger than the current one can become current.
    let is_ahead = place(&current).is_some_and(|current| current < at);
    if is_ahead || way.upgrades(&version, &current).is_some() {
        return Ok(None);
    }
    let id = FindingId::of_version(FindingKind::PathLost, &version);
    let says = format!("the instance will be at {version}, and have no path to {name} {current}");
    let [name, version, current] = [name, &version, &current].map(|word| shell_word(word));
    let next = format!(
        "stylus-upgrades register {name} {current} --from {version} adds one, with the migrations that its data need"
    );
    Ok(Some(Finding {
        next: Some(next),
        ..Finding::new(Part::Steps, Severity::Warning, id, says)
    }))
}
