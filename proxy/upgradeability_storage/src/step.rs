//! Running one step: a delegatecall under its token, checked afterwards.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolType, sol_data};
use stylus_upgrades_host::{call, storage};
use stylus_upgrades_interface::{
    instance::Hop,
    reasons::{invalid_step, step, token},
    registry::IRegistry,
    slots,
};

use crate::{
    guard::Guard,
    instance::Instance,
    marks,
    revert::{Reverts, returned, revert},
};

/// What a token is the hash of: kind, from, to.
type Preimage = (sol_data::Uint<8>, sol_data::String, sol_data::String);

/// Runs the step of a hop with `data` as its calldata, and sees to its mark.
pub(crate) fn run(hop: &Hop, data: &[u8]) -> Reverts<()> {
    marks::permit(hop)?;
    match hop.kind {
        step::NONE => {
            marks::set_by_proxy(hop);
            Ok(())
        }
        step::CALL => migration(hop, data),
        step::SCRIPT => foreign(hop, hop.script, data),
        step::FOREIGN_CALL => foreign(hop, hop.implementation, data),
        _ => Err(revert(IRegistry::InvalidStep {
            from: hop.from.clone(),
            to: hop.to.clone(),
            reason: invalid_step::UNKNOWN_KIND,
        })),
    }
}

/// Gives birth: the initializer, if there is one, then the marks that no initializer runs again.
pub(crate) fn birth(instance: &Instance, hop: &Hop, data: &[u8]) -> Reverts<()> {
    if !data.is_empty() {
        let guard = Guard::before(hop);
        under_token(token::INITIALIZER, hop, hop.implementation, data)?;
        guard.check_but_target()?;
    }
    marks::set(&hop.to);
    instance.mark_initialised();
    Ok(())
}

/// Runs calldata that is no step on the new code; afterwards nothing of ours may have changed.
pub(crate) fn afterwards(hop: &Hop, data: &[u8]) -> Reverts<()> {
    let guard = Guard::before(hop);
    delegate(hop, hop.implementation, data)?;
    guard.check()
}

/// A migration of the new implementation, which has our mixin and marks itself.
fn migration(hop: &Hop, data: &[u8]) -> Reverts<()> {
    if data.is_empty() {
        return Err(marks::not_applied(hop));
    }
    let guard = Guard::before(hop);
    under_token(token::MIGRATION, hop, hop.implementation, data)?;
    guard.check_but_target()?;
    if marks::is_set(&hop.to) {
        Ok(())
    } else {
        Err(marks::not_applied(hop))
    }
}

/// Code without our mixin: the proxy marks for it.
fn foreign(hop: &Hop, code: Address, data: &[u8]) -> Reverts<()> {
    let guard = Guard::before(hop);
    delegate(hop, code, data)?;
    guard.check()?;
    marks::set_by_proxy(hop);
    Ok(())
}

/// Runs `code` while the one-shot token of the step is set.
pub(crate) fn under_token(kind: u8, hop: &Hop, code: Address, data: &[u8]) -> Reverts<()> {
    let preimage = Preimage::abi_encode_params(&(kind, &hop.from, &hop.to));
    storage::transient_store(&slots::TOKEN.0, &keccak256(preimage).0);
    let ran = delegate(hop, code, data);
    storage::transient_store(&slots::TOKEN.0, &B256::ZERO.0);
    ran
}

/// Delegatecalls `code`; its revert data is passed on byte for byte, an empty one becomes
/// `MigrationNotApplied`.
fn delegate(hop: &Hop, code: Address, data: &[u8]) -> Reverts<()> {
    storage::flush(true);
    let called = call::delegate_call(&code.into(), data, u64::MAX);
    match called {
        called if called.ok => Ok(()),
        called if called.len == 0 => Err(marks::not_applied(hop)),
        called => Err(returned(called.len)),
    }
}
