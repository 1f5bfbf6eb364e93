//! How a governed call is reported: what it does before it is sent, how far it is afterwards, and what
//! holds once it was executed.

use super::args::StorageArgs;
use super::calldata::decoded;
use super::context::earlier::earlier;
use super::context::{Context, report, report_with_failure};
use super::facts::Place;
use super::rollout::activated;
use super::{export, kept};
use crate::app_error::Error;
use crate::assess::{FindingId, Role};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::error::{Exit, Explain, Report};
use crate::functions::DecodedCall;
use crate::governance::{
    BuildFacts, Call, Cancelled, Check, DryRun, GovernanceError, GovernedCall, Names, Submitted,
    not_executed,
};
use crate::ids::ActionId;
use crate::model::{BlockedBy, Readiness};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::text::utc;
use alloy::primitives::{Address, Bytes, U256};
use serde_json::json;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Shows what `call` does, sends these very bytes, and reports the result. `sent` is what it
/// took to get there.
pub(super) async fn propose(
    place: Place<'_>,
    call: &Bytes,
    sent: Vec<Sent>,
    outcome: Outcome,
) -> Result<Outcome, Error> {
    propose_with(place, (call, U256::ZERO), sent, outcome).await
}

/// As [`propose`], with value in wei.
pub(super) async fn propose_with(
    place: Place<'_>,
    (call, value): (&Bytes, U256),
    sent: Vec<Sent>,
    outcome: Outcome,
) -> Result<Outcome, Error> {
    let rollout = (&StorageArgs::default(), place.assessment(Role::Proposer));
    perform(place, (call, value, Means::Call), sent, outcome, rollout).await
}

/// As [`propose`], of a call for which others have signed: `submission` is sent in its place.
pub(super) async fn propose_signed(
    place: Place<'_>,
    call: &Bytes,
    submission: Bytes,
    outcome: Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<Outcome, Error> {
    let sending = (call, U256::ZERO, Means::Signatures(submission));
    perform(place, sending, Vec::new(), outcome, rollout).await
}

/// As [`propose`], of a call that may begin a rollout: with what was overridden, and what was checked
/// so far.
pub(super) async fn propose_and_roll(
    place: Place<'_>,
    call: &Bytes,
    sent: Vec<Sent>,
    outcome: Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<Outcome, Error> {
    let sending = (call, U256::ZERO, Means::Call);
    perform(place, sending, sent, outcome, rollout).await
}

/// As [`propose_and_roll`], of an action that is open: where it is not any more, nothing is proposed.
pub(super) async fn approve_and_roll(
    place: Place<'_>,
    (action, call): (ActionId, &Bytes),
    outcome: Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<Outcome, Error> {
    let sending = (call, U256::ZERO, Means::Approval(action));
    perform(place, sending, Vec::new(), outcome, rollout).await
}

/// How a governed call is sent.
enum Means {
    /// As it is: it proposes, or approves what is open.
    Call,
    /// As it is, to approve that action.
    Approval(ActionId),
    /// By the signatures of others: these calldata are sent in its place.
    Signatures(Bytes),
}

async fn perform(
    place: Place<'_>,
    (call, value, means): (&Bytes, U256, Means),
    mut sent: Vec<Sent>,
    mut outcome: Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<Outcome, Error> {
    let (context, client, registry) = place.parts();
    let names = context.names();
    let mut governed = GovernedCall::decode(client, registry, call.clone(), value, &names).await?;
    governed.allow_failing = context.accepted().contains(&FindingId::WOULD_FAIL);
    match means {
        Means::Call => {}
        Means::Approval(action) => governed.approves = Some(action),
        Means::Signatures(submission) => governed.submission = Some(submission),
    }
    for line in governed.lines() {
        context.output.note(&line);
    }
    let decoded = decoded(place, &governed.call).await?;
    for line in decoded.iter().flat_map(DecodedCall::lines) {
        context.output.note(&format!("  {line}"));
    }
    let builds = context.builds(&governed.call, |why| context.output.note(&why))?;
    for line in builds.iter().flat_map(BuildFacts::lines) {
        context.output.note(&format!("  {line}"));
    }
    if context.is_export() {
        let mut lines = std::mem::take(&mut outcome.lines);
        report(&mut outcome, &sent);
        outcome.lines.append(&mut lines);
        outcome.field("display", &governed.display);
        outcome.field("facts", &governed.facts);
        outcome.field("decoded", &decoded);
        outcome.field("builds", builds);
        export::governed(context, client, &governed, &mut outcome).await?;
        return Ok(outcome);
    }
    let reported = earlier(context, client, &governed).await?;
    let earlier = reported.clone();
    let is_earlier = earlier.as_ref().is_some_and(|earlier| earlier.executed);
    let submitted = match reported.filter(|reported| reported.executed) {
        Some(executed) => executed,
        None => governed
            .send(client)
            .await
            .inspect_err(|_| report_with_failure(context, &sent))?,
    };
    // An approval that was there already is the earlier run's, where it is of the same action.
    let earlier = earlier.filter(|earlier| earlier.action == submitted.action);
    let approval = earlier.and_then(|earlier| earlier.sent);
    sent.extend(submitted.sent.clone().or(approval));
    let mut lines = std::mem::take(&mut outcome.lines);
    report(&mut outcome, &sent);
    outcome.lines.append(&mut lines);
    outcome.field("display", &governed.display);
    outcome.field("facts", &governed.facts);
    outcome.field("decoded", &decoded);
    outcome.field("builds", builds);
    if !submitted.executed {
        report_dry_run(context, &governed, submitted.dry_run.as_ref(), &mut outcome);
    }
    report_progress(&mut outcome, &submitted, done_word(&governed.call), &names);
    kept::keep(place, &governed.call, submitted.executed, &mut outcome).await;
    if let (Some(sent), Call::Migrate(migrate)) = (submitted.execution(), &governed.call) {
        let is_own = !is_earlier && submitted.executed_by.is_none();
        activated(place, migrate, (sent, is_own), &mut outcome, rollout).await?;
    }
    let created = |sent: &Sent| Some(sent.event_of::<abi::ProxyCreated>(registry)?.proxy);
    if let Some(proxy) = submitted.execution().and_then(created) {
        // Whoever typed `create-proxy` has read it before.
        let line = format!("proxy  {proxy}");
        if !outcome.lines.contains(&line) {
            outcome.line(line);
            outcome.field("proxy", proxy);
        }
    }
    Ok(outcome)
}

/// Says of a call that only approves what it would fail with although that is meant, or that nobody
/// knows whether it would succeed.
pub(super) fn report_dry_run(
    context: &Context,
    governed: &GovernedCall,
    dry_run: Option<&DryRun>,
    outcome: &mut Outcome,
) {
    if let Some(error) = governed.failing(dry_run) {
        context.output.note(&format!("warning: {error}"));
        outcome.field("would_fail", Report::of(&error));
    }
    if let Some(DryRun::Untried(why)) = dry_run {
        let line = format!("not tried whether it succeeds once it is approved: {why}");
        context.output.note(&line);
        outcome.field("not_tried", why);
    }
}

/// Tells how far an action is; what is missing is not ready, and no failure.
pub(super) fn report_progress(
    outcome: &mut Outcome,
    submitted: &Submitted,
    done: &str,
    names: &Names,
) {
    let Submitted {
        action,
        approvals,
        required,
        executed,
        ..
    } = submitted;
    outcome.field("action", action);
    outcome.field("approvals", approvals);
    outcome.field("required", required);
    outcome.field("executed", executed);
    if *executed {
        outcome.line(format!("success {approvals}/{required}{done}"));
        if let Some(other) = &submitted.executed_by {
            let (who, tx) = (other.approver, other.sent.tx);
            let name = names.short(who);
            outcome.line(format!("executed by another's approval: {name}, {tx}"));
            outcome.field("executed_by", json!({"approver": who, "tx": tx}));
        }
        return;
    }
    outcome.line(format!("success {approvals}/{required}"));
    outcome.line(format!("action     {action}"));
    if let Some(Cancelled { action, by, block }) = submitted.cancelled_before {
        let by = names.long(by);
        outcome.field("cancelled_before", action);
        outcome.line(format!(
            "{by} cancelled {action} in block {block}, just before: this approval proposes the same \
             call once more"
        ));
    }
    if let Some(before) = submitted.executed_before {
        outcome.field("executed_before", before);
        outcome.line(format!(
            "others had executed the same call just before ({before}): this approval proposes it \
             once more"
        ));
    }
    if submitted.executed_before.is_some() || submitted.cancelled_before.is_some() {
        outcome.line(format!(
            "next: stylus-upgrades cancel {action}, unless that is meant"
        ));
    }
    if let Some(readiness) = &submitted.readiness {
        outcome.lines.extend(waiting(readiness, names));
        outcome.field("approved", &readiness.approved);
        outcome.field("missing", &readiness.missing);
        outcome.field("blocked_by", readiness.blocked_by);
        outcome.field("not_before", readiness.not_before);
        outcome.field("expires", readiness.expires);
    }
    outcome.exit = Some(Exit::NotReady);
}

/// Who approved, who is missing, what blocks, until when.
pub(super) fn waiting(readiness: &Readiness, names: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    let list = |addresses: &[Address]| {
        if addresses.is_empty() {
            "nobody".into()
        } else {
            names.list(addresses)
        }
    };
    lines.push(format!("approved   {}", list(&readiness.approved)));
    let more = readiness.required.saturating_sub(readiness.approvals);
    if more > 0 {
        let all = usize::from(more) == readiness.missing.len();
        let count = if all {
            String::new()
        } else {
            format!("{more} of ")
        };
        lines.push(format!("missing    {count}{}", list(&readiness.missing)));
    }
    let next = match readiness.blocked_by {
        BlockedBy::Approvals => "; the other approvers send the same call",
        BlockedBy::Delay => "; then anyone sends the same call",
        BlockedBy::Nothing => "; anyone sends the same call",
        BlockedBy::DirectCall => "; anyone sends the same call with an account without code",
        _ => "",
    };
    lines.push(format!("not executed: {}{next}", not_executed(readiness)));
    lines.push(format!("open until {}", utc(readiness.expires)));
    lines
}

/// Instances that are paused in a complex step (from where and to where): partly done, and the
/// handler goes on with each.
pub(super) fn go_on_in_batches(outcome: &mut Outcome, paused: &[(Address, String, String)]) {
    if paused.is_empty() {
        return;
    }
    for (proxy, from, to) in paused {
        outcome.line(format!("{proxy}  paused on its way {from} → {to}"));
        outcome.line(format!("next: {}", run_migration(*proxy)));
    }
    let documents: Vec<_> = paused
        .iter()
        .map(|(proxy, from, to)| {
            json!({"proxy": proxy, "from": from, "to": to, "next": run_migration(*proxy)})
        })
        .collect();
    outcome.field("paused", documents);
    outcome.exit = Some(Exit::Partial);
}

fn run_migration(proxy: Address) -> String {
    format!("stylus-upgrades run-migration {proxy}")
}

/// A check that failed is an error; what was reported before stays printed.
pub(super) fn require(
    context: &Context,
    checks: &[Check],
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let failed = checks.iter().filter(|check| !check.ok).count();
    if failed > 0 {
        let error = GovernanceError::Checks {
            failed,
            all: checks.len(),
        };
        stop(context, outcome, &error, Exit::Refused);
    }
    Ok(())
}

/// Explains why a command stops behind what it has done already.
pub(super) fn stop(context: &Context, outcome: &mut Outcome, error: &dyn Explain, exit: Exit) {
    let report = Report::of(error);
    context.output.explain(&report);
    outcome.field("error", report);
    outcome.exit = Some(exit);
}

/// What stands behind `success n/n`.
fn done_word(call: &Call) -> &'static str {
    match call {
        Call::Migrate(_) => " activated",
        _ => "  executed",
    }
}
