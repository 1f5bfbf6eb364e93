//! `history` and `verify`: what happened, from chain data alone, and whether it still holds.

use super::context::Context;
use crate::client::Client;
use crate::error::{Error, Exit, Report};
use crate::governance::{GovernanceError, seconds_left};
use crate::history::{self, Difference, Entry, History, LiveCheck, differences, live_checks};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::definitions;
use crate::text::utc;
use alloy::primitives::{Address, B256};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Everything that happened to a definition; the empty name is the registry itself.
pub(super) async fn run(context: &Context, name: &str) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.client().await?;
    let names = context.names();
    let history = read(context, &client, registry, name).await?;
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    outcome.field("name", name);
    let mut last = B256::ZERO;
    for entry in &history.entries {
        if entry.tx != last {
            last = entry.tx;
            outcome.line(format!(
                "{}  block {}  {}",
                utc(entry.time),
                entry.block,
                entry.tx
            ));
        }
        outcome.line(line(entry, &names.short(entry.who)));
    }
    outcome.field("entries", &history.entries);
    check(context, &client, registry, name, &history, &mut outcome).await?;
    Ok(outcome)
}

/// Whether code, slots and views of a definition, or of all of them, are what was recorded. With
/// `source`, also whether it builds to the code of `version`.
pub(super) async fn verify(
    context: &Context,
    name: Option<&str>,
    version: Option<&str>,
    source: Option<&str>,
) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.client().await?;
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => definitions(&client, registry).await?,
    };
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    if names.is_empty() {
        let what = format!("the registry {registry} has no definitions");
        return Err(GovernanceError::Nothing { what }.into());
    }
    let mut all = Vec::new();
    for name in &names {
        let history = read(context, &client, registry, name).await?;
        outcome.line(name);
        all.extend(check(context, &client, registry, name, &history, &mut outcome).await?);
    }
    if let (Some(name), Some(source)) = (name, source) {
        let check = built(context, &client, registry, name, version, source).await?;
        outcome.line(format!("  {}", check.line()));
        all.push(check);
    }
    settle(context, &all, &mut outcome);
    outcome.field("checks", &all);
    Ok(outcome)
}

/// The history of a definition that exists.
async fn read(
    context: &Context,
    client: &Client,
    registry: Address,
    name: &str,
) -> Result<History, Error> {
    let history = history::read(client, registry, name, &context.names()).await?;
    if history.entries.is_empty() {
        if !name.is_empty() {
            // An unknown name is refused by the registry in its own words.
            client
                .call(registry, &abi::definitionCall { name: name.into() })
                .await?;
        }
        let what = format!("{registry} emitted no event about {name:?}");
        return Err(GovernanceError::Nothing { what }.into());
    }
    Ok(history)
}

/// Live code against the events, and the views against the events.
async fn check(
    context: &Context,
    client: &Client,
    registry: Address,
    name: &str,
    history: &History,
    outcome: &mut Outcome,
) -> Result<Vec<LiveCheck>, Error> {
    let rebuilt = &history.rebuilt;
    let mut checks = live_checks(client, registry, rebuilt).await?;
    let differing = if seconds_left(client, registry).await?.is_some() {
        differences(client, registry, name, rebuilt).await?
    } else {
        Vec::new() // a registry that cannot run has no views; the check above says so
    };
    let views = LiveCheck {
        what: "views of the registry".into(),
        ok: differing.is_empty(),
        expected: "what its events say".into(),
        found: match differing.first() {
            None => "what its events say".into(),
            Some(Difference { what, events, view }) => {
                format!("{what} is {view}, events say {events}")
            }
        },
    };
    checks.push(views);
    for check in &checks {
        outcome.line(format!("  {}", check.line()));
    }
    outcome.field("checks", &checks);
    outcome.field("differences", &differing);
    settle(context, &checks, outcome);
    Ok(checks)
}

/// Whether a source builds to the code that is registered.
async fn built(
    context: &Context,
    client: &Client,
    registry: Address,
    name: &str,
    version: Option<&str>,
    source: &str,
) -> Result<LiveCheck, Error> {
    let version = match version {
        Some(version) => version.to_owned(),
        None => {
            let call = abi::definitionCall { name: name.into() };
            client.call(registry, &call).await?.current
        }
    };
    let call = abi::getVersionCall {
        name: name.into(),
        version: version.clone(),
    };
    let recorded = client.call(registry, &call).await?.code.codehash;
    let found = context.artifact(source)?.codehash();
    Ok(LiveCheck {
        what: format!("{source} is the source of {version}"),
        ok: recorded == found,
        expected: recorded.to_string(),
        found: found.to_string(),
    })
}

fn settle(context: &Context, checks: &[LiveCheck], outcome: &mut Outcome) {
    let failed = checks.iter().filter(|check| !check.ok).count();
    if failed > 0 {
        let error = GovernanceError::Checks {
            failed,
            all: checks.len(),
        };
        context.output.note(&format!("{error}"));
        outcome.field("error", Report::of(&error));
        outcome.exit = Some(Exit::Refused);
    }
}

fn line(entry: &Entry, who: &str) -> String {
    let mut text = format!("  {who}  {}", entry.what);
    if let Some(hash) = entry.codehash {
        text.push_str(&format!("  code hash {hash}"));
    }
    if let (Some(policy), "Proposed" | "Approved" | "Executed") = (&entry.policy, entry.event) {
        text.push_str(&format!("  under {policy}"));
    }
    text
}
