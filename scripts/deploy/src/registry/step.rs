//! Steps into a version: how they are made.

use super::code_at;
use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::Step;

/// The step of a version that instances are only created at.
pub fn initial() -> Step {
    nothing("")
}

/// A step that runs nothing: the data stays as it is.
pub fn nothing(from: &str) -> Step {
    Step {
        from: from.into(),
        kind: step::NONE,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Bytes::new(),
    }
}

/// A migration that the new version's own code holds.
pub fn call(from: &str, data: Bytes) -> Step {
    Step {
        kind: step::CALL,
        data,
        ..nothing(from)
    }
}

/// A migration in a contract of its own, bound by its code hash.
pub async fn script(
    client: &Client,
    from: &str,
    script: Address,
    data: Bytes,
) -> Result<Step, ChainError> {
    let code = code_at(client, script).await?;
    Ok(delegated(
        from,
        step::SCRIPT,
        (script, code.codehash.into()),
        data,
    ))
}

/// A complex migration: many transactions of `handler`, the contract paused meanwhile. `program` is
/// its account and the hash of its code.
pub fn complex(from: &str, program: (Address, CodeHash), handler: Address) -> Step {
    let start = startMigrationCall { handler }.abi_encode();
    delegated(from, step::COMPLEX, program, start.into())
}

/// A step of that kind whose code lies in a contract of its own, bound by its code hash.
pub fn delegated(from: &str, kind: u8, program: (Address, CodeHash), data: Bytes) -> Step {
    let (script, codehash) = program;
    Step {
        kind,
        script,
        scriptCodehash: codehash.into(),
        data,
        ..nothing(from)
    }
}
