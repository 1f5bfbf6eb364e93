//! Ways into a version.

use alloy::primitives::Bytes;
use alloy::sol_types::SolCall;
pub use stylus_upgrades::registry::{born, nothing};
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::Step;

use crate::harness::Program;

/// A call on the new implementation, which has the mixin and marks itself (kind 1).
pub fn call(from: &str, migration: &impl SolCall) -> Step {
    stylus_upgrades::registry::call(from, migration.abi_encode().into())
}

/// The same without calldata: whoever upgrades brings it, by `upgradeToAndCall`.
pub fn call_later(from: &str) -> Step {
    stylus_upgrades::registry::call(from, Bytes::new())
}

/// A migration script that the proxy delegatecalls once (kind 2).
pub fn script(from: &str, program: &Program, migration: &impl SolCall) -> Step {
    Step {
        kind: step::SCRIPT,
        script: program.address,
        scriptCodehash: program.codehash,
        data: migration.abi_encode().into(),
        ..nothing(from)
    }
}

/// A call on a new implementation that lacks the mixin (kind 4).
pub fn foreign_call(from: &str, call: &impl SolCall) -> Step {
    Step {
        kind: step::FOREIGN_CALL,
        data: call.abi_encode().into(),
        ..nothing(from)
    }
}
