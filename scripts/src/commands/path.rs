//! Whether an instance may be upgraded along its path to a version: every step that the registry has
//! for it is checked by what was registered, before anything is sent.

use super::args::StorageArgs;
use super::storage::{self, StorageChecks, StorageContext, Versions};
use super::work::{interface_at, interfaces};
use crate::app_error::Error;
use crate::assess::{Accepted, Evidence, Finding, Origin, Part, Severity};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::layout::Who;
use crate::model::{PathStep, StepKind};
use crate::registry::runs;
use crate::steps::{PROGRAM_UNKNOWN, PlannedStep, check_step};
use alloy::primitives::{Address, Bytes};
use std::collections::BTreeMap;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::registry::Step;

/// Instances of a definition whose paths are looked at, at most.
const INSTANCES_MAX: u32 = 64;

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
    place: StorageContext<'_>,
    proxy: Address,
    request: &PathRequest<'_>,
) -> Result<StorageChecks, Error> {
    let mut checks = StorageChecks::default();
    let checked = check_path(place, proxy, Some(proxy), request, &mut checks).await?;
    checked.map_err(Error::from)?;
    let accepted = place.context.accepted();
    checks.require_coverage(&accepted)?;
    checks.require_all(&accepted)?;
    Ok(checks)
}

/// Checks the paths of a definition's instances to `version`, but for the steps that `checks` holds
/// already.
pub(super) async fn check_stragglers(
    place: StorageContext<'_>,
    (name, version): (&str, &str),
    overrides: &StorageArgs,
    checks: &mut StorageChecks,
) -> Result<(), Error> {
    let reader = place.client.registry(place.registry);
    let definition = reader.head(name).await?;
    let request = PathRequest::to(version, overrides);
    if definition.instances > INSTANCES_MAX {
        let why = format!(
            "the paths of {INSTANCES_MAX} of {} instances were looked at",
            definition.instances
        );
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
    check_again(place, &request, checks).await?;
    checks.require_coverage(&place.context.accepted())
}

/// Checks the paths to `version` of the instances that go along with another version at once: those in no
/// complex step, however many are in one, unless there are too many for that. `is_there` says whether the
/// version itself is what they go along to: who is at it, or at a younger one, does
/// not.
pub(super) async fn check_few(
    place: StorageContext<'_>,
    (name, version, is_there): (&str, &str, bool),
    overrides: &StorageArgs,
    checks: &mut StorageChecks,
) -> Result<(), Error> {
    let (client, registry) = (place.client, place.registry);
    let reader = client.registry(registry);
    let definition = reader.head(name).await?;
    let count = definition.instances;
    let wait = match is_there && definition.current == version {
        true => client.registry(registry).left(name).await?,
        false => 0,
    };
    if is_there && count <= INSTANCES_MAX || u32::from(wait) > INSTANCES_AT_ONCE {
        return Ok(()); // all were looked at, or the rollout takes them
    }
    let labels = reader.labels(name).await?;
    let position = |version: &str| labels.iter().position(|label| label == version);
    let mut found = BTreeMap::<String, Vec<Address>>::new();
    let mut few = 0;
    let page = INSTANCES_MAX as usize;
    for start in (0..count as usize).step_by(page) {
        let proxies = reader.proxies_in(name, start..start + page).await?;
        for instance in reader.instances_of(proxies).await? {
            let is_in_step = count > INSTANCES_AT_ONCE && instance.state.is_migrating();
            let is_at_it = is_there && position(&instance.version) >= position(version);
            if is_in_step || is_at_it {
                continue;
            }
            few += 1;
            if few > INSTANCES_AT_ONCE {
                return Ok(()); // they wait for the rollout, which checks them
            }
            let at = found.entry(instance.version).or_default();
            at.push(instance.proxy);
        }
    }
    let request = PathRequest::to(version, overrides);
    for (at, proxies) in found {
        checks.looked_at.entry(at).or_default().extend(proxies);
    }
    check_again(place, &request, checks).await?;
    checks.require_coverage(&place.context.accepted())
}

/// Checks the paths of the instances that were looked at as they are by now, one of each version: others may have
/// added a way meanwhile.
pub(super) async fn check_again(
    place: StorageContext<'_>,
    request: &PathRequest<'_>,
    checks: &mut StorageChecks,
) -> Result<(), Error> {
    let looked_at = checks.looked_at.clone();
    for (at, instances) in &looked_at {
        if at == request.version {
            continue;
        }
        for proxy in instances {
            // One that the registry knows no path for stays where it is.
            let is_there = check_path(place, *proxy, None, request, checks).await?;
            if is_there.is_ok() {
                break;
            }
        }
    }
    Ok(())
}

/// Checks every step on an instance's path, once, or gives the registry's refusal to name one. `only` is the
/// instance whose storage is looked at; all instances otherwise.
async fn check_path(
    place: StorageContext<'_>,
    proxy: Address,
    only: Option<Address>,
    request: &PathRequest<'_>,
    checks: &mut StorageChecks,
) -> Result<Result<(), ChainError>, Error> {
    let StorageContext {
        context,
        client,
        registry,
    } = place;
    let reader = client.registry(registry);
    let instance = match answered(reader.instance(proxy).await)? {
        Ok(instance) => instance,
        Err(refused) => return Ok(Err(refused)),
    };
    let path = match answered(reader.path(proxy, request.version).await)? {
        Ok(path) => path,
        Err(refused) => return Ok(Err(refused)),
    };
    let name = instance.definition.as_str();
    let documents = context.documents(client, registry);
    for (at, PathStep { to, step: way }) in path.iter().enumerate() {
        let to = to.as_str();
        if !checks.begin(&way.from, to) {
            continue;
        }
        let (old, new) = (
            reader.code(name, &way.from).await?,
            reader.code(name, to).await?,
        );
        let first = storage::recorded(client, registry, name, new.codehash).await?;
        let file = request.overrides.layout.as_deref();
        let file = file.filter(|_| to == request.version);
        let side = storage::layout_of(&documents, to, new.layout, file).await?;
        let steps = side.known.document().and_then(|known| known.steps.clone());
        let versions = Versions {
            name,
            from: &way.from,
            to,
            old: storage::layout_of(&documents, &way.from, old.layout, None).await?,
            new: side,
            runs_migration: runs(way) != StepKind::None,
            goes_back: first.as_ref().is_some_and(|(label, _)| label != to),
            who: only.map_or(Who::All, Who::Instance),
        };
        // What is said is said of the step that needs it.
        let plain = (&StorageArgs::default(), &Accepted::default());
        match storage::require(place, versions.clone(), plain, checks).await {
            Err(Error::Layout(error)) if error.is_refusal() => {
                let said = (request.overrides, &context.accepted());
                storage::require(place, versions, said, checks).await?;
            }
            found => found?,
        }
        checks.coverage.add(storage::source(to, new.source));
        let pair = [(way.from.as_str(), old.codehash), (to, new.codehash)];
        note_lost(place, name, pair, checks).await?;
        let Some(steps) = steps else {
            checks
                .coverage
                .add(interface_at(client, new.implementation).await?);
            if runs(way) != StepKind::ForeignCall {
                let why = format!("the code of {to} does not say what it declares");
                let absent = Evidence::whole(Part::Steps, Origin::NotKnown, why);
                checks.coverage.add(absent);
            }
            continue;
        };
        let same = storage::recorded(client, registry, name, old.codehash).await?;
        let same = same.map(|(label, _)| label);
        let same_code: Vec<String> = [way.from.clone()].into_iter().chain(same).collect();
        let labels = reader.labels(name).await?;
        let is_last = at + 1 == path.len();
        checks.coverage.seen(Part::Steps, Origin::Chain);
        let checked = check_step(
            &steps,
            &PlannedStep {
                name,
                from: &way.from,
                same_code: &same_code,
                to,
                labels: &labels,
                kind: runs(way).number(),
                data: data_of(way, is_last, request.data),
                typed: if is_last { request.typed } else { "" },
                program: None,
            },
        );
        if let Err(error) = checked {
            checks.refuse(&context.accepted(), error.into())?;
        }
        if runs(way) == StepKind::Complex {
            let some = Evidence::some(Part::Steps, Origin::NotKnown, PROGRAM_UNKNOWN);
            checks.coverage.add(some);
        }
    }
    Ok(Ok(()))
}

/// Notes what callers lose with a step that is registered: who registered it was asked.
async fn note_lost(
    place: StorageContext<'_>,
    name: &str,
    pair: [(&str, CodeHash); 2],
    checks: &mut StorageChecks,
) -> Result<(), Error> {
    let chain = (place.client, place.registry);
    match interfaces(place.context, chain, name, pair, None).await? {
        Ok(None) => checks.coverage.seen(Part::Interface, Origin::Chain),
        Ok(Some(both)) => {
            both.note(&mut checks.coverage, Origin::Remembered);
            let lost = both.lost().into_iter().map(|one| Finding {
                severity: Severity::Warning,
                ..one.finding()
            });
            checks.findings.extend(lost);
        }
        // Who registered the step was asked.
        Err(why) => {
            let some = Evidence::whole(Part::Interface, Origin::Remembered, why);
            checks.coverage.add(some);
        }
    }
    Ok(())
}

/// The calldata that a step runs with.
fn data_of<'d>(way: &'d Step, is_last: bool, given: Option<&'d Bytes>) -> &'d Bytes {
    let takes_given = runs(way) == StepKind::Call && way.data.is_empty() && is_last;
    given.filter(|_| takes_given).unwrap_or(&way.data)
}

/// What a contract answered, or that it reverted.
///
/// # Errors
/// The chain or its endpoint is in trouble, so nobody knows what it would have answered.
fn answered<T>(query: Result<T, ChainError>) -> Result<Result<T, ChainError>, ChainError> {
    match query {
        Err(error) if error.revert().is_none() => Err(error),
        answer => Ok(answer),
    }
}
