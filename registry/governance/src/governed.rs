//! The one flow of every governed call: who calls, what would that do, is it enough.

use alloc::vec::Vec;

use alloy_primitives::B256;
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    action::{Action, progress_values},
    authority::Stored,
    chain::{Reverts, sender},
    create2, errors, events, lock,
    state::Definition,
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::registry::Progress;

use crate::{calls::Call, execute};

/// Records an approval of the call, or executes it where that completes the role's policy.
pub(crate) fn run(calldata: &[u8]) -> Reverts<Vec<u8>> {
    lock::take()?;
    let call = Call::decode(calldata)?;
    let progress = approve(calldata, &call)?;
    lock::set(lock::Phase::Free);
    returned(&call, &progress)
}

fn approve(calldata: &[u8], call: &Call<'_>) -> Reverts<Progress> {
    let definition = call.definition()?;
    let (role, stored) = call.authority(&definition)?;
    let caller = sender();
    let bit = stored.bit(caller);

    let mut action = Action::current(&definition, role, &stored, calldata, call.about(), true);
    let repeated = action.approvals & bit != 0;
    action.approvals |= bit;
    let lambdas = stored.consents(action.id, caller, action.approvals)?;
    let clock_changed = action.update_timelocks(&stored, lambdas);
    let satisfied = stored.policy.is_satisfied(&action.facts(lambdas));

    if !satisfied && bit == 0 {
        return Err(errors::not_an_approver(caller));
    }
    if !satisfied && repeated && !clock_changed {
        return Err(errors::already_approved(caller, action.id));
    }
    accept_value(&stored, bit)?;
    call.check(&definition)?;

    let progress = action.progress(&stored, lambdas, satisfied);
    // a repeated approval that starts a delay is announced again: its time is the delay's
    let approves = bit != 0 && (!repeated || clock_changed);
    announce(&action, calldata, &progress, approves);
    if satisfied {
        action.finish();
        execute::execute(call, definition, calldata)?;
        executed(&action);
    } else if action.is_stored {
        action.save();
    } else {
        action.needs_live = call.needs_live();
        action.open_for(caller, call.subject(&definition)?)?;
    }
    Ok(progress)
}

/// Value (of `createProxy`, no other call gets here with any) may come along only from somebody
/// who alone satisfies the role: it cannot be counted twice then.
fn accept_value(stored: &Stored, bit: u64) -> Reverts<()> {
    let value = B256::new(context::msg_value());
    if value.is_zero() || stored.policy.is_satisfied_alone(bit) {
        Ok(())
    } else {
        Err(errors::value_not_accepted(value))
    }
}

/// `Proposed` once per action, before its first `Approved`.
fn announce(action: &Action, calldata: &[u8], progress: &Progress, approves: bool) {
    if !action.is_stored {
        events::proposed(
            action.definition,
            action.id,
            sender(),
            calldata,
            action.epoch,
            action.round,
            action.expires,
        )
        .emit();
    }
    if approves {
        events::approved(action.definition, sender(), progress).emit();
    }
}

/// `Executed`, the last event of an action, with the sequence that it led to.
fn executed(action: &Action) {
    let sequence = Definition::load(action.definition).map_or(0, |after| after.sequence);
    events::executed(action.definition, action.id, sequence).emit();
}

/// What the call returns: how far it is, and for `createProxy` where the proxy is or will be.
fn returned(call: &Call<'_>, progress: &Progress) -> Reverts<Vec<u8>> {
    let [action, approvals, required, executed] = progress_values(progress);
    if let Call::CreateProxy {
        name, kind, salt, ..
    } = call
    {
        let proxy = Value::from(create2::address(name, *kind, *salt)?);
        return Ok(encode(&[], &[action, approvals, required, executed, proxy]));
    }
    Ok(encode(&[], &[action, approvals, required, executed]))
}

/// View: the action that this governed call would approve or execute now.
pub(crate) fn action_of(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let calldata = arguments.bytes(0)?;
    let call = Call::decode(calldata)?;
    let definition = call.definition()?;
    let (role, stored) = call.authority(&definition)?;
    let action = Action::current(&definition, role, &stored, calldata, call.about(), false);
    Ok(encode(&[], &[action.id.into()]))
}
