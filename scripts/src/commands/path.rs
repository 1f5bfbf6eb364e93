//! The paths of instances to a version: every step that the registry has for them is checked by what was
//! registered, before anything is sent.

use super::args::StorageArgs;
use super::facts::Place;
use super::storage::require_all;
use crate::app_error::Error;
use crate::assess::{Evidence, Origin, Part, Refused, Role};
use crate::checks::{Assessment, Runs, Stage, Subject, Version};
use crate::client::ChainError;
use crate::layout::Who;
use crate::model::{PathStep, StepKind, runs};
use crate::text::shell_word;
use alloy::primitives::{Address, Bytes};

/// Instances of a definition whose paths are looked at, at most.
pub(super) const INSTANCES_MAX: u32 = 64;

/// What a command says about the upgrade of one instance.
pub(super) struct PathRequest<'a> {
    pub(super) version: &'a str,
    /// Calldata of the last step, where the registry has none for it.
    pub(super) data: Option<&'a Bytes>,
    /// Its function as it was typed, empty where calldata were given.
    pub(super) typed: &'a str,
    pub(super) overrides: &'a StorageArgs,
}

impl<'a> PathRequest<'a> {
    /// With what is registered alone.
    pub(super) fn to(version: &'a str, overrides: &'a StorageArgs) -> Self {
        Self {
            version,
            data: None,
            typed: "",
            overrides,
        }
    }
}

/// Checks the path of one instance.
///
/// # Errors
/// What the registry refuses to say of it: it refuses the upgrade as well, or others have moved it meanwhile.
pub(super) async fn check_instance(
    place: Place<'_>,
    proxy: Address,
    request: &PathRequest<'_>,
) -> Result<Assessment, Error> {
    let mut checks = place.assessment(Role::Proposer);
    walk(place, (proxy, Who::Instance(proxy)), request, &mut checks).await?;
    require_all(&checks)?;
    match checks.refusal() {
        Some(refused) => Err(asked_again(refused)),
        None => Ok(checks),
    }
}

/// What refuses ways that are registered, with the command of this process as it was typed. Its key, if it was typed,
/// is hidden as everywhere.
pub(super) fn asked_again(refused: Refused) -> Error {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| shell_word(&word.to_string_lossy()));
    let typed = words.fold("stylus-upgrades".to_owned(), |typed, word| {
        typed + " " + &word
    });
    refused.asked_again(typed).into()
}

/// Checks the paths of a definition's instances to `version`, but for the steps that `checks` holds
/// already.
pub(super) async fn check_stragglers(
    place: Place<'_>,
    (name, version): (&str, &str),
    overrides: &StorageArgs,
    checks: &mut Assessment,
) -> Result<(), Error> {
    let reader = place.reader();
    let count = reader.head(name).await?.instances;
    if count > INSTANCES_MAX {
        let why = format!("the paths of {INSTANCES_MAX} of {count} instances were looked at");
        checks.is_sampled = true;
        let some = Evidence::some(Part::LiveInstances, Origin::NotKnown, why);
        checks.coverage.add(some);
    }
    checks.looked_at.clear();
    let proxies = reader.proxies_in(name, 0..INSTANCES_MAX as usize).await?;
    for instance in reader.instances_of(proxies).await? {
        let at = checks.looked_at.entry(instance.version).or_default();
        at.push(instance.proxy);
    }
    check_again(place, &PathRequest::to(version, overrides), checks).await
}

/// Checks the paths of the instances that were looked at as they are by now, one of each version: others may have
/// added a way meanwhile.
pub(super) async fn check_again(
    place: Place<'_>,
    request: &PathRequest<'_>,
    checks: &mut Assessment,
) -> Result<(), Error> {
    let looked_at = checks.looked_at.clone();
    for (at, instances) in &looked_at {
        if at == request.version {
            continue;
        }
        for proxy in instances {
            match walk(place, (*proxy, Who::All), request, checks).await {
                // One that the registry knows no path for stays where it is.
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

/// Checks every step on an instance's path, once: for itself, or for all.
async fn walk(
    place: Place<'_>,
    (proxy, who): (Address, Who),
    request: &PathRequest<'_>,
    checks: &mut Assessment,
) -> Result<(), Error> {
    let reader = place.reader();
    let name = reader.instance(proxy).await?.definition;
    let path = reader.path(proxy, request.version).await?;
    for (at, PathStep { to, step }) in path.iter().enumerate() {
        if !checks.begin(&step.from, to) {
            continue;
        }
        let code = reader.code(&name, to).await?;
        let first = reader.first_with(&name, code.codehash).await?;
        let is_old = first.is_some_and(|first| first.version != *to);
        let file = request.overrides.layout.as_deref();
        let file = file.filter(|_| to == request.version);
        let code = place.code(to, code, file, is_old).await?;
        let mut runs_on_way = place.runs(step).await?;
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
        place.add(Subject::Version(&version), checks).await?;
    }
    Ok(())
}
