//! The one flow of every governed call: who calls, what would that do, is it enough.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolValue};
use stylus_registry_core::{
    authority::Stored,
    birth,
    chain::{Reverts, emit, sender},
    lock,
    state::Definition,
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    proxy::IUpgradeabilityProxy::ValueNotAccepted,
    registry::{
        IRegistry::{
            AlreadyApproved, Approved, Executed, NotAnApprover, Proposed, createProxyCall,
            createProxyReturn,
        },
        Progress,
    },
};

use crate::{action::Action, calls::Call, execute};

/// Records an approval of the call, or executes it where that completes the role's policy.
pub(crate) fn run(calldata: &[u8]) -> Reverts<Vec<u8>> {
    lock::take()?;
    let call = Call::decode(calldata)?;
    let progress = approve(calldata, &call)?;
    lock::set(lock::Phase::Free);
    Ok(returned(&call, progress))
}

fn approve(calldata: &[u8], call: &Call) -> Reverts<Progress> {
    let definition = call.definition()?;
    let stored = Stored::of(&definition, call.role())?;
    let caller = sender();
    let bit = stored.policy.bit(caller);

    let mut action = Action::current(&definition, call.role(), &stored, calldata, true);
    let repeated = action.approvals & bit != 0;
    action.approvals |= bit;
    let lambdas = stored.consents(action.id, caller, action.approvals)?;
    let clock_changed = action.set_clocks(&stored, lambdas);
    let satisfied = stored.policy.is_satisfied(&action.facts(lambdas));

    if !satisfied && bit == 0 {
        return Err(NotAnApprover { caller }.into());
    }
    if !satisfied && repeated && !clock_changed {
        return Err(AlreadyApproved {
            approver: caller,
            action: action.id,
        }
        .into());
    }
    accept_value(call, &stored, bit)?;
    call.check(&definition)?;

    let progress = action.progress(&stored, lambdas, satisfied);
    announce(&action, calldata, &progress, bit != 0 && !repeated);
    if satisfied {
        action.finish();
        execute::execute(call, definition, calldata)?;
        executed(&action);
    } else if action.is_stored {
        action.save();
    } else {
        action.open_for(caller, call.subject(&definition)?)?;
    }
    Ok(progress)
}

/// Value may come along only where it cannot be counted twice: with a payable call of somebody
/// who alone satisfies the role.
fn accept_value(call: &Call, stored: &Stored, bit: u64) -> Reverts<()> {
    let value = U256::from_be_bytes(context::msg_value());
    if value.is_zero() || (call.is_payable() && stored.policy.is_satisfied_alone(bit)) {
        return Ok(());
    }
    Err(ValueNotAccepted { value }.into())
}

/// `Proposed` once per action, before its first `Approved`.
fn announce(action: &Action, calldata: &[u8], progress: &Progress, approves: bool) {
    if !action.is_stored {
        emit(&Proposed {
            definition: action.definition,
            action: action.id,
            proposer: sender(),
            call: calldata.to_vec().into(),
            epoch: action.epoch,
            round: action.round,
            expires: action.expires,
        });
    }
    if approves {
        emit(&Approved {
            definition: action.definition,
            action: action.id,
            approver: sender(),
            approvals: progress.approvals,
            required: progress.required,
        });
    }
}

/// `Executed`, the last event of an action, with the sequence that it led to.
fn executed(action: &Action) {
    let sequence = Definition::load(action.definition).map_or(0, |after| after.sequence);
    emit(&Executed {
        definition: action.definition,
        action: action.id,
        sequence,
    });
}

/// What the call returns: how far it is, and for `createProxy` where the proxy is or will be.
fn returned(call: &Call, progress: Progress) -> Vec<u8> {
    match call {
        Call::CreateProxy(call) => createProxyCall::abi_encode_returns(&createProxyReturn {
            progress,
            proxy: birth::address(&call.name, call.kind, call.salt),
        }),
        _ => progress.abi_encode(),
    }
}
