//! A governed call before it is sent, signed or shown: one pipeline for proposers and approvers. It runs the checks
//! ([`check`]), collects the findings that need `--accept` ([`judge`]), refuses or sends ([`decide`]).

use super::approver::compare_builds;
use super::args::ReviewArgs;
use super::asker::Asker;
use super::effects::Effects;
use super::prelude::*;
use super::propose::Sending;
use super::rollout::pause_remaining_instances;
use super::work::Work;
use super::{adopt, checked, confirm, transfer};
use crate::assess::Finding;
use crate::checks::{Assessment, Subject};
use crate::governance::{Call, GovernedCall};
use crate::registry::{Receiver, RecordedCode};

/// What was found about a call, for its sender or signer.
pub(super) struct Judged {
    pub(super) checks: Assessment,
    /// Findings that need `--accept`.
    pub(super) notices: Vec<Finding>,
    /// The definition that an instance goes to, in a transfer to another registry.
    receiver: Option<Receiver>,
}

/// Checks what a call decides about code and storage. Refusals are among the findings.
///
/// # Errors
/// Errors of the chain, and checks that failed for another reason.
pub(super) async fn check(place: Place<'_>, call: &Call, asker: Asker<'_>) -> Result<Assessment> {
    match call {
        Call::CreateProxy(create) => {
            let creation = Subject::Creation(create, asker.typed);
            return place.assess(creation, asker.role).await;
        }
        Call::Adopt(adopt) => return adopt::check(place, adopt, asker).await,
        Call::AcceptTransfer(accept) => return adopt::check_acceptance(place, accept, asker).await,
        Call::TransferProxy(give) => {
            transfer::check(place, give).await?;
        }
        _ => {}
    }
    let Some((version, code, _)) = call.version() else {
        return Ok(Assessment::default());
    };
    let name = call.definition();
    let code = match code {
        Some(code) => RecordedCode::from(code),
        None => place.registry.code(name, version).await?,
    };
    let mut work = Work::dry(place, (name, version)).await?;
    work.checks.role = asker.role;
    work.check_proposed(call, code, asker).await?;
    Ok(work.checks)
}

/// Runs the checks of a call for its sender or signer, and collects the findings that need `--accept`.
///
/// # Errors
/// As [`check`].
pub(super) async fn judge(
    place: Place<'_>,
    governed: &GovernedCall,
    asker: Asker<'_>,
) -> Result<Judged> {
    let (mut receiver, mut of_receiver) = (None, Vec::new());
    let checks = match &governed.call {
        Call::TransferProxy(give) => {
            let checked = transfer::check(place, give).await?;
            checked
                .lines
                .iter()
                .for_each(|line| place.context.note(line));
            of_receiver = checked.notices();
            receiver = checked.receiver;
            Assessment::default()
        }
        call => check(place, call, asker).await?,
    };
    let mut notices = confirm::notices(place, governed, asker).await?;
    notices.extend(confirm::rivals(place, governed).await?);
    notices.extend(of_receiver);
    Ok(Judged {
        checks,
        notices,
        receiver,
    })
}

/// Who approves a call.
#[derive(Clone, Copy)]
pub(super) struct Approver<'a> {
    /// What he compares it with.
    pub(super) review: &'a ReviewArgs,
    /// His account; `None` if it is not known, or if the sender need not be an approver.
    pub(super) account: Option<Address>,
}

/// As [`judge`], for an approver: refuses blocking findings, code that his sources do not build to, and irreversible
/// changes that are not accepted. Reports incomplete checks.
///
/// # Errors
/// As [`check`]; what refuses it.
pub(super) async fn judge_as_approver(
    place: Place<'_>,
    governed: &GovernedCall,
    approver: Approver<'_>,
) -> Result<Judged> {
    let Approver { review, account } = approver;
    compare_builds(place, &governed.call, review)?;
    let judged = judge(place, governed, Asker::approver(review, account)).await?;
    judged.require(place)?;
    for line in judged.checks.coverage.lines() {
        place.context.note(line);
    }
    Ok(judged)
}

impl Judged {
    /// Continues if no finding blocks the call and all are accepted.
    pub(super) fn require(&self, place: Place<'_>) -> Result<()> {
        checked::require(&self.checks)?;
        confirm::require(place.context, &self.notices)
    }
}

/// Proposes a call: checks it as its approvers will, and sends it.
///
/// # Errors
/// As [`judge`]; what refuses it.
pub(super) async fn check_and_send(
    place: Place<'_>,
    governed: GovernedCall,
    asker: Asker<'_>,
) -> Result<Effects> {
    let judged = judge(place, &governed, asker).await?;
    judged.require(place)?;
    send(place, (governed, judged), asker).await
}

/// Sends a checked call, and completes a pause or a resumption that it executes.
///
/// # Errors
/// What the chain says.
pub(super) async fn send(
    place: Place<'_>,
    (governed, judged): (GovernedCall, Judged),
    asker: Asker<'_>,
) -> Result<Effects> {
    let call = governed.call.clone();
    let mut effects = Effects::default();
    effects.add_checks(&judged.checks);
    if let Call::TransferProxy(_) = call {
        effects.receiver = Some(judged.receiver);
    }
    let sending = Sending {
        layout: asker.layout,
        checks: judged.checks,
        ..Sending::of(place, governed)
    };
    let mut effects = sending.show_and_send(place, effects).await?;
    if effects.is_executed() {
        pause_remaining_instances(place, &call, &mut effects).await?;
    }
    Ok(effects)
}
