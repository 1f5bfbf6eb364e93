//! `history` and `verify`: what happened, from chain data alone, and whether it still holds.

mod compared;

pub(super) use compared::{check, compared};

use compared::{read, settle};

use super::args::VerifyArgs;
use super::context::Context;
use super::doctor;
use super::facts::Place;
use super::publish;
use super::recorded;
use super::verifiable::implementation;
use crate::app_error::Error;
use crate::assess::{Coverage, Finding, Refused, Role, Severity, decide};
use crate::client::Client;
use crate::error::{Exit, Explain, Report};
use crate::governance::{GovernanceError, seconds_left};
use crate::history::{Entry, History, LiveCheck, Wanted};
use crate::ids::{CodeHash, TxHash};
use crate::model::{Definition, ProxyKind, Slice};
use crate::output::Outcome;
use crate::registry::{Origin, definitions, relay_of};
use crate::text::utc;
use alloy::primitives::Address;
use serde_json::Map;
use std::collections::BTreeSet;

/// Everything that happened to a definition; the empty name is the registry itself.
pub(super) async fn run(context: &Context, name: &str) -> Result<Outcome, Error> {
    let whole = Slice::whole;
    Ok(run_part(context, name, Wanted::All, whole).await?.0)
}

/// The same of some events, and of what is compared with the chain only a part; with the definition's
/// history.
pub(super) async fn run_part(
    context: &Context,
    name: &str,
    wanted: Wanted,
    part: impl Fn(&Definition) -> Slice,
) -> Result<(Outcome, History), Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let names = context.names();
    let subject = (registry, name);
    let compared = compared(context, &client, subject, wanted, &part).await?;
    let history = &compared.0;
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    outcome.field("name", name);
    let mut last = TxHash::ZERO;
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
    let part = part(&compared.0.definition);
    check(context, &client, subject, &compared, &part, &mut outcome).await?;
    Ok((outcome, compared.0))
}

/// Whether code, slots and views of a definition, or of all of them, are what was recorded.
pub(super) async fn verify(context: &Context, args: &VerifyArgs) -> Result<Outcome, Error> {
    let (name, source) = (args.name.as_deref(), args.source.as_deref());
    let (version, publish) = (args.version.as_deref(), &args.publish);
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    context.say_read_at(&client, registry, true);
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => {
            let found = definitions(&client, registry).await?;
            // An endpoint can leave a definition out whole; what was registered from here is known.
            let network = context.kept_network(&client);
            let kept = context.versions().definitions(&network, registry)?;
            let all: BTreeSet<String> = found.iter().chain(&kept).cloned().collect();
            all.into_iter().collect()
        }
    };
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    if names.is_empty() {
        read(context, &client, registry, "", Wanted::None).await?; // or the endpoint shows no event at all
        let what = format!("the registry {registry} has no definitions");
        return Err(GovernanceError::Nothing { what }.into());
    }
    let mut all = Vec::new();
    let mut proxies = Vec::new();
    let mut used = Vec::new();
    let mut builds = Map::new();
    let mut coverage = Coverage::default();
    let documents = context.documents(&client, registry);
    let is_running = seconds_left(&client, registry).await?.is_some();
    for name in &names {
        let subject = (registry, name.as_str());
        let whole = Slice::whole;
        let compared = compared(context, &client, subject, Wanted::None, whole).await?;
        outcome.line(name);
        let rebuilt = &compared.0.definition;
        let built = source.map(|_| version.unwrap_or(&rebuilt.current));
        let versions = &rebuilt.versions;
        let whose = (name.as_str(), is_running);
        coverage.merge(&recorded::coverage(&documents, whose, versions, built).await?);
        if is_running {
            let lines = recorded::said(&documents, versions, &mut builds).await?;
            outcome.lines.extend(lines);
        }
        used.extend(rebuilt.used());
        let instances = rebuilt.instances.iter();
        proxies.extend(instances.map(|instance| (instance.proxy, instance.kind)));
        let whole = whole(&compared.0.definition);
        all.extend(check(context, &client, subject, &compared, &whole, &mut outcome).await?);
    }
    if let (Some(name), Some(source)) = (name, source) {
        let checks = built(context, &client, registry, name, version, source).await?;
        let lines = checks.iter().map(|check| format!("  {}", check.line()));
        outcome.lines.extend(lines);
        all.extend(checks);
    }
    if args.framework {
        let checks = framework_checks(Place::of(context, &client, registry), &proxies).await?;
        outcome.line("framework");
        outcome
            .lines
            .extend(checks.iter().map(|check| format!("  {}", check.line())));
        all.extend(checks);
    }
    let warnings = doctor::warn(Place::of(context, &client, registry), used, &mut outcome).await?;
    outcome.field("builds", builds);
    outcome.field("coverage", &coverage);
    outcome.lines.extend(coverage.lines());
    settle(context, &all, &mut outcome);
    outcome.field("checks", &all);
    let is_changed = |one: &&Finding| one.id == *"CodeChanged" && one.severity == Severity::Danger;
    if let (None, Some(changed)) = (outcome.exit, warnings.iter().find(is_changed)) {
        outcome.line(format!("✗ {}", changed.message));
        outcome.field("error", Report::of(changed));
        outcome.exit = Some(Exit::Refused);
    }
    let decision = decide(&coverage.findings(), &context.accepted(), Role::Reader);
    if !decision.accepted.is_empty() {
        outcome.field("accepted", decision.accepted);
    }
    if let (None, Some(error)) = (outcome.exit, Refused::of(decision.refused)) {
        let report = Report::of(&error);
        context.output.explain(&report);
        outcome.field("error", report);
        outcome.exit = Some(error.exit());
    }
    if let (Some(name), None, Some(_)) = (name, outcome.exit, publish.publish) {
        let version = match version {
            Some(version) => version.to_owned(),
            None => client.registry(registry).head(name).await?.current,
        };
        let subject = (registry, name, version.as_str());
        let published = publish::run(context, &client, subject, publish).await?;
        if let Some(published) = published {
            outcome.lines.extend(published.lines());
            outcome.field("published", published);
        }
    }
    Ok(outcome)
}

/// Whether the framework's code on the chain is what this program builds.
async fn framework_checks(
    place: Place<'_>,
    proxies: &[(Address, ProxyKind)],
) -> Result<Vec<LiveCheck>, Error> {
    let (context, client, registry) = place.parts();
    let built = context.builder()?.framework()?;
    let mut expected = vec![
        ("registry", registry, built.registry.codehash()),
        ("pause stub", built.stub_address, CodeHash::of(&built.stub)),
    ];
    for part in std::iter::once(&built.storage).chain(&built.parts) {
        expected.push((&part.artifact.name, part.address, part.artifact.codehash()));
    }
    for (proxy, kind) in proxies {
        let relay = match *kind {
            ProxyKind::Evm => relay_of(client, registry, *proxy).await?,
            _ => None,
        };
        let codehash = built.proxy_codehash(*kind, relay.unwrap_or(registry));
        expected.extend(codehash.map(|codehash| ("proxy", *proxy, codehash)));
    }
    let mut checks = Vec::with_capacity(expected.len() + 1);
    let origin = context.origin_of(registry);
    checks.push(LiveCheck {
        what: format!("origin of the registry {registry}"),
        ok: origin.is_some(),
        expected: "an address that follows from deployer, init code and constructor's data".into(),
        found: match origin {
            Some(origin) => {
                let Origin {
                    define_policy,
                    salt,
                } = origin;
                format!("it follows, with the policy {define_policy} and the salt {salt}")
            }
            None => "an address that follows from nothing".into(),
        },
    });
    for (what, account, hash) in expected {
        let found = client.codehash(account).await?.unwrap_or_default();
        checks.push(LiveCheck {
            what: format!("code of the {what} {account}"),
            ok: found == hash,
            expected: hash.to_string(),
            found: found.to_string(),
        });
    }
    Ok(checks)
}

/// Whether a source builds to the code that is registered, and is the one that was registered. It
/// is built now, whatever was built before.
async fn built(
    context: &Context,
    client: &Client,
    registry: Address,
    name: &str,
    version: Option<&str>,
    source: &str,
) -> Result<Vec<LiveCheck>, Error> {
    let version = match version {
        Some(version) => version.to_owned(),
        None => client.registry(registry).head(name).await?.current,
    };
    let recorded = client.registry(registry).code(name, &version).await?;
    let found = implementation(context, client.chain_id(), source, true)?;
    let mut checks = vec![LiveCheck {
        what: format!("{source} is the source of {version}"),
        ok: recorded.codehash == found.codehash(),
        expected: recorded.codehash.to_string(),
        found: found.codehash().to_string(),
    }];
    // A `.wasm` file has no sources, and who registers an address tells of none.
    if !recorded.source.is_zero() && found.info.source_hash.is_some() {
        checks.push(LiveCheck {
            what: format!("{source} has the source hash of {version}"),
            ok: recorded.source == found.source_hash(),
            expected: recorded.source.to_string(),
            found: found.source_hash().to_string(),
        });
    }
    Ok(checks)
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
