//! The one flow of every governed call: who calls, what would that do, is it enough.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    action::{Action, is_revoked, progress_values},
    authority::RolePolicy,
    chain::{Reverts, is_called_directly, now, sender},
    definition::Definition,
    errors, events, lock,
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    parts::IParts::verifySignedCall,
    registry::{IRegistry::createProxyCall, Progress},
};

use crate::{
    calls::{CallDecider, GovernedCall},
    checks,
    execute::{self, hand_on},
};

/// Records an approval of the call, or executes it where that completes the role's policy.
pub(crate) fn run(calldata: &[u8]) -> Reverts<Vec<u8>> {
    lock::take()?;
    let call = GovernedCall::decode(calldata)?;
    let (progress, more) = approve(&call, None)?;
    lock::set(lock::LockPhase::Free);
    Ok([encode(&[], &progress_values(&progress)), more].concat())
}

/// The same for those who signed it. Who submits it is no approver.
pub(crate) fn submit(submitted: &[u8]) -> Reverts<Vec<u8>> {
    lock::take()?;
    let arguments = Reader::arguments(submitted);
    let call = GovernedCall::decode(arguments.bytes(0)?)?;
    let mut signers = Vec::new();
    for approval in arguments.structs(2)? {
        signers.push(approval?.address(0)?);
    }
    let signed = SignedApprovals {
        submitted,
        deadline: arguments.u64(1)?,
        signers,
    };
    let (progress, _) = approve(&call, Some(&signed))?;
    lock::set(lock::LockPhase::Free);
    Ok(encode(&[], &progress_values(&progress)))
}

/// Approvals that were given offline.
struct SignedApprovals<'a> {
    /// The calldata that brought them.
    submitted: &'a [u8],
    /// Seconds up to which they hold.
    deadline: u64,
    /// The accounts that gave them.
    signers: Vec<Address>,
}

impl SignedApprovals<'_> {
    /// Refuses them unless each is of an approver, once, not revoked, in time and signed for this very action.
    fn require(&self, action: &Action, stored: &RolePolicy) -> Reverts<()> {
        if now() > self.deadline {
            return Err(errors::action_expired(action.id));
        }
        let mut seen = 0;
        for (index, signer) in self.signers.iter().enumerate() {
            let bit = stored.bit(*signer);
            if bit == 0 {
                return Err(errors::not_an_approver(*signer));
            }
            if seen & bit != 0 || is_revoked(action.id, *signer) {
                return Err(errors::invalid_signature(index as u64, *signer));
            }
            seen |= bit;
        }
        let verify = encode(
            &verifySignedCall::SELECTOR,
            &[
                self.submitted.into(),
                action.epoch.into(),
                action.round.into(),
            ],
        );
        hand_on::<verifySignedCall>(&verify).map(drop)
    }
}

/// The action with the approvals of this call, and what they come to.
struct ApprovalDecision {
    action: Action,
    /// The accounts that approve by this call.
    approvers: Vec<Address>,
    /// Bits of the approvals before it.
    before: u64,
    /// Bits of those that it gives.
    given: u64,
    /// Bits of the lambdas that consent.
    lambdas: u8,
    /// True if a delay of the policy has begun or ended by it.
    clock_changed: bool,
    /// True if the call is executed now.
    executes: bool,
}

/// Approves the call, and returns its progress and the data that it returns after that.
fn approve(
    call: &GovernedCall<'_>,
    signed: Option<&SignedApprovals<'_>>,
) -> Reverts<(Progress, Vec<u8>)> {
    let definition = call.definition()?;
    let decider = call.decider(&definition)?;
    let stored = &decider.policy;
    let action = current(call, &definition, &decider, true);
    if let Some(signed) = signed {
        signed.require(&action, stored)?;
    }
    let approvers = signed.map_or_else(|| alloc::vec![sender()], |signed| signed.signers.clone());
    let Some(decision) = decide(action, call, stored, approvers)? else {
        return Err(call.refusal(&definition, &decider));
    };
    accept_value(call, stored, signed.is_none() || decision.executes)?;
    let more = checks::check(call, &definition)?;
    let progress = carry_out(decision, stored, call, definition)?;
    Ok((progress, more))
}

/// The action that the call would approve or execute now.
fn current(
    call: &GovernedCall<'_>,
    definition: &Definition,
    decider: &CallDecider,
    close: bool,
) -> Action {
    Action::current(
        definition,
        decider.authority,
        decider.creates_at,
        &decider.policy,
        call.calldata,
        close,
    )
}

/// Counts the approvals, and refuses a call that changes nothing. A caller who is no approver is not recorded:
/// their call executes, or nothing is decided.
fn decide(
    mut action: Action,
    call: &GovernedCall<'_>,
    stored: &RolePolicy,
    approvers: Vec<Address>,
) -> Reverts<Option<ApprovalDecision>> {
    let before = action.approvals;
    let given = approvers.iter().fold(0, |all, who| all | stored.bit(*who));
    action.approvals |= given;
    let lambdas = stored.consents(action.id, sender(), action.approvals)?;
    let clock_changed = action.update_timelocks(stored, lambdas);
    let satisfied = stored.policy.is_satisfied(&action.facts(lambdas));
    let executes = satisfied && (!call.needs_direct() || is_called_directly());
    if !executes && given & !before == 0 && !(clock_changed && given != 0) {
        if satisfied {
            return Err(errors::direct_call_required(sender()));
        }
        if given == 0 {
            return Ok(None);
        }
        return Err(errors::already_approved(first_of(stored, given), action.id));
    }
    Ok(Some(ApprovalDecision {
        action,
        approvers,
        before,
        given,
        lambdas,
        clock_changed,
        executes,
    }))
}

/// Of those who approve by one call, the first in the order of the policy: who submits signatures does not choose
/// who proposes. The caller where nobody does.
fn first_of(stored: &RolePolicy, given: u64) -> Address {
    let first = stored.policy.approvers.get(given.trailing_zeros() as usize);
    first.map_or_else(sender, |leaf| leaf.address)
}

/// Announces the approvals, then executes the call or stores the action.
fn carry_out(
    decision: ApprovalDecision,
    stored: &RolePolicy,
    call: &GovernedCall<'_>,
    definition: Definition,
) -> Reverts<Progress> {
    let mut action = decision.action;
    let proposer = first_of(stored, decision.given);
    let progress = action.progress(stored, decision.lambdas, decision.executes);
    announce_proposal(&action, proposer, call.calldata);
    for (n, approver) in decision.approvers.iter().enumerate() {
        let bit = stored.bit(*approver);
        // a repeated approval that starts a delay is announced again: its time is the delay's
        if bit != 0 && (decision.before & bit == 0 || decision.clock_changed) {
            let later = decision.approvers.iter().skip(n + 1);
            let is_new = |who: &&Address| decision.before & stored.bit(**who) == 0;
            let approvals = progress.approvals - later.filter(is_new).count() as u16;
            events::approved(action.definition, *approver, approvals, &progress).emit();
        }
    }
    if decision.executes {
        action.finish();
        execute::execute(call, definition)?;
        executed(&action);
    } else if action.is_stored {
        action.save();
    } else {
        action.open_for(proposer)?;
    }
    Ok(progress)
}

/// Value (of `createProxy`, no other call takes any) may come along only from somebody who alone
/// satisfies the role, and only where the call is executed: it cannot be counted twice then.
fn accept_value(call: &GovernedCall<'_>, stored: &RolePolicy, executes: bool) -> Reverts<()> {
    let value = B256::new(context::msg_value());
    if value.is_zero() {
        return Ok(());
    }
    let takes_value = call.selector == createProxyCall::SELECTOR;
    let alone = stored.policy.is_satisfied_alone(stored.bit(sender()));
    if takes_value && alone && executes {
        Ok(())
    } else {
        Err(errors::value_not_accepted(value))
    }
}

/// `Proposed` once per action, before its first `Approved`.
fn announce_proposal(action: &Action, proposer: Address, calldata: &[u8]) {
    if !action.is_stored {
        events::proposed(
            action.definition,
            action.id,
            proposer,
            calldata,
            action.epoch,
            action.round,
            action.expires,
        )
        .emit();
    }
}

/// `Executed`, the last event of an action, with the sequence that it led to.
fn executed(action: &Action) {
    let sequence = Definition::sequence(action.definition);
    events::executed(action.definition, action.id, sequence).emit();
}

/// View: the action that this governed call would approve or execute now.
pub(crate) fn action_of(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let call = GovernedCall::decode(arguments.bytes(0)?)?;
    let definition = call.definition()?;
    let decider = call.decider(&definition)?;
    let action = current(&call, &definition, &decider, false);
    Ok(encode(&[], &[action.id.into()]))
}
