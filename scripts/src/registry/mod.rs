//! What operators ask of a registry and its proxies beside its governed calls, which are in
//! the module `governance`.

mod adoption;
mod called_back;
mod created;
mod instance;
mod logs;
pub mod origin;
mod pages;
mod remembered;
mod rollout;
mod status;
pub mod stored;
mod upgrade;
mod version;

pub use adoption::{AdoptionError, Candidate, candidate, given_to};
pub use called_back::called_back;
pub use created::{Created, counted};
pub use instance::{ask, decides, registry_of};
pub use logs::{Topics, all_logs, definition_id, first_logs, logs, logs_since};
pub use origin::{Origin, OriginError, Release, Salt};
pub use pages::{labels, labels_in, open_actions, proxies, proxies_in};
pub use remembered::{Key, Remembered};
pub use rollout::{RolledOut, arrived_by, left, rollout, turned_by};
pub use status::{
    DefinitionStatus, InstanceStatus, StepStatus, VersionStatus, definition_status, definitions,
    instance_state_name, instance_status, kind_name, state_name, step_kind_name,
};
pub use upgrade::{Route, Upgraded, begun_by, direct_call, upgrade, upgrade_directly};
pub use version::{NewVersion, RecordedCode};

use crate::client::{ChainError, Client};
use crate::ids::CodeHash;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::{Code, Step};

/// The code at `implementation`, as a version records it. Errors if there is none.
pub async fn code_at(client: &Client, implementation: Address) -> Result<Code, ChainError> {
    let codehash = client
        .codehash(implementation)
        .await?
        .ok_or(ChainError::Missing {
            what: "code",
            account: implementation,
        })?;
    Ok(Code {
        implementation,
        codehash: codehash.into(),
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    })
}

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
