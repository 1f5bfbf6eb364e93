//! The requests of operators to a registry and its proxies beside its governed calls, which are in
//! the module `governance`.

mod adoption;
mod created;
mod due;
mod instance;
mod logs;
pub mod origin;
mod remembered;
mod rolled_back;
mod rollout;
mod status;
mod step;
pub mod stored;
mod transfer;
mod upgrade;
mod version;
mod waiting;

pub use adoption::{Candidate, HandOver, candidate, given_to};
pub use created::{Created, counted};
pub use due::due;
pub use instance::{ask, decides, registry_of};
pub use logs::pages;
pub use logs::{
    AtHand, Topics, all_logs, first_logs, logs, logs_at_hand, logs_at_once, logs_since,
    newest_logs, newest_of,
};
pub use origin::{Origin, Release, SALT, Salt};
pub use remembered::{Key, Remembered};
pub use rolled_back::rolled_back;
pub use rollout::{
    RolledOut, arrived_by, begun_by, rollout, rollouts, skipped_by, staged_by, turned_by,
};
pub use status::{
    DefinitionStatus, InstanceStatus, definition_status, definitions, definitions_at_hand,
    implementation_of, instance_status,
};
pub use step::{call, complex, delegated, initial, nothing, script};
pub use transfer::{
    Left, Receiver, Transfer, held_by, left, not_there, receiver, require_registry, require_there,
};
pub use upgrade::{Route, Upgraded, lone_call, upgrade};
pub use version::NewVersion;
pub use waiting::{Waiting, waiting};

pub use crate::model::{Named, RecordedCode, definition_id, named, runs};

use crate::client::{ChainError, Client};
use crate::model;
use alloy::primitives::{Address, B256};
use stylus_upgrades_interface::registry::Code;

/// A registry that is asked at an endpoint.
pub type Registry<'a> = model::Registry<&'a Client>;

/// The code at `implementation`, as a version records it. Errors if there is none.
pub async fn code_at(client: &Client, implementation: Address) -> Result<Code, ChainError> {
    let codehash = client
        .codehash(implementation)
        .await?
        .ok_or_else(|| ChainError::missing("code", implementation))?;
    Ok(Code {
        implementation,
        codehash: codehash.into(),
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    })
}
