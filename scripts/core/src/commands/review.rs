//! `pending ACTION`: everything about one action that an approver reviews before approving it.

mod simulation;

use crate::assess::{
    Accepted, Consent, Finding, FindingKind, Origin, Part, Role, Severity, decide,
};
use crate::checks::Assessment;
use crate::client::{ChainError, Client};
use crate::context::key;
use crate::context::prelude::*;
use crate::governance::signed::{Approval, Digests, current, deadline};
use crate::governance::{
    Call, CancelRights, CodeFacts, ControlChange, GovernedCall, ShownCall, deciding_policy_of,
    ends_others, explain, narrow, not_open, obstacle, readiness, tree,
};
use crate::history::{self, Entry, Wanted};
use crate::ids::ActionId;
use crate::interface::CallersOfWay;
use crate::model::{BlockedBy, Readiness};
use crate::pipeline::action::{proposal_event, resolve_action};
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::control;
use crate::pipeline::judge::{beside, check, judge};
use crate::pipeline::shown::shown;
use crate::pipeline::standing;
use crate::plan::Fuzzed;
use crate::review::{Area, Behind, Checked, Review, Subject, draw, findings};
pub use simulation::ReviewSimulation;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;

/// Maximum number of instances whose addresses are compared with those in an action.
const KNOWN_MAX: usize = 1_000;

/// Reviews one action; `against` is the hash of the state difference that it must have.
pub(crate) async fn run(context: &Context, action: &str, against: Option<B256>) -> Result<Outcome> {
    let review = review(context, action).await?;
    let found = review.checked.as_ref();
    let found = found.and_then(|checked| checked.state_difference);
    let mut report = ReviewedAgainst {
        is_full: context.global.full,
        is_same: against.is_some(),
        review,
        error: None,
    };
    if let Some(expected) = against.filter(|hash| Some(*hash) != found) {
        let found = found.map_or_else(
            || "none: it fails on a copy, or its result depends on the block".to_owned(),
            |found| found.to_string(),
        );
        let error = Refusal::new(
            "StateDifference",
            "the state difference of the action does not match --against",
        )
        .with(
            expected.to_string(),
            found,
            "do not approve it: compare the storage words here with those of plan",
        );
        report.error = Some(Report::of(&error));
    }
    Ok(context.outcome(&report))
}

/// The report of `pending ACTION`.
#[derive(Serialize)]
pub(crate) struct ReviewedAgainst {
    #[serde(flatten)]
    review: Review,
    /// Set if the state difference does not match `--against`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    #[serde(skip)]
    is_full: bool,
    /// True if `--against` was given and there is no error.
    #[serde(skip)]
    is_same: bool,
}

impl CommandReport for ReviewedAgainst {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.review.lines(self.is_full, names);
        match &self.error {
            Some(error) => lines.push(format!("✗ {}", error.message)),
            None if self.is_same => {
                lines.push("✓ the state difference matches --against".into());
            }
            None => {}
        }
        lines
    }

    fn exit(&self) -> Exit {
        Exit::of(self.error.as_ref())
    }
}

/// Reads all that an approver reviews before approving an action.
///
/// # Errors
/// Errors of the chain, and files that cannot be read.
pub async fn review(context: &Context, action: &str) -> Result<Review> {
    let session = Session::reading(context).await?;
    let registry = session.registry;
    let names = context.names();
    let action = resolve_action(session, action).await?;
    let event = proposal_event(session, action).await?;
    let governed = GovernedCall::decode(registry.address, event.call.clone(), U256::ZERO)?;
    let open = readiness(registry, action).await?;
    // An expired action cannot be approved any more: it is shown as an ended one.
    let mut open = open.filter(|open| open.blocked_by != BlockedBy::Expired);
    let name = governed.call.definition();
    let (role, text) = deciding_policy_of(registry, &governed.call).await?;
    let (mut needed, mut no) = (None, Vec::new());
    if let Some(open) = &mut open {
        let (call, policy) = (&governed.call, (role.as_str(), text.as_str()));
        (needed, no) = narrow(registry, (call, action), policy, open).await?;
    }
    let wanted = Wanted::OfAction(action);
    let history = history::read(registry, name, &names, wanted).await?;
    let mut shown = shown(session, &governed).await?;
    if open.is_none() {
        // Its change of the earlier policy is not known any more, and it ends nothing.
        (shown.policy_change, shown.control) = (None, None);
        shown.ends.clear();
    } else if shown.control.is_none() {
        let before = control::of_definition(session, name).await?;
        let after = None;
        shown.control = before.map(|control| ControlChange {
            before: Some(control),
            after,
        });
    }
    let obstacle = match &open {
        Some(_) => obstacle(registry, &governed.call).await?,
        None => None,
    };
    let checked = match &open {
        Some(open) => Some(checked(session, action, (&governed, &shown), open).await?),
        None => None,
    };
    let cancel_rights = match &open {
        Some(open) => {
            let decides = (role.as_str(), text.as_str());
            let proposer = (event.proposer, open);
            Some(CancelRights::read(registry, &governed.call, decides, proposer).await?)
        }
        None => None,
    };
    let approved = match &open {
        Some(open) => open.approved.clone(),
        None => {
            no = last_said(&history.entries, "Revoked");
            last_said(&history.entries, "Approved")
        }
    };
    let expired = match (&open, history.definition.open.get(&action)) {
        (None, Some(ended)) if history.ended_by.is_none() => {
            let now = registry.client.next_block_time().await?;
            Some(ended.expires).filter(|end| *end < now)
        }
        _ => None,
    };
    let is_activated = matches!(governed.call, Call::Migrate(_))
        && history
            .entries
            .iter()
            .any(|entry| entry.event == "Executed");
    Ok(Review {
        registry: registry.address,
        chain_id: registry.client.chain_id(),
        action,
        definition: name.into(),
        proposer: event.proposer,
        call: event.call,
        what: governed.what(),
        shown,
        policy: explain(&role, &text, &names)?,
        tree: tree(&role, &text, &approved)?,
        readiness: open,
        needed,
        refused: no,
        cancel_rights,
        obstacle,
        checked,
        ended_by: history.ended_by,
        expired,
        behind: if is_activated {
            Behind::of(&history.definition)
        } else {
            None
        },
        entries: history.entries,
    })
}

/// Accounts whose last event about an action that is not open any more was that one.
fn last_said(entries: &[Entry], said: &str) -> Vec<Address> {
    let mut last = BTreeMap::new();
    for Entry { event, who, .. } in entries {
        if ["Approved", "Revoked"].contains(event) {
            last.insert(*who, *event);
        }
    }
    let of_it = last.into_iter().filter(|(_, event)| *event == said);
    of_it.map(|(who, _)| who).collect()
}

/// The accounts with code of their own: a Safe, a timelock. An account that delegates (EIP-7702)
/// still has its key.
async fn contracts(client: &Client, accounts: &[Address]) -> Result<Vec<Address>> {
    let mut all = Vec::new();
    for account in accounts {
        let code = client.code(*account).await?;
        if !code.is_empty() && !code.starts_with(&DESIGNATOR_PREFIX) {
            all.push(*account);
        }
    }
    Ok(all)
}

/// The findings about an open action. What cannot be compared here is reported, and the other checks still
/// run.
async fn checked(
    session: Session<'_>,
    action: ActionId,
    (governed, shown): (&GovernedCall, &ShownCall),
    open: &Readiness,
) -> Result<Checked> {
    let (client, call) = (session.registry.client, &governed.call);
    let found = found(session, (governed, shown), open, None).await?;
    let fuzzed = fuzzed(session, call).await;
    let end = deadline(client).await?;
    let approval = current(session.registry, &governed.bytes, end, Address::ZERO).await?;
    if approval.action() != action {
        return Err(not_open(action).into());
    }
    Ok(Checked {
        contracts: contracts(client, open.needed()).await?,
        created: found.simulation.created,
        fuzzed,
        state_difference: found.simulation.plan.and_then(|plan| plan.state_difference),
        callers: found.callers,
        findings: found.findings,
        slots: found.slots,
        digests: digests(&approval, open.needed())?,
        deadline: end,
    })
}

/// The digests that each of these approvers compares with those on the screen of their device.
fn digests(approval: &Approval, approvers: &[Address]) -> Result<Vec<Digests>, ChainError> {
    let of_each = approvers
        .iter()
        .map(|approver| approval.by(*approver).digests());
    of_each.collect()
}

/// The results of the checks and of a copy of the chain, for an open action.
pub struct Found {
    /// The changes for callers.
    pub callers: Vec<CallersOfWay>,
    /// The storage before and after.
    slots: Vec<Area>,
    /// The heaviest first.
    pub findings: Vec<Finding>,
    /// The need of an approver's confirmation.
    pub consent: Consent,
    /// The results on a copy of the chain.
    pub simulation: ReviewSimulation,
}

impl Found {
    /// Requires a confirmation, unless the action cannot be approved.
    pub fn require_yes(&mut self) {
        if self.consent == Consent::NotNeeded {
            self.consent = Consent::Needed;
        }
    }
}

/// Runs the checks, those of `who` approves or executes if given, and tries what the action runs. A refusal is a
/// finding.
pub async fn found(
    session: Session<'_>,
    (governed, shown): (&GovernedCall, &ShownCall),
    open: &Readiness,
    who: Option<(Address, Role)>,
) -> Result<Found> {
    let call = &governed.call;
    let options = |role| CheckOptions {
        // Who executes need not be an approver.
        who: who.and_then(|(account, role)| (role == Role::Approver).then_some(account)),
        ..CheckOptions::of(role)
    };
    let role = who.map_or(Role::Approver, |(_, role)| role);
    let (checked, notices) = match who {
        None => {
            let found = beside(session, governed, options(Role::Reader)).await?;
            let mut checked = check(session, call, options(Role::Reader)).await;
            if let Ok(checks) = &mut checked {
                checks.extend(standing::of_call(session, call).await?);
            }
            (checked, found)
        }
        Some(_) => match judge(session, governed, options(role)).await {
            Ok(judged) => (Ok(judged.checks), judged.notices),
            Err(error) if error.exit() == Exit::Chain => return Err(error),
            Err(error) => (Err(error), Vec::new()),
        },
    };
    let callers = checked.as_ref().map(Assessment::callers);
    let callers = callers.unwrap_or_default();
    let layouts = checked.as_ref().ok().and_then(Assessment::layouts);
    let slots = layouts.map(|(old, new, changes)| draw(old, new, changes));
    let mut in_the_way = match &checked {
        Ok(checks) => checks.decision().refused,
        Err(error) => error.findings(),
    };
    in_the_way.extend(notices.iter().cloned());
    let consent = decide(&in_the_way, &Accepted::default(), role).consent;
    let mut findings = findings_of(session, (call, &shown.facts), open, checked).await?;
    findings.extend(notices);
    findings.extend(ends_others(&shown.ends));
    let simulation = simulation::add(session, governed, &mut findings).await?;
    findings.extend(shown.differs.iter().map(|why| {
        let differs = Finding::named(
            Part::Source,
            Severity::Danger,
            FindingKind::BuildDiffers,
            why,
        );
        differs.from(Origin::Build)
    }));
    // The chain and its copy show some of the same.
    let mut told = BTreeSet::new();
    findings.retain(|finding| told.insert((finding.id.clone(), finding.message.clone())));
    findings.sort_by_key(|finding| Reverse(finding.severity));
    Ok(Found {
        callers,
        slots: slots.unwrap_or_default(),
        findings,
        consent,
        simulation,
    })
}

/// The newest run of the fuzzer on this machine, of an upgrade.
async fn fuzzed(session: Session<'_>, call: &Call) -> Option<Fuzzed> {
    let (_, code, step) = call.version()?;
    let registry = key(session.registry).await?;
    Fuzzed::recall(registry, call.definition(), code?, step)
}

/// All findings about an action, with those of its checks.
async fn findings_of(
    session: Session<'_>,
    (call, facts): (&Call, &[CodeFacts]),
    open: &Readiness,
    checked: Result<Assessment>,
) -> Result<Vec<Finding>> {
    let Session { context, registry } = session;
    let names = context.names();
    let name = call.definition();
    let obstacle = obstacle(registry, call).await?;
    let used_by = match call.version() {
        Some((_, Some(code), _)) => {
            let registry = session.registry;
            registry.first_with(name, code.codehash.into()).await?
        }
        _ => None,
    };
    let mut known: Vec<Address> = names.accounts().collect();
    known.extend(open.approved.iter().chain(&open.missing));
    known.push(registry.address);
    if !name.is_empty() {
        let instances = registry.instances_in(name, 0..KNOWN_MAX).await?;
        known.extend(instances.iter().map(|instance| instance.proxy));
    }
    let subject = Subject {
        call,
        facts,
        used_by: used_by.as_ref().map(|first| first.version.as_str()),
        known: &known,
        names: &names,
        obstacle: obstacle.as_ref(),
        delayed_until: open.delayed_until(),
    };
    let mut all = findings(&subject);
    match checked {
        Ok(checks) => all.extend(checks.everything()),
        Err(error) => {
            all.extend(error.findings());
            let says = "a check refused the action; later checks did not run";
            let unknown = Finding::named(
                Part::Action,
                Severity::Unknown,
                FindingKind::NotReached,
                says,
            );
            all.push(unknown);
        }
    }
    Ok(all)
}
