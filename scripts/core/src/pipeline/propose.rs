//! Shows what a governed call does, sends it, and reports its progress and what holds once it is
//! executed.

use super::effects::{CallResult, Effects, Proposal};
use super::rollout::{Activation, roll_out_after_activation};
use super::shown::show;
use super::simulate::note;
use super::{export, kept};
use crate::assess::FindingKind;
use crate::checks::Assessment;
use crate::client::{Client, Sent};
use crate::context::prelude::*;
use crate::context::{earlier, report_with_failure};
use crate::governance::{Call, CallOutcome, GovernedCall, Prepared, SimulationReport};
use std::path::Path;

/// A governed call to send.
pub(crate) struct Sending<'a> {
    pub(crate) governed: GovernedCall,
    /// The transactions before it.
    pub(crate) sent: Vec<Sent>,
    /// The given layout of its version, and the checks so far, for a rollout that it may begin.
    pub(crate) layout: Option<&'a Path>,
    pub(crate) checks: Assessment,
}

impl Sending<'_> {
    /// Shows what the call does, and writes it to a file, or sends these very bytes: they propose, approve or execute.
    /// Adds the result to `effects`. A migration that is executed may start a whole rollout.
    pub(crate) async fn show_and_send(
        self,
        session: Session<'_>,
        mut effects: Effects,
    ) -> Result<Effects> {
        let Session { context, registry } = session;
        let Self {
            mut governed,
            mut sent,
            layout,
            checks,
        } = self;
        governed.allow_failing = context.accepted().contains(&FindingKind::WouldFail.id());
        let shown = show(session, &governed).await?;
        if let Some(file) = context.export_file() {
            let exported = export::governed(session, file, &governed, shown).await?;
            effects.add_sent(&sent);
            effects.result = Some(CallResult::Exported(exported.into()));
            return Ok(effects);
        }
        // An earlier run may have executed it without a report.
        let reported = earlier(context, registry.client, &governed).await?;
        let executed = reported.clone().filter(|one| one.execution().is_some());
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
        effects.add_sent(&sent);
        let kept = match (submitted.execution(), governed.call.version()) {
            (Some(_), Some((version, ..))) => {
                kept::keep(session, governed.call.definition(), version).await
            }
            _ => None,
        };
        let execution = submitted.execution().cloned();
        effects.result = Some(CallResult::Sent(Box::new(Proposal {
            shown,
            report: SimulationReport::of(submitted.simulation.as_ref()),
            kept,
            is_migration: matches!(governed.call, Call::Migrate(_)),
            submitted,
        })));
        let Some(sent) = execution else {
            return Ok(effects);
        };
        if let Call::Migrate(migrate) = &governed.call {
            let activation = Activation {
                migrate,
                layout,
                checks,
            };
            roll_out_after_activation(session, activation, &mut effects).await;
        }
        let created = sent.event_of::<abi::ProxyCreated>(registry.address);
        effects.proxy = created.map(|created| created.proxy);
        Ok(effects)
    }
}

/// Sends a call, if there is something to be sent. What is known of one that only approves is said before.
async fn approve_or_execute(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<CallOutcome> {
    Ok(match governed.prepare(client).await? {
        Prepared::Nothing(before) => *before,
        Prepared::Send(simulated) => {
            note(
                context,
                &SimulationReport::of(simulated.simulation.as_ref()),
            );
            governed.send(client, simulated).await?
        }
    })
}
