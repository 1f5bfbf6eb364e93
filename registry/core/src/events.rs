//! Every event that the registry emits. The tests compare each with alloy's encoding of the
//! type in `interface`.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use stylus_upgrades_interface::{
    ids::{ActionId, DefinitionId, VersionIndex},
    registry::{IRegistry as Registry, Progress},
};

use crate::{
    abi::{Value, encode},
    chain::log,
    definition::Definition,
    instances::Instance,
    version::{MigrationStep, VersionCode},
};

/// Topics and data of an event: how many topics, then everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryLog {
    topics: usize,
    log: Vec<u8>,
}

impl RegistryLog {
    /// Emits it.
    pub fn emit(&self) {
        log(&self.log, self.topics);
    }
}

#[inline(never)]
fn event(signature: B256, indexed: &[B256], values: &[Value<'_>]) -> RegistryLog {
    let mut log = Vec::with_capacity(32 + 32 * indexed.len());
    for topic in core::iter::once(&signature).chain(indexed) {
        log.extend_from_slice(topic.as_slice());
    }
    log.extend_from_slice(&encode(&[], values));
    RegistryLog {
        topics: 1 + indexed.len(),
        log,
    }
}

/// Declares a function per event: its Rust name, its type, its indexed parameters, the others.
/// Every one of these has the definition as its first topic. `each` has every one of them beside what alloy makes of
/// its type.
macro_rules! events {
    ($($name:ident = $event:ident [$($topic:ident: $topic_type:ty),*] ($($parameter:ident: $type:ty),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($event), "`")]
            #[must_use]
            pub fn $name(definition: DefinitionId, $($topic: $topic_type,)* $($parameter: $type),*) -> RegistryLog {
                event(
                    <Registry::$event as SolEvent>::SIGNATURE_HASH,
                    &[definition.0, $(topic($topic.into())),*],
                    &[$(Value::from($parameter)),*],
                )
            }
        )*

        #[cfg(test)]
        fn each() -> Vec<(RegistryLog, RegistryLog)> {
            use crate::errors::tests::sample;
            alloc::vec![$((
                $name(sample("definition"), $(sample(stringify!($topic)),)* $(sample(stringify!($parameter))),*),
                tests::by_alloy(&Registry::$event {
                    definition: sample("definition"),
                    $($topic: sample(stringify!($topic)),)*
                    $($parameter: sample(stringify!($parameter))),*
                }),
            )),*]
        }
    };
}

/// A topic from a word.
const fn topic(word: LogTopic) -> B256 {
    word.0
}

/// An address or an action as a topic.
struct LogTopic(B256);

impl From<Address> for LogTopic {
    fn from(address: Address) -> Self {
        Self(address.into_word())
    }
}

impl From<ActionId> for LogTopic {
    fn from(action: ActionId) -> Self {
        Self(action.0)
    }
}

events! {
    definition_created = DefinitionCreated[](name: &[u8]);
    current_changed = CurrentChanged[](version: &[u8], sequence: u64);
    proposed = Proposed[action: ActionId, proposer: Address](call: &[u8], epoch: u64, round: u32, expires: u64);
    proxy_created = ProxyCreated[proxy: Address](version: &[u8], kind: u8);
    admin_created = AdminCreated[admin: Address]();
    instance_adopted = InstanceAdopted[proxy: Address](kind: u8);
    instance_transferred = InstanceTransferred[proxy: Address](to: Address);
    instance_removed = InstanceRemoved[proxy: Address]();
    transfer_accepted = TransferAccepted[proxy: Address](version: &[u8], registry: Address, nonce: u64);
    revoked = Revoked[action: ActionId, approver: Address]();
    cancelled = Cancelled[action: ActionId]();
    executed = Executed[action: ActionId](sequence: u64);
    instance_upgraded = InstanceUpgraded[proxy: Address](from: &[u8], to: &[u8], sequence: u64);
    instance_skipped = InstanceSkipped[proxy: Address](reason: &[u8]);
    migration_started = MigrationStarted[proxy: Address](from: &[u8], to: &[u8], handler: Address);
    migration_ended = MigrationEnded[proxy: Address](from: &[u8], to: &[u8]);
    migration_aborted = MigrationAborted[proxy: Address](from: &[u8], to: &[u8]);
    handler_changed = HandlerChanged[proxy: Address](handler: Address);
    paused = Paused[]();
    resumed = Resumed[]();
    instance_paused = InstancePaused[proxy: Address]();
    instance_resumed = InstanceResumed[proxy: Address]();
    policy_changed = PolicyChanged[](role: &[u8], expression: &[u8]);
}

/// `Approved`, the approvals with this one
#[must_use]
pub fn approved(
    definition: DefinitionId,
    approver: Address,
    approvals: u16,
    progress: &Progress,
) -> RegistryLog {
    event(
        Registry::Approved::SIGNATURE_HASH,
        &[definition.0, progress.action, approver.into_word()],
        &[approvals.into(), progress.required.into()],
    )
}

/// `InstanceUpgraded`, from the version of that index
#[must_use]
pub fn upgraded(
    definition: &Definition,
    instance: &Instance,
    from: VersionIndex,
    to: &[u8],
) -> RegistryLog {
    let from = definition.label_of(from);
    instance_upgraded(
        definition.id,
        instance.proxy,
        &from,
        to,
        definition.sequence,
    )
}

/// `VersionAdded`
#[must_use]
pub fn version_added(
    definition: DefinitionId,
    version: &[u8],
    code: &VersionCode,
    sequence: u64,
) -> RegistryLog {
    event(
        Registry::VersionAdded::SIGNATURE_HASH,
        &[definition.0, code.implementation.into_word()],
        &[
            version.into(),
            code.codehash.into(),
            code.layout_hash.into(),
            code.source_hash.into(),
            sequence.into(),
        ],
    )
}

/// `StepAdded`
#[must_use]
pub fn step_added(definition: DefinitionId, to: &[u8], step: &MigrationStep) -> RegistryLog {
    event(
        Registry::StepAdded::SIGNATURE_HASH,
        &[definition.0],
        &[to.into(), Value::Struct(&step.values())],
    )
}

#[cfg(test)]
mod tests;
