//! Running one step: a delegatecall under its token, checked afterwards.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolType, sol_data};
use stylus_upgrades_host::{call, storage};
use stylus_upgrades_interface::{
    instance::PathStep,
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

/// The values of which a token is the hash: kind, from, to.
type Preimage = (sol_data::Uint<8>, sol_data::String, sol_data::String);

/// Runs a step of the path with `data` as its calldata, and checks or sets its mark.
pub(crate) fn run(path_step: &PathStep, data: &[u8]) -> Reverts<()> {
    marks::permit(path_step)?;
    match path_step.kind {
        step::NONE => {
            marks::set_by_proxy(path_step);
            Ok(())
        }
        step::CALL => migration(path_step, data),
        step::SCRIPT => foreign(path_step, path_step.script, data),
        step::FOREIGN_CALL => foreign(path_step, path_step.implementation, data),
        _ => Err(revert(IRegistry::InvalidStep {
            from: path_step.from.clone(),
            to: path_step.to.clone(),
            reason: invalid_step::UNKNOWN_KIND,
        })),
    }
}

/// Initializes the instance: the initializer, if there is one, then the marks that no initializer
/// runs again.
pub(crate) fn initialize(instance: &Instance, path_step: &PathStep, data: &[u8]) -> Reverts<()> {
    if !data.is_empty() {
        let guard = Guard::before(path_step);
        under_token(
            token::INITIALIZER,
            path_step,
            path_step.implementation,
            data,
        )?;
        guard.check_but_target()?;
    }
    marks::set(&path_step.to);
    instance.mark_initialized();
    Ok(())
}

/// Runs calldata that is no step on the new code; afterwards no slot of the framework may have changed.
pub(crate) fn afterwards(path_step: &PathStep, data: &[u8]) -> Reverts<()> {
    let guard = Guard::before(path_step);
    delegate(path_step, path_step.implementation, data)?;
    guard.check()
}

/// A migration of the new implementation, which has our mixin and marks itself.
fn migration(path_step: &PathStep, data: &[u8]) -> Reverts<()> {
    if data.is_empty() {
        return Err(marks::not_applied(path_step));
    }
    let guard = Guard::before(path_step);
    under_token(token::MIGRATION, path_step, path_step.implementation, data)?;
    guard.check_but_target()?;
    if marks::is_set(&path_step.to) {
        Ok(())
    } else {
        Err(marks::not_applied(path_step))
    }
}

/// Code without our mixin: the proxy marks for it.
fn foreign(path_step: &PathStep, code: Address, data: &[u8]) -> Reverts<()> {
    let guard = Guard::before(path_step);
    delegate(path_step, code, data)?;
    guard.check()?;
    marks::set_by_proxy(path_step);
    Ok(())
}

/// Runs `code` while the one-shot token of the step is set.
pub(crate) fn under_token(
    kind: u8,
    path_step: &PathStep,
    code: Address,
    data: &[u8],
) -> Reverts<()> {
    let preimage = Preimage::abi_encode_params(&(kind, &path_step.from, &path_step.to));
    storage::transient_store(&slots::TOKEN.0, &keccak256(preimage).0);
    let ran = delegate(path_step, code, data);
    storage::transient_store(&slots::TOKEN.0, &B256::ZERO.0);
    ran
}

/// Delegatecalls `code`; its revert data is passed on byte for byte, an empty one becomes
/// `MigrationNotApplied`.
fn delegate(path_step: &PathStep, code: Address, data: &[u8]) -> Reverts<()> {
    storage::flush(true);
    let called = call::delegate_call(&code.into(), data, u64::MAX);
    match called {
        called if called.ok => Ok(()),
        called if called.len == 0 => Err(marks::not_applied(path_step)),
        called => Err(returned(called.len)),
    }
}
