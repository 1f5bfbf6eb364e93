//! UpgradeabilityStorage: where the upgrade state of a proxy lives, and its admin path. Every
//! proxy delegatecalls it for the five selectors of [`IUpgradeabilityProxy`] and for nothing
//! else, so all of this runs on the proxy's storage. Called directly it reverts `NotAProxy()`.
//! The program of a complex migration delegatecalls it once more, to leave its step.
//!
//! | slot | holds |
//! |---|---|
//! | ERC-1967 implementation | the code that runs now; the pause stub while an upgrade runs |
//! | ERC-1967 admin | the registry |
//! | `erc7201:stylus-upgrades.upgradeability` + 0 | the `initialised` marker |
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
use revert::{Reverts, revert};
use stylus_upgrades_host::{call, context, program::Status};
use stylus_upgrades_interface::{complex::IComplexStep, proxy::IUpgradeabilityProxy as Abi};

stylus_upgrades_host::allocating_program!(answer);

/// Answers one call and ends the frame with the result or the revert data.
fn answer(calldata: &[u8]) -> Status {
    let answered = dispatch(calldata);
    let (Ok(data) | Err(data)) = &answered;
    call::write_result(data);
    Status::from(answered.is_ok())
}

/// The five selectors, and the one for programs of complex migrations, which no proxy forwards.
fn dispatch(calldata: &[u8]) -> Reverts<Vec<u8>> {
    let instance = Instance::here()?;
    let (selector, arguments) = calldata.split_first_chunk().ok_or_else(Vec::new)?;
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
        _ => Err(Vec::new()),
    }
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
