//! The paths of instances to a version: every step that the registry has for them is checked before anything
//! is sent.

use super::standing::{self, Instances};
use crate::assess::{Refused, Role};
use crate::checks::{Assessment, Runs, Stage, Subject, Version};
use crate::client::ChainError;
use crate::context::prelude::*;
use crate::layout::Who;
use crate::model::{PathStep, StepKind, VersionGraph, runs};
use crate::text::quoted;
use std::path::Path;
use stylus_upgrades_interface::limits::PATH_MAX;

/// The arguments of a command for the upgrade of one instance.
pub(crate) struct PathRequest<'a> {
    pub(crate) version: &'a str,
    /// Calldata of the last step, if the registry has none for it.
    pub(crate) data: Option<&'a Bytes>,
    /// Its function as it was typed; empty if calldata was given.
    pub(crate) typed: &'a str,
    /// The layout of the version, for code that carries none.
    pub(crate) layout: Option<&'a Path>,
}

impl<'a> PathRequest<'a> {
    /// Without arguments.
    pub(crate) fn to(version: &'a str, layout: Option<&'a Path>) -> Self {
        Self {
            version,
            data: None,
            typed: "",
            layout,
        }
    }
}

/// Checks the path of one instance.
///
/// # Errors
/// The registry's refusal of the path: it refuses the upgrade too, or the instance was upgraded meanwhile.
pub(crate) async fn check_instance(
    session: Session<'_>,
    proxy: Address,
    request: &PathRequest<'_>,
) -> Result<Assessment> {
    let mut checks = session.assessment(Role::Proposer);
    walk(session, (proxy, Who::Instance(proxy)), request, &mut checks).await?;
    let which = Instances::Single(proxy);
    checks.extend(standing::with_expiring(session, which).await?);
    match checks.refusal() {
        Some(refused) => Err(asked_again(refused)),
        None => Ok(checks),
    }
}

/// The refusal of registered steps, with the command of this process as it was typed. A key in it is hidden as
/// everywhere.
pub(crate) fn asked_again(refused: Refused) -> Error {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    let typed = words.fold("stylus-upgrades".to_owned(), |typed, word| {
        typed + " " + &word
    });
    refused.asked_again(typed).into()
}

/// Instances of one version that are looked at, at most, until one of them has a path.
const OF_VERSION_MAX: usize = 8;

/// Checks the paths of a definition's instances to `version`, one of each version, except the steps that `checks` already
/// has. `checks` gets the instances by their version.
pub(crate) async fn check_stragglers(
    session: Session<'_>,
    (name, version): (&str, &str),
    layout: Option<&Path>,
    checks: &mut Assessment,
) -> Result<()> {
    checks.looked_at.clear();
    for instance in session.registry.instances(name).await? {
        let at = checks.looked_at.entry(instance.version).or_default();
        at.push(instance.proxy);
    }
    let request = PathRequest::to(version, layout);
    check_again(session, &request, checks).await
}

/// Selects the instances of each version but `version` whose paths to it are looked at, until one of them has a path.
pub(crate) fn select_instances_to_check<'c>(
    checks: &'c Assessment,
    version: &'c str,
) -> impl Iterator<Item = &'c [Address]> {
    let others = checks.looked_at.iter();
    let others = others.filter(move |(at, _)| at.as_str() != version);
    others.map(|(_, instances)| &instances[..instances.len().min(OF_VERSION_MAX)])
}

/// Checks the current paths of the instances that `checks` has, one of each version: others may have added a step
/// meanwhile.
pub(crate) async fn check_again(
    session: Session<'_>,
    request: &PathRequest<'_>,
    checks: &mut Assessment,
) -> Result<()> {
    let to_check: Vec<Vec<Address>> = select_instances_to_check(checks, request.version)
        .map(<[Address]>::to_vec)
        .collect();
    for instances in to_check {
        for proxy in instances {
            match walk(session, (proxy, Who::All), request, checks).await {
                // An instance without a path stays at its version.
                Err(error) if error.chain().and_then(ChainError::revert).is_some() => {}
                checked => {
                    checked?;
                    break;
                }
            }
        }
    }
    Ok(())
}

/// The steps of a way that has more of them than one upgrade takes; nothing where there is no way.
async fn long_path(
    session: Session<'_>,
    name: &str,
    (from, to): (&str, &str),
) -> Result<Option<Vec<PathStep>>> {
    let versions = session.registry.versions(name).await?;
    let graph = VersionGraph::new(&versions);
    let Some(labels) = graph.labels_to(from, to) else {
        return Ok(None);
    };
    let (mut at, mut path) = (from, Vec::new());
    for label in labels {
        let version = versions.iter().find(|version| version.version == label);
        let mut steps = version.iter().flat_map(|version| &version.steps);
        let step = steps.find(|step| step.from == at).cloned();
        path.extend(step.map(|step| PathStep {
            to: label.to_owned(),
            step,
        }));
        at = label;
    }
    Ok(Some(path))
}

/// Checks every step on an instance's path once: for this instance, or for all.
async fn walk(
    session: Session<'_>,
    (proxy, who): (Address, Who),
    request: &PathRequest<'_>,
    checks: &mut Assessment,
) -> Result<()> {
    let registry = session.registry;
    let instance = registry.instance(proxy).await?;
    let name = instance.definition;
    // A way of more steps than one upgrade takes is told in stages, or not at all.
    let path = match registry.path(proxy, request.version).await {
        Ok(path) if path.len() < PATH_MAX => path,
        Err(error) if error.revert().is_none() => return Err(error.into()),
        told => {
            let ends = (instance.version.as_str(), request.version);
            match long_path(session, &name, ends).await? {
                Some(path) => path,
                None => told?,
            }
        }
    };
    for (at, PathStep { to, step }) in path.iter().enumerate() {
        if !checks.begin(&step.from, to) {
            continue;
        }
        let code = registry.code(&name, to).await?;
        let first = registry.first_with(&name, code.codehash).await?;
        let is_old = first.is_some_and(|first| first.version != *to);
        let file = request.layout.filter(|_| to == request.version);
        let what = (to.as_str(), checks.role);
        let code = session.code(what, code, file, is_old).await?;
        let mut runs_on_way = session.runs(step).await?;
        let is_given = at + 1 == path.len() && runs(step) == StepKind::Call;
        if let Runs::Step { data, typed, .. } = &mut runs_on_way
            && at + 1 == path.len()
        {
            *typed = request.typed.to_owned();
            if let Some(given) = request.data.filter(|_| is_given && data.is_empty()) {
                *data = given.clone();
            }
        }
        let version = Version {
            name: &name,
            from: &step.from,
            to,
            stage: Stage::Registered,
            code: &code,
            runs: runs_on_way,
            who,
            current: "",
        };
        session.add(Subject::Version(&version), checks).await?;
    }
    Ok(())
}
