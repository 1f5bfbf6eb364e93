//! A governed call before it is sent, signed or shown: one pipeline for proposers and approvers. It runs the checks
//! ([`check`]), collects the findings that need `--accept` ([`judge`]), refuses or clears it ([`Judged::cleared`]), and
//! sends it ([`Cleared::send`]).

use super::approver::compare_builds;
use super::check_options::CheckOptions;
use super::effects::Effects;
use super::propose::Sending;
use super::rollout::pause_remaining_instances;
use super::work::Work;
use super::work::simulate::try_proposed;
use super::{adoption, arrivals, checked, confirm, creation, standing, transfer};
use crate::assess::{Finding, FindingId, Role};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::context::prelude::*;
use crate::context::{earlier, key};
use crate::governance::{
    ApproverMemory, Call, GovernedCall, already, delegated_approvers, later_changes,
};
use crate::ids::ActionId;
use crate::options::ReviewArgs;
use crate::registry::{Receiver, RecordedCode};
use std::collections::BTreeSet;

/// The findings about a call, for its sender or signer. It cannot be sent before it is [cleared](Self::cleared).
pub(crate) struct Judged {
    pub(crate) checks: Assessment,
    /// Findings that need `--accept`.
    pub(crate) notices: Vec<Finding>,
    /// The definition that an instance goes to, in a transfer to another registry.
    receiver: Option<Receiver>,
}

/// A call that nothing refuses: it can be sent or signed.
pub(crate) struct Cleared {
    pub(crate) checks: Assessment,
    receiver: Option<Receiver>,
}

/// Checks what a call decides about code and storage. Refusals are among the findings.
///
/// # Errors
/// Errors of the chain, and checks that failed for another reason.
pub(crate) async fn check(
    session: Session<'_>,
    call: &Call,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    match call {
        Call::CreateProxy(create) => return creation::check(session, create, options).await,
        Call::Adopt(adopt) => return adoption::check(session, adopt, options).await,
        Call::AcceptTransfer(accept) => {
            return adoption::check_acceptance(session, accept, options).await;
        }
        Call::TransferProxy(give) => {
            transfer::check(session, give).await?;
        }
        _ => {}
    }
    let Some((version, code, _)) = call.version() else {
        return Ok(Assessment::default());
    };
    let name = call.definition();
    let code = match code {
        Some(code) => RecordedCode::from(code),
        None => session.registry.code(name, version).await?,
    };
    let mut work = Work::of(session, (name, version), options.role).await?;
    work.check_proposed(call, code, options).await?;
    Ok(work.checks)
}

/// Runs the checks of a call for its sender or signer, and collects the findings that need `--accept`.
///
/// # Errors
/// The errors of [`check`].
pub(crate) async fn judge(
    session: Session<'_>,
    governed: &GovernedCall,
    options: CheckOptions<'_>,
) -> Result<Judged> {
    let (mut receiver, mut of_receiver) = (None, Vec::new());
    let checks = match &governed.call {
        Call::TransferProxy(give) => {
            let checked = transfer::check(session, give).await?;
            checked
                .lines
                .iter()
                .for_each(|line| session.context.note(line));
            of_receiver = checked.notices();
            receiver = checked.receiver;
            Assessment::default()
        }
        call => check(session, call, options).await?,
    };
    let mut judged = Judged::of(session, governed, checks, options).await?;
    judged.notices.extend(of_receiver);
    judged.receiver = receiver;
    Ok(judged)
}

/// Finds what else concerns a call, for everybody who looks at it: open actions of others that say something else, and
/// the origin of a proxy that it accepts.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn beside(
    session: Session<'_>,
    governed: &GovernedCall,
    options: CheckOptions<'_>,
) -> Result<Vec<Finding>> {
    let mut all = confirm::rivals(session, governed).await?;
    let policies = governed.call.policies().into_iter();
    let policies = policies.map(|(_, policy)| policy);
    all.extend(delegated_approvers(session.registry.client, policies).await?);
    if let Call::Adopt(adopt) = &governed.call {
        all.extend(adoption::find_control(session, adopt, options).await?);
    }
    if let Call::AcceptTransfer(accept) = &governed.call {
        let arrival = arrivals::of_acceptance(session, accept).await?;
        let lines = arrival.iter().flat_map(|one| &one.details);
        lines.for_each(|line| session.context.note(line));
        all.extend(arrival);
    }
    Ok(all)
}

/// The approver of a call.
#[derive(Clone, Copy)]
pub(crate) struct Approver<'a> {
    /// The sources and declarations to compare the call with.
    pub(crate) review: &'a ReviewArgs,
    /// His account; `None` if it is not known, or if the sender need not be an approver.
    pub(crate) account: Option<Address>,
    /// [`Role::Approver`], or [`Role::Executor`] of what others approved.
    pub(crate) role: Role,
}

impl<'a> Approver<'a> {
    /// The options of the checks for him.
    pub(crate) fn options(self) -> CheckOptions<'a> {
        CheckOptions {
            role: self.role,
            ..CheckOptions::approver(self.review, self.account)
        }
    }
}

/// Judges a call as [`judge`] does, for an approver: refuses blocking findings, code that the approver's sources do not
/// build to, and irreversible changes that are not accepted.
///
/// # Errors
/// The errors of [`check`]; the refusal.
pub(crate) async fn judge_as_approver(
    session: Session<'_>,
    governed: &GovernedCall,
    approver: Approver<'_>,
) -> Result<Cleared> {
    compare_builds(session, &governed.call, approver.review)?;
    let mut judged = judge(session, governed, approver.options()).await?;
    if let (Role::Executor, Some(action)) = (approver.role, governed.approves) {
        let changes = later_changes(session.registry, &governed.call, action).await?;
        judged.checks.accepts.set_later_changes(changes);
    }
    let mut earlier = Earlier::read(session, governed, approver).await?;
    judged.remember(session, &mut earlier);
    // What is refused is not tried.
    if let (Call::Migrate(migrate), None) = (&governed.call, judged.checks.refusal()) {
        try_proposed(session, migrate, &mut judged.checks).await?;
        judged.remember(session, &mut earlier);
    }
    if let Some(refused) = judged.checks.refusal() {
        let action = governed
            .approves
            .filter(|_| approver.role == Role::Approver);
        return Err(refused.of_action(action).into());
    }
    judged.cleared(session)
}

/// The findings of an action that its approver accepted in earlier commands.
struct Earlier {
    action: ActionId,
    memory: ApproverMemory,
}

impl Earlier {
    /// Reads what an approver accepted; nothing if the approver is not known.
    async fn read(
        session: Session<'_>,
        governed: &GovernedCall,
        approver: Approver<'_>,
    ) -> Result<Option<Self>> {
        let account = approver.account.filter(|_| approver.role == Role::Approver);
        let (Some(account), Some(key)) = (account, key(session.registry).await) else {
            return Ok(None);
        };
        Ok(Some(Self {
            action: session.registry.action_of(&governed.bytes).await?,
            memory: ApproverMemory::recall(key, account),
        }))
    }
}

impl Judged {
    /// Remembers what the approver accepts now. What they accepted before counts as accepted.
    fn remember(&mut self, session: Session<'_>, earlier: &mut Option<Earlier>) {
        let Some(Earlier { action, memory }) = earlier else {
            return;
        };
        let in_the_way = self.checks.in_the_way();
        let all = || in_the_way.iter().chain(&self.notices);
        let now = session.context.accepted();
        let accepted: Vec<&Finding> = all().filter(|finding| now.covers(&finding.id)).collect();
        // A rehearsal decides nothing: the approver is asked again.
        if !session.context.global.dry_run {
            memory.accept(*action, accepted);
        }
        // An id counts only if every finding with it was accepted.
        let asked = all().filter(|finding| !memory.has_accepted(*action, finding));
        let asked: BTreeSet<&FindingId> = asked.map(|finding| &finding.id).collect();
        let known = all().map(|finding| &finding.id);
        let known: BTreeSet<FindingId> = known.filter(|id| !asked.contains(id)).cloned().collect();
        self.checks.accepts.set_earlier(known);
    }

    /// A call whose code and storage were checked, with the findings that need `--accept`.
    ///
    /// # Errors
    /// Errors of the chain.
    pub(crate) async fn of(
        session: Session<'_>,
        governed: &GovernedCall,
        mut checks: Assessment,
        options: CheckOptions<'_>,
    ) -> Result<Self> {
        checks.role = options.role;
        checks.accepts = session.context.accepted();
        checks.extend(standing::of_call(session, &governed.call).await?);
        let mut notices = confirm::notices(session, governed, options).await?;
        notices.extend(beside(session, governed, options).await?);
        Ok(Self {
            checks,
            notices,
            receiver: None,
        })
    }

    /// Refuses what a finding blocks, before more is looked at.
    ///
    /// # Errors
    /// The finding that blocks it.
    pub(crate) fn require_nothing_refused(&self) -> Result<()> {
        checked::require_not_refused(&self.checks)?;
        confirm::require_none_missing(self.checks.role, &self.checks.accepts, &self.notices)
    }

    /// Continues if no finding blocks the call and all are accepted.
    ///
    /// # Errors
    /// The finding that blocks it.
    pub(crate) fn cleared(self, session: Session<'_>) -> Result<Cleared> {
        let Self {
            checks,
            notices,
            receiver,
        } = self;
        checked::require_not_refused(&checks)?;
        let context = session.context;
        confirm::require_accepted(context, checks.role, &checks.accepts, &notices)?;
        Ok(Cleared { checks, receiver })
    }
}

/// Returns the decision of a call that holds already, in words; `None` if an earlier run of this key made it and is
/// still to be reported.
///
/// # Errors
/// The errors of [`already`].
pub(crate) async fn holds_already(
    session: Session<'_>,
    governed: &GovernedCall,
) -> Result<Option<String>> {
    let Session { context, registry } = session;
    if earlier(context, registry.client, governed).await?.is_some() {
        return Ok(None);
    }
    Ok(already(registry, governed, &context.names()).await?)
}

/// Proposes a call, unless it holds already: checks it as its approvers will, and sends it.
///
/// # Errors
/// The errors of [`judge`]; the refusal.
pub(crate) async fn check_and_send(
    session: Session<'_>,
    governed: GovernedCall,
    options: CheckOptions<'_>,
) -> Result<Effects> {
    if let Some(what) = holds_already(session, &governed).await? {
        return Effects::nothing_to_send(session.context, what);
    }
    let cleared = judge(session, &governed, options).await?.cleared(session)?;
    confirm::warn_of_weaker(session, &governed.call).await?;
    cleared.send(session, governed, Vec::new(), options).await
}

impl Cleared {
    /// Sends the call after the transactions that it needed, and completes a pause or a resumption that it executes.
    ///
    /// # Errors
    /// Errors of the chain.
    pub(crate) async fn send(
        self,
        session: Session<'_>,
        governed: GovernedCall,
        sent: Vec<Sent>,
        options: CheckOptions<'_>,
    ) -> Result<Effects> {
        let call = governed.call.clone();
        let mut effects = Effects::default();
        effects.add_checks(&self.checks);
        if let Call::TransferProxy(_) = call {
            effects.receiver = Some(self.receiver);
        }
        let sending = Sending {
            layout: options.layout,
            checks: self.checks,
            governed,
            sent,
        };
        let mut effects = sending.show_and_send(session, effects).await?;
        if effects.is_executed() {
            pause_remaining_instances(session, &call, &mut effects).await?;
        }
        Ok(effects)
    }
}
