//! `review`: everything about one action that an approver looks at before he approves it.

mod created;
mod effects;
mod tried;

use super::args::ReviewArgs;
use super::calldata::decoded;
use super::context::Context;
use super::facts::Place;
use super::pending::{named, superseded};
use super::propose::waiting;
use super::work::check_action;
use crate::app_error::Error;
use crate::assess::{Finding, Origin, Part, Role, Severity};
use crate::checks::Assessment;
use crate::client::Client;
use crate::functions::DecodedCall;
use crate::governance::signed::{Digests, current, deadline};
use crate::governance::{
    BuildFacts, Call, GovernanceError, GovernedCall, deciding_policy, explain, proposed, readiness,
    tree,
};
use crate::history::{self, Wanted};
use crate::ids::ActionId;
use crate::layout::LayoutError;
use crate::model::Readiness;
use crate::output::Outcome;
use crate::review::{Area, Subject, draw, findings};
use crate::text::utc;
use alloy::primitives::{Address, U256};
use created::Created;
use stylus_layout::{Declarations, compare};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
pub(super) use tried::add_without_migration;

/// Instances whose addresses are compared with those that an action names, at most.
const KNOWN_MAX: usize = 1_000;

pub(super) async fn run(context: &Context, action: &str) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let names = context.names();
    let action = named(&client, registry, action, &names).await?;
    let event = proposed(&client, registry, action).await?;
    let bytes = event.call.clone();
    let governed = GovernedCall::decode(&client, registry, bytes, U256::ZERO, &names).await?;
    let open = match readiness(&client, registry, action).await {
        Ok(readiness) => Some(readiness),
        Err(GovernanceError::NotOpen { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (name, role) = (governed.call.definition(), governed.call.role());
    let (role, text) = deciding_policy(&client, registry, name, role).await?;
    let approved = open.as_ref().map(|one| one.approved.clone());
    let wanted = Wanted::OfAction(action);
    let history = history::read_part(&client, registry, name, &names, wanted).await?;
    let entries = history.entries;

    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    outcome.field("chain_id", client.chain_id());
    outcome.field("action", action);
    outcome.field("definition", name);
    outcome.field("proposer", event.proposer);
    outcome.field("call", &event.call);
    outcome.field("what", governed.what());
    outcome.field("display", &governed.display);
    outcome.field("facts", &governed.facts);
    outcome.field("readiness", &open);
    let explained = explain(&role, &text, &names)?;
    outcome.field("policy", &explained);
    outcome.field("tree", tree(&role, &text, &approved.unwrap_or_default())?);
    outcome.line(format!("action {action}"));
    let lines = governed.lines().into_iter();
    outcome.lines.extend(lines.map(|line| format!("  {line}")));
    let decoded = decoded(Place::of(context, &client, registry), &governed.call).await?;
    let lines = decoded.iter().flat_map(DecodedCall::lines);
    outcome
        .lines
        .extend(lines.map(|line| format!("    {line}")));
    outcome.field("decoded", &decoded);
    outcome.line(format!("proposed by {}", names.long(event.proposer)));
    match &open {
        Some(open) => {
            let Readiness {
                approvals,
                required,
                ..
            } = open;
            outcome.line(format!("approvals  {approvals}/{required}"));
            outcome.lines.extend(waiting(open, &names));
            outcome.field("contracts", contracts(&client, &open.missing).await?);
            let found = found(context, &client, (registry, action), &governed, open).await?;
            found.report(&mut outcome);
        }
        None => outcome.line("it is not open: it was executed or cancelled, or its time is over"),
    }
    outcome.line(format!("policy of {role}: {}", explained.named));
    for entry in &entries {
        let (time, who) = (utc(entry.time), names.short(entry.who));
        outcome.line(format!("{time}  {who}  {}", entry.what));
    }
    outcome.field("entries", entries);
    Ok(outcome)
}

/// Those of the accounts that have code of their own: a Safe, a timelock. An account that delegates
/// (EIP-7702) still has its key.
async fn contracts(client: &Client, accounts: &[Address]) -> Result<Vec<Address>, Error> {
    let mut all = Vec::new();
    for account in accounts {
        let code = client.code(*account).await?;
        if !code.is_empty() && !code.starts_with(&DESIGNATOR_PREFIX) {
            all.push(*account);
        }
    }
    Ok(all)
}

/// What was found out about an open action.
struct Found {
    findings: Vec<Finding>,
    created: Option<Created>,
    slots: Vec<Area>,
    digests: Digests,
    deadline: u64,
    builds: Vec<BuildFacts>,
}

impl Found {
    fn report(self, outcome: &mut Outcome) {
        if let Some(created) = &self.created {
            created.report(outcome);
        }
        outcome
            .lines
            .extend(self.findings.iter().map(Finding::line));
        for area in &self.slots {
            let of = match area.name.as_str() {
                "" => "storage",
                name => name,
            };
            outcome.line(of);
            for (side, fields) in [("before", &area.before), ("after", &area.after)] {
                for one in fields {
                    let (slot, label, kind) = (&one.slot, &one.label, &one.kind);
                    let change = one.words();
                    outcome.line(format!(
                        "  {side:<6}  slot {slot:<4} byte {:<2}  {change:<8} {label}: {kind}",
                        one.offset
                    ));
                }
            }
        }
        outcome.lines.extend(self.digests.lines());
        outcome.field("findings", self.findings);
        outcome.field("slots", self.slots);
        outcome.field("digests", self.digests);
        outcome.field("deadline", self.deadline);
        outcome.field("builds", self.builds);
    }
}

async fn found(
    context: &Context,
    client: &Client,
    (registry, action): (Address, ActionId),
    governed: &GovernedCall,
    open: &Readiness,
) -> Result<Found, Error> {
    let call = &governed.call;
    // What nobody can compare here is told, and the other checks are made all the same.
    let said = (&ReviewArgs::default(), Role::Reader);
    let place = Place::of(context, client, registry);
    let checked = check_action(place, call, said).await;
    let mut all = findings_of(place, governed, Some(open), checked).await?;
    let created = tried::add(place, governed, &mut all).await?;
    let (builds, differ) = built(context, call)?;
    all.extend(differ);
    all.sort_by_key(|one| std::cmp::Reverse(one.severity));
    let end = deadline(client).await?;
    let approval = current(client, registry, &governed.bytes, end).await?;
    if approval.action() != action {
        return Err(GovernanceError::NotOpen { action }.into());
    }
    Ok(Found {
        findings: all,
        created,
        slots: slots(place, call).await?,
        digests: approval.digests().map_err(GovernanceError::from)?,
        deadline: end,
        builds,
    })
}

/// What was built here of what the call names, and a finding for each build that differs from it.
pub(super) fn built(
    context: &Context,
    call: &Call,
) -> Result<(Vec<BuildFacts>, Vec<Finding>), Error> {
    let mut differ = Vec::new();
    let builds = context.builds(call, |why| {
        let differs = Finding::named(Part::Source, Severity::Danger, "build-differs", why);
        differ.push(differs.from(Origin::Build));
    })?;
    Ok((builds, differ))
}

/// Everything that was found about an action, with what its checks said, the heaviest first.
pub(super) async fn findings_of(
    place: Place<'_>,
    governed: &GovernedCall,
    open: Option<&Readiness>,
    checked: Result<Assessment, Error>,
) -> Result<Vec<Finding>, Error> {
    let (context, client, registry) = place.parts();
    let (call, names) = (&governed.call, context.names());
    let name = call.definition();
    let superseded = superseded(client, registry, call).await?;
    let used_by = match call.version() {
        Some((version, Some(code), _)) => {
            let first = place
                .reader()
                .first_with(name, code.codehash.into())
                .await?;
            first.filter(|first| first.version != version)
        }
        _ => None,
    };
    let mut known: Vec<Address> = names.accounts().collect();
    known.extend(
        open.iter()
            .flat_map(|one| one.approved.iter().chain(&one.missing)),
    );
    known.push(registry);
    if !name.is_empty() {
        known.extend(place.reader().proxies_in(name, 0..KNOWN_MAX).await?);
    }
    let subject = Subject {
        call,
        facts: &governed.facts,
        used_by: used_by.as_ref().map(|first| first.version.as_str()),
        known: &known,
        names: &names,
        superseded: superseded.as_deref(),
        not_before: open.map_or(0, |one| one.not_before),
    };
    let mut all = findings(&subject);
    match checked {
        Ok(checks) => all.extend(checks.everything()),
        Err(error) => {
            all.extend(error.findings());
            let says = "a check refused the action, and those behind it did not run";
            let unknown = Finding::named(Part::Action, Severity::Unknown, "not-reached", says);
            all.push(unknown);
        }
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.severity));
    Ok(all)
}

/// Both layouts of the step, where both are known.
async fn slots(place: Place<'_>, call: &Call) -> Result<Vec<Area>, Error> {
    let (context, client, registry) = place.parts();
    let Some((_, Some(code), step)) = call.version() else {
        return Ok(Vec::new());
    };
    if step.from.is_empty() {
        return Ok(Vec::new());
    }
    let old = place
        .reader()
        .code(call.definition(), &step.from)
        .await?
        .layout;
    let documents = context.documents(client, registry);
    let (old, new) = (
        documents.get(old).await?,
        documents.get(code.layoutHash.into()).await?,
    );
    let (Some(old), Some(new)) = (old.document(), new.document()) else {
        return Ok(Vec::new());
    };
    let found = compare(&old.layout, &new.layout, &Declarations::none());
    let found = found.map_err(LayoutError::Compare)?;
    Ok(draw(&old.layout, &new.layout, &found))
}
