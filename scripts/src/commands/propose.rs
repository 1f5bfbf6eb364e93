//! How a governed call is reported: what it does before it is sent, how far it is afterwards, and what
//! holds once it was executed.

use super::args::StorageArgs;
use super::context::{Context, earlier, report_with_failure};
use super::facts::Place;
use super::rollout::activated;
use super::shown::shown;
use super::{export, kept};
use crate::app_error::Error;
use crate::assess::{FindingId, Role};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::client::Transactions;
use crate::error::{Exit, Explain, Report};
use crate::governance::{Call, Check, GovernedCall, ShownCall, Submitted, Trial, failed_checks};
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, Bytes, U256};
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A governed call that is to be sent.
pub(super) struct Sending<'a> {
    pub(super) governed: GovernedCall,
    /// What it took to get there.
    pub(super) sent: Vec<Sent>,
    /// What was overridden and checked so far, where it may begin a rollout.
    pub(super) rollout: Option<(&'a StorageArgs, Assessment)>,
}

impl Sending<'_> {
    /// Nothing was sent or checked before.
    pub(super) fn of(governed: GovernedCall) -> Self {
        Self {
            governed,
            sent: Vec::new(),
            rollout: None,
        }
    }

    /// Shows what the call does, sends these very bytes, and adds the result to `outcome`.
    pub(super) async fn propose(
        self,
        place: Place<'_>,
        mut outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let (context, client, registry) = place.parts();
        let names = context.names();
        let Self {
            mut governed,
            mut sent,
            rollout,
        } = self;
        governed.allow_failing = context.accepted().contains(&FindingId::WOULD_FAIL);
        let shown = shown(place, &governed).await?;
        for line in shown.lines() {
            context.output.note(&line);
        }
        if context.is_export() {
            let exported = export::governed(place, &governed, shown).await?;
            Transactions::of(&sent).add_to(&mut outcome, &names);
            outcome.add(&exported, &names);
            return Ok(outcome);
        }
        // An earlier run may have had it executed, and not reported it.
        let reported = earlier(context, client, &governed).await?;
        let executed = reported.clone().filter(|one| one.execution().is_some());
        let is_earlier = executed.is_some();
        let submitted = match executed {
            Some(executed) => executed,
            None => (governed.send(client).await)
                .inspect_err(|_| report_with_failure(context, &sent))?,
        };
        // An approval that was there already is the earlier run's, where it is of the same action.
        let reported = reported.filter(|one| one.action == submitted.action);
        let approval = reported.and_then(|one| one.sent);
        sent.extend(submitted.sent.clone().or(approval));
        Transactions::of(&sent).add_to(&mut outcome, &names);
        let kept = match (submitted.execution(), governed.call.version()) {
            (Some(_), Some((version, ..))) => {
                kept::keep(place, governed.call.definition(), version).await
            }
            _ => None,
        };
        let proposal = Proposal {
            shown,
            trial: Trial::of(submitted.dry_run.as_ref()),
            kept,
            is_migration: matches!(governed.call, Call::Migrate(_)),
            submitted,
        };
        note(context, &proposal.trial);
        outcome.add(&proposal, &names);
        let submitted = proposal.submitted;
        if let (Some(sent), Call::Migrate(migrate)) = (submitted.execution(), &governed.call) {
            let is_own = !is_earlier && submitted.executed_by.is_none();
            let nothing = StorageArgs::default();
            let rollout = rollout.unwrap_or_else(|| (&nothing, place.assessment(Role::Proposer)));
            activated(place, migrate, (sent, is_own), &mut outcome, rollout).await;
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
}

/// Shows what `call` does, sends these very bytes, and reports the result. `sent` is what it
/// took to get there.
pub(super) async fn propose(
    place: Place<'_>,
    call: &Bytes,
    sent: Vec<Sent>,
    outcome: Outcome,
) -> Result<Outcome, Error> {
    let governed = GovernedCall::decode(place.registry, call.clone(), U256::ZERO)?;
    let sending = Sending {
        sent,
        ..Sending::of(governed)
    };
    sending.propose(place, outcome).await
}

/// How a governed call is reported, and how far it is; what is missing is not ready, and no failure.
#[derive(Serialize)]
struct Proposal {
    #[serde(flatten)]
    shown: ShownCall,
    #[serde(flatten)]
    submitted: Submitted,
    #[serde(flatten)]
    trial: Trial,
    /// The folder that keeps the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    #[serde(skip)]
    is_migration: bool,
}

impl CommandReport for Proposal {
    fn lines(&self, names: &Names) -> Vec<String> {
        let done = match self.is_migration {
            true => " activated",
            false => "  executed",
        };
        self.submitted.lines(done, names)
    }

    fn exit(&self) -> Exit {
        match self.submitted.execution() {
            Some(_) => Exit::Done,
            None => Exit::NotReady,
        }
    }
}

/// Says at once what is known of a call that only approves.
pub(super) fn note(context: &Context, trial: &Trial) {
    for line in trial.lines() {
        context.output.note(&line);
    }
}

/// Instances that are paused in a complex step (from where and to where): partly done, and the
/// handler goes on with each.
pub(super) fn go_on_in_batches(outcome: &mut Outcome, paused: &[(Address, String, String)]) {
    if paused.is_empty() {
        return;
    }
    let paused = paused.iter().map(|(proxy, from, to)| PausedInstance {
        proxy: *proxy,
        from: from.clone(),
        to: to.clone(),
        next: format!("stylus-upgrades run-migration {proxy}"),
    });
    let paused = paused.collect();
    outcome.add(&PausedInstances { paused }, &Names::default());
}

#[derive(Serialize)]
struct PausedInstances {
    paused: Vec<PausedInstance>,
}

#[derive(Serialize)]
struct PausedInstance {
    proxy: Address,
    from: String,
    to: String,
    next: String,
}

impl CommandReport for PausedInstances {
    fn lines(&self, _: &Names) -> Vec<String> {
        let lines = self.paused.iter().flat_map(|one| {
            let PausedInstance {
                proxy,
                from,
                to,
                next,
            } = one;
            [
                format!("{proxy}  paused on its way {from} → {to}"),
                format!("next: {next}"),
            ]
        });
        lines.collect()
    }

    fn exit(&self) -> Exit {
        Exit::Partial
    }
}

/// A check that failed is an error; what was reported before stays printed.
pub(super) fn require(
    context: &Context,
    checks: &[Check],
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let failed = checks.iter().filter(|check| !check.ok).count();
    if failed > 0 {
        let error = failed_checks(failed, checks.len());
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
