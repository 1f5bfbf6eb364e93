//! A preview of what would happen if an account did something about an action now, and what its wallet is asked for.
//! Of a contract that approves, such as a Safe, it is the file that its owners load.

use super::request_error::{nothing_there, parse_account};
use crate::app_error::Error;
use crate::assess::{Accepted, Finding, FindingKind, Part, Role, Severity, decide};
use crate::client::ChainError;
use crate::console::decision::{ActionDecision, DecisionPreview};
use crate::console::request::PageRequest;
use crate::context::Context;
use crate::context::Session;
use crate::export::{self, Exported, Format};
use crate::governance::signed::{calldata_digest, current, deadline};
use crate::governance::{
    Call, GovernedCall, ShownCall, SimulatedExecution, later_changes, not_cancelled, not_executed,
    not_open, proposal, readiness, refused, require_ripe,
};
use crate::model::Readiness;
use crate::pipeline::action::{resolve_action, why_ended};
use crate::pipeline::approver::require_current;
use crate::pipeline::shown::shown;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Bytes, U256};
use alloy::rpc::types::{TransactionInputKind, TransactionRequest};
use alloy::sol_types::SolCall;
use std::cmp::Reverse;
use stylus_upgrades_core::commands::review;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The operation of a contract, and what names it.
const SAFE: &str = "safe";
/// The operation of who signs.
const SIGN: &str = "sign";

/// Answers `do=OPERATION&id=ACTION&account=ADDRESS`.
pub(crate) async fn run(
    context: &Context,
    request: &PageRequest,
) -> Result<DecisionPreview, Error> {
    let operation = request.value("do");
    let account = parse_account(request.value(match operation {
        SAFE => SAFE,
        _ => "account",
    }))?;
    let registry = context.verified_snapshot().await?;
    let client = registry.client.acting_as(account);
    let registry = client.registry(registry.address);
    let action = resolve_action(Session { context, registry }, request.value("id")).await?;
    let Some(open) = readiness(registry, action).await? else {
        let session = Session { context, registry };
        return Err(why_ended(session, action, "nothing is left to decide").await);
    };
    let event = proposal(registry, action).await?;
    let governed = GovernedCall::decode(registry.address, event.call, U256::ZERO)?;
    let session = Session { context, registry };
    let shown = shown(session, &governed).await?;
    let decision = ActionDecision {
        operation: operation.into(),
        account,
        action,
        what: governed.what(),
        display: shown.display.clone(),
        policy_change: shown.policy_change.clone(),
        control: shown.control.clone(),
        ..ActionDecision::default()
    };
    let mut builder = PreviewBuilder {
        session,
        governed: &governed,
        shown: &shown,
        open,
        page: DecisionPreview {
            decision,
            decoded: shown.decoded.clone(),
            ..DecisionPreview::default()
        },
    };
    match operation {
        "approve" | SAFE | SIGN => builder.approve().await?,
        "execute" => builder.execute().await?,
        "revoke" => {
            let call = abi::revokeCall { action: action.0 }.abi_encode();
            builder.send_call(call.into()).await?;
            let sentence = if builder.open.approved.contains(&account) {
                "Sent now, your approval of this action is withdrawn."
            } else {
                "Sent now, this refuses the action: everybody sees it, and your offline signatures for it become \
                 invalid. It stays open for the others, and you can still approve it with a transaction."
            };
            builder.page.decision.sentence = sentence.into();
        }
        "cancel" => {
            let call = abi::cancelCall { action: action.0 }.abi_encode();
            let simulated = builder.send_call(call.into()).await;
            let proposer = event.proposer;
            simulated.map_err(|error| not_cancelled(action, proposer, error))?;
            builder.page.decision.sentence =
                "Sent now, this cancels the action: its approvals become void, and it can never be executed."
                    .into();
        }
        _ => return Err(nothing_there(&request.path)),
    }
    Ok(builder.page.stamped())
}

/// Describes what is still to be done once a call is executed.
fn describe_next(call: &Call) -> &'static str {
    match call {
        Call::Migrate(_) => {
            " Instances follow by rollouts, which anybody may send (stylus-upgrades upgrade)."
        }
        _ => "",
    }
}

/// A preview that is made for an account.
struct PreviewBuilder<'a> {
    /// The session, whose client asks as the account.
    session: Session<'a>,
    governed: &'a GovernedCall,
    shown: &'a ShownCall,
    open: Readiness,
    page: DecisionPreview,
}

impl PreviewBuilder<'_> {
    /// Previews an approval, with exactly the proposed bytes: sent by the account, signed by it, or in the file for the
    /// owners of a contract.
    async fn approve(&mut self) -> Result<(), Error> {
        let registry = self.session.registry;
        let governed = self.governed;
        let call = &governed.bytes;
        let (operation, action) = {
            let decision = &self.page.decision;
            (decision.operation.clone(), decision.action)
        };
        require_current(registry, &governed.call).await?;
        if registry.action_of(call).await? != action {
            return Err(not_open(action).into());
        }
        governed.require_approver(registry.client, action).await?;
        if operation == SIGN {
            self.require_not_withdrawn().await?;
        }
        let (simulated, gas) = governed.simulate(registry.client).await?;
        let (what, approved) = (governed.what(), simulated.approved);
        self.page.decision.sentence = if operation == SIGN {
            format!(
                "Signed now, nothing is sent: the signature approves {what}, and counts once somebody submits it."
            )
        } else if simulated.executes {
            format!(
                "Sent now, your call completes the policy ({approved}) and executes at once: {what}.{}",
                describe_next(&governed.call)
            )
        } else {
            format!(
                "Sent now, your call is approval {} of {} for: {what}. It is not executed yet.",
                approved.approvals, approved.required
            )
        };
        if operation != SIGN {
            self.page.progress = Some(simulated.clone());
            self.set_transaction(self.request(call), gas);
        }
        if operation == SAFE {
            self.page.builder = Some(self.write_safe_file(&what)?);
        }
        // What a wallet would sign for the same call, and what its user compares with the device.
        let end = deadline(registry.client).await?;
        let account = self.page.decision.account;
        let approval = current(registry, call, end, account).await?;
        self.page.decision.digests = Some(approval.digests()?);
        self.page.typed_data = Some(approval.typed_data()?);
        self.page.approval = Some(approval);
        self.check(simulated.simulation.as_ref(), Role::Approver)
            .await
    }

    /// Previews the execution of the proposed bytes once no approval is missing, by anybody.
    async fn execute(&mut self) -> Result<(), Error> {
        let Session { context, registry } = self.session;
        let (governed, action) = (self.governed, self.page.decision.action);
        let why = not_executed(&self.open);
        require_ripe(&self.open, action, &why, &context.names())?;
        require_current(registry, &governed.call).await?;
        if registry.action_of(&governed.bytes).await? != action {
            return Err(not_open(action).into());
        }
        let (simulated, gas) = governed.simulate(registry.client).await?;
        self.page.decision.sentence = format!(
            "Sent now, this executes an approved action, which anybody may do: {}.{}",
            governed.what(),
            describe_next(&governed.call)
        );
        self.page.progress = Some(simulated.clone());
        self.set_transaction(self.request(&governed.bytes), gas);
        self.check(simulated.simulation.as_ref(), Role::Executor)
            .await
    }

    /// Writes the file for Safe's Transaction Builder, as `approve --as SAFE --export FILE` does.
    fn write_safe_file(&self, title: &str) -> Result<String, Error> {
        let exported = Exported {
            chain_id: self.session.registry.client.chain_id(),
            from: self.page.decision.account,
            to: self.session.registry.address,
            value: U256::ZERO,
            data: self.governed.bytes.clone(),
            gas: 0,
        };
        Ok(exported.text(Format::Safe, title, export::now())?)
    }

    /// Refuses a signature of an account that withdrew its approval: the registry accepts none for that action.
    async fn require_not_withdrawn(&self) -> Result<(), Error> {
        let registry = self.session.registry;
        let ActionDecision {
            account, action, ..
        } = &self.page.decision;
        let withdrawn = refused(registry, *action, &[*account]).await?;
        if withdrawn.is_empty() {
            Ok(())
        } else {
            Err(Error::Usage {
                message: format!("{account} has withdrawn its approval of this action"),
                expected:
                    "an account that has not; the registry accepts no signature of one that has"
                        .into(),
                found: "a withdrawal".into(),
                next: "approve with a transaction".into(),
            })
        }
    }

    /// Previews another call about the action, tried as the account.
    async fn send_call(&mut self, call: Bytes) -> Result<(), ChainError> {
        let (client, what) = (self.session.registry.client, &self.page.decision.operation);
        let request = self.request(&call);
        let gas = client.estimate(what, &request).await?;
        self.set_transaction(request, gas);
        Ok(())
    }

    /// A call of the registry, in the form that every wallet takes.
    fn request(&self, call: &Bytes) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(self.page.decision.account)
            .with_to(self.session.registry.address)
            .with_value(U256::ZERO)
            .with_input_kind(call.clone(), TransactionInputKind::Data)
    }

    /// Records what the wallet is asked to send, and its digest.
    fn set_transaction(&mut self, request: TransactionRequest, gas: u64) {
        let digest = request.input.input().map(|call| calldata_digest(call));
        self.page.decision.transaction_digest = digest;
        let chain = self.session.registry.client.chain_id();
        self.page.transaction = Some(request.with_gas_limit(gas).with_chain_id(chain));
    }

    /// The checks of `approve`, its dry run, and what a copy of the chain shows now. A finding that needs `--accept`
    /// needs a confirmation; so does what [`needs_yes`] says. Who executes is told what approvers accepted, and asked
    /// only about what nobody can accept.
    async fn check(
        &mut self,
        simulation: Option<&SimulatedExecution>,
        role: Role,
    ) -> Result<(), Error> {
        let Session { context, registry } = self.session;
        let (open, about) = (&self.open, (self.governed, self.shown));
        let decision = &mut self.page.decision;
        let who = (decision.account, role);
        let mut found = review::found(self.session, about, open, Some(who)).await?;
        match simulation {
            Some(SimulatedExecution::Fails(refusal)) => {
                let fails = Error::from(refusal.clone()).findings();
                // The simulation of the whole migration found the same.
                let is_same = |finding: &Finding, other: &Finding| {
                    let why = other.found.as_deref();
                    finding.part == other.part
                        && why.is_some_and(|why| finding.message.ends_with(why))
                };
                let is_new = |finding: &Finding| !fails.iter().any(|other| is_same(finding, other));
                found.findings.retain(is_new);
                found.findings.extend(fails);
                found.require_yes();
            }
            Some(SimulatedExecution::NotSimulated(why)) => {
                let says = format!("its execution was not tried: {why}");
                let untried = Finding::named(
                    Part::Simulation,
                    Severity::Unknown,
                    FindingKind::Trial,
                    says,
                );
                found.findings.push(untried);
            }
            Some(SimulatedExecution::Succeeds(given)) => {
                let says = given.words().into_iter();
                let said = says.map(|says| {
                    Finding::named(Part::Simulation, Severity::Note, FindingKind::Trial, says)
                });
                // The simulation of a whole migration says the same.
                let new = said.filter(|finding| {
                    !found
                        .findings
                        .iter()
                        .any(|other| other.message == finding.message)
                });
                let new: Vec<Finding> = new.collect();
                found.findings.extend(new);
            }
            None => {}
        }
        let who = refused(registry, decision.action, &open.missing).await?;
        let names = context.names();
        found.findings.extend(who.iter().map(|who| {
            let who = names.long(*who);
            let says = format!("{who} refused this action: ask why before you decide");
            Finding::named(Part::Action, Severity::Warning, FindingKind::Refused, says)
        }));
        let is_migration = matches!(self.governed.call, Call::Migrate(_));
        let is_asked = match role {
            Role::Executor => {
                let mut accepted = Accepted::default();
                let call = &self.governed.call;
                let changes = later_changes(registry, call, decision.action).await?;
                accepted.set_later_changes(changes);
                let decided = decide(&found.findings, &accepted, role);
                !decided.refused.is_empty()
            }
            _ => needs_yes(
                &found.findings,
                is_migration,
                found.simulation.plan.is_some(),
            ),
        };
        if is_asked {
            found.require_yes();
        }
        found
            .findings
            .sort_by_key(|finding| Reverse(finding.severity));
        (decision.findings, decision.consent) = (found.findings, Some(found.consent));
        decision.callers = found.callers;
        self.page.plan = found.simulation.plan;
        Ok(())
    }
}

/// Returns true if an approver must confirm what was found: a danger, or a migration that no copy of the chain has
/// shown.
fn needs_yes(findings: &[Finding], is_migration: bool, is_shown: bool) -> bool {
    let is_danger = |finding: &Finding| finding.severity == Severity::Danger;
    findings.iter().any(is_danger) || (is_migration && !is_shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_danger_alone_needs_a_confirmation_and_so_does_a_migration_that_was_not_shown() {
        let findings = |severity| {
            vec![Finding::named(
                Part::Simulation,
                severity,
                FindingKind::Trial,
                "x",
            )]
        };
        for (severity, is_migration, is_shown, expected) in [
            (Severity::Danger, true, true, true),
            (Severity::Danger, false, false, true),
            (Severity::Warning, true, true, false),
            (Severity::Warning, true, false, true),
            (Severity::Unknown, false, false, false),
        ] {
            let found = needs_yes(&findings(severity), is_migration, is_shown);
            assert_eq!(found, expected, "{severity:?} {is_migration} {is_shown}");
        }
    }
}
