//! Findings about a definition as it stands on the chain. They are gathered here alone, so that every command that
//! looks at a definition, an instance or a call finds the same: code that is a proxy, instances that run other code or
//! came from elsewhere or stayed behind, programs that expire.

use super::{arrivals, control, stuck};
use crate::assess::{Finding, Severity};
use crate::client::{ChainError, Client};
use crate::context::prelude::*;
use crate::deployed;
use crate::expiry::{self, Subject};
use crate::governance::Call;
use crate::history::read_events_at_hand;
use crate::model::{Definition, INSTANCE_PAGE, Instance, ListedInstance, ProxySamples, Role, Used};
use crate::questions::ask_all;
use crate::registry::{self, due};
use futures::try_join;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Instances that a command which sends looks at, at most.
pub const INSTANCES_MAX: usize = 64;

/// The instances that are looked at.
#[derive(Clone, Copy)]
pub enum Instances<'a> {
    /// None of them.
    None,
    /// One, of which only what it runs matters.
    Running(Address),
    /// This one.
    Single(Address),
    /// The instances of a definition at these positions.
    At(&'a str, &'a Range<usize>),
    /// The first ones of a definition, that many at most, and what stays behind.
    Of(&'a str, usize),
}

/// The findings about instances and the code that they run.
///
/// # Errors
/// Errors of the chain.
pub async fn of_instances(session: Session<'_>, which: Instances<'_>) -> Result<Vec<Finding>> {
    let client = session.registry.client.at_one_block().await?;
    let (found, _) = at_one_block(there(session, &client), which).await?;
    Ok(found)
}

/// The same, and programs that they need and that expire soon or do not run.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn with_expiring(
    session: Session<'_>,
    which: Instances<'_>,
) -> Result<Vec<Finding>> {
    let client = session.registry.client.at_one_block().await?;
    let session = there(session, &client);
    let (mut found, used) = at_one_block(session, which).await?;
    found.extend(expiring(session, used).await?);
    Ok(found)
}

/// The same registry, read at one block: an instance that moves between two reads runs what its version then has.
fn there<'a>(session: Session<'a>, client: &'a Client) -> Session<'a> {
    Session {
        registry: client.registry(session.registry.address),
        ..session
    }
}

/// The findings about instances, and the programs that their users need.
async fn at_one_block(
    session: Session<'_>,
    which: Instances<'_>,
) -> Result<(Vec<Finding>, Vec<Used>)> {
    let events = async {
        match which {
            Instances::Of(name, _) => Ok(read_events_at_hand(session.registry, name).await?),
            _ => Ok(None),
        }
    };
    let (instances, events) = try_join!(read(session, which), events)?;
    let running = async {
        let codes = codes(session, &instances).await?;
        let found = running(session, &instances, &codes).await?;
        Ok::<_, Error>((found, codes))
    };
    let arrived = async {
        match which {
            Instances::Running(_) => Ok(Vec::new()),
            _ => arrivals::of_these(session, &instances, events.as_ref()).await,
        }
    };
    let behind = async {
        match which {
            Instances::Of(name, _) => Ok(behind(session, name, events.as_ref()).await?),
            _ => Ok(Vec::new()),
        }
    };
    let ((mut found, codes), arrived, behind) = try_join!(running, arrived, behind)?;
    found.extend(arrived);
    found.extend(behind);
    Ok((found, used(&instances, &codes)))
}

/// The findings about the instances of every definition.
///
/// # Errors
/// Errors of the chain.
pub async fn of_registry(session: Session<'_>) -> Result<Vec<Finding>> {
    let names = registry::definitions(session.registry).await?;
    let all = names
        .iter()
        .map(|name| of_instances(session, Instances::Of(name, usize::MAX)));
    Ok(ask_all(all).await?.concat())
}

/// The findings about all that a call changes: who controls the code, the instances that it is about and their paths, and
/// the code that it names.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn of_call(session: Session<'_>, call: &Call) -> Result<Vec<Finding>> {
    let (mut found, stuck, of_code) = try_join!(
        control::findings(session, call),
        stuck::of_call(session, call),
        of_call_about_code(session, call)
    )?;
    found.extend(stuck);
    found.extend(of_code);
    Ok(found)
}

async fn of_call_about_code(session: Session<'_>, call: &Call) -> Result<Vec<Finding>> {
    let name = call.definition();
    let which = match call {
        // A pause must not wait, and what no longer obeys must go.
        Call::Pause(_) | Call::RemoveInstance(_) => return Ok(Vec::new()),
        Call::Migrate(_) | Call::Resume(_) => Instances::Of(name, INSTANCES_MAX),
        Call::TransferProxy(call) => Instances::Running(call.proxy),
        Call::SetHandler(call) => Instances::Running(call.proxy),
        Call::AbortMigration(call) => Instances::Running(call.proxy),
        _ => Instances::None,
    };
    let created = match call {
        Call::CreateProxy(call) => Some(&call.version),
        Call::Adopt(call) => Some(&call.version),
        Call::AcceptTransfer(call) if !call.registry.is_zero() => Some(&call.version),
        _ => None,
    };
    let registered = call.version();
    if created.is_none() && registered.is_none() && matches!(which, Instances::None) {
        return Ok(Vec::new());
    }
    let client = session.registry.client.at_one_block().await?;
    let session = there(session, &client);
    let of = |version: &str| format!("{name} {version}");
    let mut named = Vec::new();
    if let Some(version) = created {
        let code = session.registry.code(name, version).await?;
        let used = Used {
            account: code.implementation,
            role: Role::Implementation,
            of: of(version),
        };
        named.push((format!("the code of {version}"), used));
    }
    if let Some((version, ..)) = registered {
        for (what, account, _) in call.subjects() {
            let (what, role) = match what {
                "code" => (format!("the code of {version}"), Role::Implementation),
                "check" => (format!("the {what}"), Role::Check),
                _ => (format!("the {what}"), Role::Script),
            };
            let of = of(version);
            named.push((what, Used { account, role, of }));
        }
    }
    let mut found = Vec::new();
    let mut used = Vec::new();
    for (what, one) in named {
        // What is only planned is deployed and activated by the command itself.
        if client.code(one.account).await?.is_empty() {
            continue;
        }
        found.extend(deployed::hidden_proxy_at(&client, &what, one.account).await?);
        used.push(one);
    }
    let looks_at_programs = !used.is_empty() || !matches!(which, Instances::None);
    let (of_instances, by_instances) = at_one_block(session, which).await?;
    found.extend(of_instances);
    used.extend(by_instances);
    if looks_at_programs {
        found.extend(expiring(session, used).await?);
    }
    Ok(found)
}

/// The instances that are looked at, as the registry has them.
async fn read(session: Session<'_>, which: Instances<'_>) -> Result<Vec<ListedInstance>> {
    let registry = session.registry;
    Ok(match which {
        Instances::None => Vec::new(),
        Instances::Running(proxy) | Instances::Single(proxy) => {
            vec![registry.instance(proxy).await?.into()]
        }
        Instances::At(name, range) => {
            let range = range.clone();
            registry
                .listed_instances(name, range, INSTANCE_PAGE)
                .await?
        }
        Instances::Of(name, most) => {
            registry
                .listed_instances(name, 0..most, INSTANCE_PAGE)
                .await?
        }
    })
}

/// The account that holds the code of a version, by definition and version.
type Codes = BTreeMap<(String, String), Address>;

/// The account that holds the code of each version that these instances are at.
async fn codes(session: Session<'_>, instances: &[ListedInstance]) -> Result<Codes> {
    let keys: BTreeSet<_> = instances
        .iter()
        .map(|listed| key(&listed.instance))
        .collect();
    let codes = keys.into_iter().map(async |key| {
        let code = session.registry.code(&key.0, &key.1).await?;
        Ok::<_, Error>((key, code.implementation))
    });
    Ok(ask_all(codes).await?.into_iter().collect())
}

/// The version that an instance is at, among those of all definitions.
fn key(instance: &Instance) -> (String, String) {
    (instance.definition.clone(), instance.version.clone())
}

/// Instances that run other code than was recorded, and code in use that is a proxy.
async fn running(
    session: Session<'_>,
    instances: &[ListedInstance],
    codes: &Codes,
) -> Result<Vec<Finding>> {
    let registry = session.registry;
    let hidden = codes.iter().map(async |((_, version), account)| {
        let what = format!("the code of {version}");
        deployed::hidden_proxy_at(registry.client, &what, *account).await
    });
    let other = instances.iter().map(async |listed| {
        let code = codes.get(&key(&listed.instance)).copied();
        deployed::other_code_at(registry, listed, code.unwrap_or_default()).await
    });
    let (hidden, other) = try_join!(ask_all(hidden), ask_all(other))?;
    Ok(hidden.into_iter().chain(other).flatten().collect())
}

/// Instances of a definition that a rollout left behind, and why.
async fn behind(
    session: Session<'_>,
    name: &str,
    events: Option<&Definition>,
) -> Result<Vec<Finding>, ChainError> {
    let registry = session.registry;
    let head = registry.head(name).await?;
    let due = match events {
        Some(events) => events.waiting(),
        None => due(registry, name).await?,
    };
    let waiting = registry::waiting(registry, name, &due).await?;
    let skipped = waiting.iter().filter(|one| one.is_skipped);
    let found = skipped.map(|one| deployed::waits(name, &head.current, one));
    Ok(found.collect())
}

/// The code that users of these instances run.
fn used(instances: &[ListedInstance], codes: &Codes) -> Vec<Used> {
    let mut samples = ProxySamples::default();
    let sampled = instances
        .iter()
        .filter(|listed| samples.needs(&listed.instance, listed.implementation));
    let used = sampled.flat_map(|ListedInstance { instance, .. }| {
        let code = codes.get(&key(instance)).copied();
        Used::by(instance, code.unwrap_or_default())
    });
    used.collect()
}

/// Programs of the registry and of these accounts that expire soon, do not run, or hold other code than was recorded.
///
/// # Errors
/// Errors of the chain.
pub async fn programs(session: Session<'_>, used: Vec<Used>) -> Result<Vec<Finding>> {
    let Session { context, registry } = session;
    let framework = context.builder()?.framework()?;
    let subject = Subject {
        registry,
        framework: &framework,
    };
    Ok(expiry::warnings(subject, used).await?)
}

/// The same for a command that sends something. The registry itself refuses what does not run, and anybody can repair
/// it, so that it refuses nothing here: it is a warning.
async fn expiring(session: Session<'_>, used: Vec<Used>) -> Result<Vec<Finding>> {
    let mut found = programs(session, used).await?;
    for one in &mut found {
        one.severity = one.severity.min(Severity::Warning);
    }
    Ok(found)
}

/// Turns accepted findings into notes: nobody has to look at them again.
pub fn taken(context: &Context, found: Vec<Finding>) -> Vec<Finding> {
    let accepted = context.accepted();
    let taken = found.into_iter().map(|finding| {
        if accepted.answers(&finding.id) {
            return Finding {
                severity: Severity::Note,
                ..finding.taken()
            };
        }
        finding
    });
    taken.collect()
}
