//! How a governed call is reported: what it does before it is sent, how far it is afterwards, and what
//! holds once it was executed.

use super::args::StorageArgs;
use super::context::earlier::earlier;
use super::context::{Context, report_with_failure};
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
use crate::governance::{Call, Check, GovernanceError, GovernedCall, ShownCall, Submitted, Trial};
use crate::ids::ActionId;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, Bytes, U256};
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A governed call that is to be sent.
pub(super) struct Sending<'a> {
    call: &'a Bytes,
    /// Wei that go along.
    value: U256,
    means: Means,
    /// What it took to get there.
    sent: Vec<Sent>,
    /// What was overridden and checked so far, where it may begin a rollout.
    rollout: Option<(&'a StorageArgs, Assessment)>,
}

/// How a governed call is sent.
enum Means {
    /// As it is: it proposes, or approves what is open.
    Call,
    /// As it is, to approve that action. Where it is not open any more, nothing is proposed.
    Approval(ActionId),
    /// By the signatures of others: these calldata are sent in its place.
    Signatures(Bytes),
}

impl<'a> Sending<'a> {
    /// As it is.
    pub(super) fn of(call: &'a Bytes) -> Self {
        Self {
            call,
            value: U256::ZERO,
            means: Means::Call,
            sent: Vec::new(),
            rollout: None,
        }
    }

    /// With value in wei.
    pub(super) fn with_value(self, value: U256) -> Self {
        Self { value, ..self }
    }

    /// After other transactions.
    pub(super) fn after(self, sent: Vec<Sent>) -> Self {
        Self { sent, ..self }
    }

    /// To approve that action alone.
    pub(super) fn approving(self, action: ActionId) -> Self {
        let means = Means::Approval(action);
        Self { means, ..self }
    }

    /// By the signatures of others: `submission` is sent in its place.
    pub(super) fn signed(self, submission: Bytes) -> Self {
        let means = Means::Signatures(submission);
        Self { means, ..self }
    }

    /// It may begin a rollout: with what was overridden, and what was checked so far.
    pub(super) fn rolling(self, overrides: &'a StorageArgs, checks: Assessment) -> Self {
        let rollout = Some((overrides, checks));
        Self { rollout, ..self }
    }

    /// Shows what the call does, sends these very bytes, and adds the result to `outcome`.
    pub(super) async fn propose(
        self,
        place: Place<'_>,
        mut outcome: Outcome,
    ) -> Result<Outcome, Error> {
        let (context, _, registry) = place.parts();
        let names = context.names();
        let governed = self.governed(place)?;
        let shown = shown(place, &governed).await?;
        for line in shown.lines() {
            context.output.note(&line);
        }
        if context.is_export() {
            let transactions = Transactions::of(&self.sent);
            let exported = export::governed(place, &governed, shown).await?;
            transactions.add_to(&mut outcome, &names);
            outcome.add(&exported, &names);
            return Ok(outcome);
        }
        let Decided {
            submitted,
            is_earlier,
            sent,
        } = decide(place, &governed, self.sent).await?;
        Transactions::of(&sent).add_to(&mut outcome, &names);
        let kept = match (submitted.execution(), governed.call.version()) {
            (Some(_), Some((version, ..))) => {
                kept::keep(place, governed.call.definition(), version).await
            }
            _ => None,
        };
        let proposal = Proposal {
            shown,
            trial: Trial::of(&governed, submitted.dry_run.as_ref()),
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
            let rollout = self.rollout;
            let rollout = rollout.unwrap_or_else(|| (&nothing, place.assessment(Role::Proposer)));
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

    /// The call, decoded.
    fn governed(&self, place: Place<'_>) -> Result<GovernedCall, Error> {
        let mut governed = GovernedCall::decode(place.registry, self.call.clone(), self.value)?;
        governed.allow_failing = place.context.accepted().contains(&FindingId::WOULD_FAIL);
        match &self.means {
            Means::Call => {}
            Means::Approval(action) => governed.approves = Some(*action),
            Means::Signatures(submission) => governed.submission = Some(submission.clone()),
        }
        Ok(governed)
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
    Sending::of(call).after(sent).propose(place, outcome).await
}

/// What came of a call, by this run or an earlier one that did not report it.
struct Decided {
    submitted: Submitted,
    /// Whether the earlier run had it executed.
    is_earlier: bool,
    /// Everything that was sent.
    sent: Vec<Sent>,
}

/// Sends the call, unless an earlier run had it executed.
async fn decide(
    place: Place<'_>,
    governed: &GovernedCall,
    mut sent: Vec<Sent>,
) -> Result<Decided, Error> {
    let (context, client, _) = place.parts();
    let reported = earlier(context, client, governed).await?;
    let executed = reported.as_ref().filter(|one| one.execution().is_some());
    let is_earlier = executed.is_some();
    let submitted = match executed {
        Some(executed) => executed.clone(),
        None => governed
            .send(client)
            .await
            .inspect_err(|_| report_with_failure(context, &sent))?,
    };
    // An approval that was there already is the earlier run's, where it is of the same action.
    let earlier = reported.filter(|earlier| earlier.action == submitted.action);
    let approval = earlier.and_then(|earlier| earlier.sent);
    sent.extend(submitted.sent.clone().or(approval));
    Ok(Decided {
        submitted,
        is_earlier,
        sent,
    })
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
        let error = GovernanceError::checks(failed, checks.len());
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
