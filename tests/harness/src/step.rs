//! Constructors for steps into a version.

use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_deploy::registry;
pub use stylus_upgrades_deploy::registry::{initial, nothing};
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::Step;

use crate::harness::Program;

/// A call on the new implementation, which has the mixin and marks itself (kind 1).
pub fn call(from: &str, migration: &impl SolCall) -> Step {
    registry::call(from, migration.abi_encode().into())
}

/// The same without calldata: the upgrader brings it, by `upgradeToAndCall`.
pub fn call_later(from: &str) -> Step {
    registry::call(from, Bytes::new())
}

/// A migration script that the proxy delegatecalls once (kind 2).
pub fn script(from: &str, program: &Program, migration: &impl SolCall) -> Step {
    let data = migration.abi_encode().into();
    registry::delegated(
        from,
        step::SCRIPT,
        (program.address, program.codehash.into()),
        data,
    )
}

/// A complex migration, whose batches `handler` sends (kind 3).
pub fn complex(from: &str, program: &Program, handler: Address) -> Step {
    registry::complex(from, (program.address, program.codehash.into()), handler)
}

/// A call on a new implementation that lacks the mixin (kind 4).
pub fn foreign_call(from: &str, call: &impl SolCall) -> Step {
    Step {
        kind: step::FOREIGN_CALL,
        data: call.abi_encode().into(),
        ..nothing(from)
    }
}
