//! Shows what a governed call does, sends it, and reports its progress and what holds once it is
//! executed.

use super::context::{earlier, report_with_failure};
use super::prelude::*;
use super::rollout::{Activation, roll_out_after_activation};
use super::shown::show;
use super::{export, kept};
use crate::assess::{FindingId, Role};
use crate::checks::Assessment;
use crate::client::{Client, Sent, Transactions};
use crate::governance::{
    Call, Check, GovernedCall, Prepared, ShownCall, Simulated, Submitted, Trial, failed_checks,
};
use std::path::Path;

/// A governed call to send.
pub(super) struct Sending<'a> {
    pub(super) governed: GovernedCall,
    /// The transactions before it.
    pub(super) sent: Vec<Sent>,
    /// The given layout of its version, and the checks so far, for a rollout that it may begin.
    pub(super) layout: Option<&'a Path>,
    pub(super) checks: Assessment,
}

/// A governed call that was sent or written to a file.
pub(super) struct Reported {
    pub(super) outcome: Outcome,
    /// Whether it was executed, by whomever.
    pub(super) executed: bool,
}

impl Sending<'_> {
    /// A call without earlier transactions or checks.
    pub(super) fn of(place: Place<'_>, governed: GovernedCall) -> Self {
        Self {
            governed,
            sent: Vec::new(),
            layout: None,
            checks: place.assessment(Role::Proposer),
        }
    }

    /// Shows what the call does, and writes it to a file, or sends these very bytes: they propose, approve or execute. Adds
    /// the result to `outcome`. A migration that is executed may start a whole rollout.
    pub(super) async fn show_and_send(
        self,
        place: Place<'_>,
        mut outcome: Outcome,
    ) -> Result<Reported> {
        let Place { context, registry } = place;
        let names = context.names();
        let Self {
            mut governed,
            mut sent,
            layout,
            checks,
        } = self;
        governed.allow_failing = context.accepted().contains(&FindingId::WOULD_FAIL);
        let shown = show(place, &governed).await?;
        if context.is_export() {
            let exported = export::governed(place, &governed, shown).await?;
            Transactions::of(&sent).add_to(&mut outcome, &names);
            outcome.add(&exported, &names);
            return Ok(Reported {
                outcome,
                executed: false,
            });
        }
        // An earlier run may have executed it without a report.
        let reported = earlier(context, registry.client, &governed).await?;
        let executed = reported.clone().filter(|one| one.execution().is_some());
        let is_earlier = executed.is_some();
        let submitted = match executed {
            Some(executed) => executed,
            None => {
                let sent_now = approve_or_execute(context, registry.client, &governed).await;
                sent_now.inspect_err(|_| report_with_failure(context, &sent))?
            }
        };
        // If this run sent nothing, an earlier run may have approved the same action: it is reported.
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
        outcome.add(&proposal, &names);
        let submitted = proposal.submitted;
        if let (Some(sent), Call::Migrate(migrate)) = (submitted.execution(), &governed.call) {
            let is_own = !is_earlier && submitted.executed_by.is_none();
            let activation = Activation {
                migrate,
                sent,
                is_own,
                layout,
                checks,
            };
            roll_out_after_activation(place, activation, &mut outcome).await;
        }
        let created =
            |sent: &Sent| Some(sent.event_of::<abi::ProxyCreated>(registry.address)?.proxy);
        if let Some(proxy) = submitted.execution().and_then(created) {
            // `create-proxy` has printed it before.
            outcome.add_unsaid(&NewProxy { proxy }, &names);
        }
        Ok(Reported {
            outcome,
            executed: submitted.execution().is_some(),
        })
    }
}

/// The report of a governed call. Missing approvals are exit code `NotReady`, not a failure.
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

/// Sends a call, if there is something to be sent. What is known of one that only approves is said before.
async fn approve_or_execute(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<Submitted> {
    Ok(match governed.prepare(client).await? {
        Prepared::Nothing(before) => *before,
        Prepared::Send(simulated) => {
            note(context, &Trial::of(simulated.dry_run.as_ref()));
            governed.send(client, simulated).await?
        }
    })
}

/// A call as it was simulated.
pub(super) struct SimulatedCall {
    pub(super) simulated: Simulated,
    /// Units of gas for its transaction.
    pub(super) gas: u64,
    pub(super) trial: Trial,
}

/// What a call would do if that client sent it now. If it would only approve, the result of the simulation is printed.
///
/// # Errors
/// Errors of the chain; `WouldFail`.
pub(super) async fn simulate(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<SimulatedCall> {
    let (simulated, gas) = governed.simulate(client).await?;
    let dry_run = simulated.dry_run.as_ref();
    governed.require_success(dry_run)?;
    let trial = Trial::of(dry_run);
    note(context, &trial);
    Ok(SimulatedCall {
        simulated,
        gas,
        trial,
    })
}

/// Prints what is known of a call that only approves.
fn note(context: &Context, trial: &Trial) {
    for line in trial.lines() {
        context.note(line);
    }
}

/// Reports instances that are paused in a complex step (from where and to where): the command is
/// partly done, and the handler continues with each.
pub(super) fn go_on_in_batches(outcome: &mut Outcome, paused: &[(Address, String, String)]) {
    let paused = paused.iter().map(|(proxy, from, to)| PausedInstance {
        proxy: *proxy,
        from: from.clone(),
        to: to.clone(),
        next: format!("stylus-upgrades run-migration {proxy}"),
    });
    let paused: Vec<_> = paused.collect();
    if !paused.is_empty() {
        outcome.add(&PausedInstances { paused }, &Names::default());
    }
}

/// Instances that their handler continues with.
#[derive(Serialize)]
struct PausedInstances {
    /// These instances.
    paused: Vec<PausedInstance>,
}

/// An instance between two versions.
#[derive(Serialize)]
struct PausedInstance {
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
    /// The command that continues with it.
    next: String,
}

impl CommandReport for PausedInstances {
    fn lines(&self, _: &Names) -> Vec<String> {
        let lines = self.paused.iter().map(|one| {
            let (proxy, from, to) = (one.proxy, &one.from, &one.to);
            let paused = format!("{proxy}  paused on its way {from} → {to}");
            [paused, format!("next: {}", one.next)]
        });
        lines.flatten().collect()
    }

    fn exit(&self) -> Exit {
        Exit::Partial
    }
}

/// A created instance.
#[derive(Serialize)]
struct NewProxy {
    /// The instance.
    proxy: Address,
}

impl CommandReport for NewProxy {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![proxy_line(self.proxy)]
    }
}

/// The line of a created instance.
pub(super) fn proxy_line(proxy: Address) -> String {
    format!("proxy  {proxy}")
}

/// A failed check is an error; earlier reports stay printed.
pub(super) fn require(context: &Context, checks: &[Check], outcome: &mut Outcome) -> Result<()> {
    let failed = checks.iter().filter(|check| !check.ok).count();
    if failed > 0 {
        let error = failed_checks(failed, checks.len());
        stop(context, outcome, &error, Exit::Refused);
    }
    Ok(())
}

/// Explains why a command stops after the part that it has done.
pub(super) fn stop(context: &Context, outcome: &mut Outcome, error: &dyn Explain, exit: Exit) {
    let error = Report::of(error);
    context.output.explain(&error);
    outcome.add(&Stopped { error, exit }, &Names::default());
}

/// The reason why a command stopped after it did a part.
#[derive(Serialize)]
struct Stopped {
    /// The error, with the next step.
    error: Report,
    #[serde(skip)]
    exit: Exit,
}

impl CommandReport for Stopped {
    fn exit(&self) -> Exit {
        self.exit
    }
}
