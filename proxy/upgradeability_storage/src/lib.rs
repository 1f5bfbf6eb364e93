//! UpgradeabilityStorage: where the upgrade state of a proxy lives, and its admin path. Every
//! proxy delegatecalls it for the five selectors of `IUpgradeabilityProxy` and for nothing
//! else, so all of this runs on the proxy's storage. Called directly it reverts `NotAProxy()`.
//! The program of a complex migration delegatecalls it once more, to leave its step. An EVM proxy
//! delegatecalls it for whatever its registry calls, so any other selector is forwarded.
//!
//! | slot | holds |
//! |---|---|
//! | ERC-1967 implementation | the code that runs now; the pause stub while an upgrade runs |
//! | ERC-1967 admin | the registry |
//! | `erc7201:stylus-upgrades.upgradeability` + 0 | the `initialized` marker |
//! | `erc7201:stylus-upgrades.migratable` + 0 | `mapping(string => bool) migrated` |
//!
//! The version's label is not stored here: the registry is the authority on it.
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod complex;
mod guard;
mod instance;
mod marks;
mod registry;
mod revert;
mod step;
mod upgrade;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue};
use instance::Instance;
use revert::{Reverts, returned, revert};
use stylus_upgrades_host::{call, context, program::Status};
use stylus_upgrades_interface::{
    complex::IComplexStep, proxy::IUpgradeabilityProxy as Abi, reasons::not_runnable,
};

stylus_upgrades_host::allocating_program!(answer);

/// Answers one call and ends the frame with the result or the revert data.
fn answer(calldata: &[u8]) -> Status {
    let answered = dispatch(calldata);
    let (Ok(data) | Err(data)) = &answered;
    call::write_result(data);
    Status::from(answered.is_ok())
}

/// The five selectors, and the one for programs of complex migrations, which nobody else calls.
fn dispatch(calldata: &[u8]) -> Reverts<Vec<u8>> {
    let instance = Instance::here()?;
    let Some((selector, arguments)) = calldata.split_first_chunk() else {
        return forward(&instance, calldata);
    };
    match *selector {
        Abi::upgradeToAndCallCall::SELECTOR => {
            let request = decode::<Abi::upgradeToAndCallCall>(arguments)?;
            upgrade::run(&instance, &request.version, &request.data)
        }
        Abi::upgradeToCall::SELECTOR => {
            let request = decode::<Abi::upgradeToCall>(arguments)?;
            upgrade::run(&instance, &request.version, &[])
        }
        Abi::implementationCall::SELECTOR => view(instance.implementation()),
        Abi::registryCall::SELECTOR => view(instance.registry),
        Abi::implementationVersionCall::SELECTOR => {
            refuse_value()?;
            Ok(registry::version(&instance)?.abi_encode())
        }
        IComplexStep::finishStepCall::SELECTOR => {
            refuse_value()?;
            let request = decode::<IComplexStep::finishStepCall>(arguments)?;
            complex::finish(&instance, request.back)
        }
        _ => forward(&instance, calldata),
    }
}

/// Runs on the instance's code what its registry calls an EVM proxy with beside the five selectors.
fn forward(instance: &Instance, calldata: &[u8]) -> Reverts<Vec<u8>> {
    let implementation = instance.implementation();
    if implementation.is_zero() {
        return Err(revert(Abi::ImplementationNotRunnable {
            implementation,
            reason: not_runnable::NO_CODE,
        }));
    }
    let called = call::delegate_call(&implementation.into(), calldata, u64::MAX);
    let data = returned(called.len);
    if called.ok { Ok(data) } else { Err(data) }
}

/// An address as the answer of a view.
fn view(answer: Address) -> Reverts<Vec<u8>> {
    refuse_value()?;
    Ok(answer.abi_encode())
}

/// The arguments of a call; malformed ones revert without data, as in Solidity.
fn decode<C: SolCall>(arguments: &[u8]) -> Reverts<C> {
    C::abi_decode_raw(arguments).map_err(|_| Vec::new())
}

/// Reverts where value came with a call that takes none.
fn refuse_value() -> Reverts<()> {
    let value = U256::from_be_bytes(context::msg_value());
    if value.is_zero() {
        Ok(())
    } else {
        Err(revert(Abi::ValueNotAccepted { value }))
    }
}
