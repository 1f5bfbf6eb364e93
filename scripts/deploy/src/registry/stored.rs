//! The registry's storage, read slot by slot by its declaration.

use super::Registry;
use super::definition_id;
use crate::build::Framework;
use crate::client::ChainError;
use crate::ids::{CodeHash, DefinitionId};
use crate::model::is_of_sequence;
use crate::questions::ask_all;
use alloy::primitives::{Address, B256, U256, keccak256};
use futures::try_join;
use std::collections::BTreeSet;
use stylus_chain::StatePart;
use stylus_registry_core::policy::Policy;
use stylus_upgrades_interface::ids::VersionIndex;
use stylus_upgrades_interface::parts;
use stylus_upgrades_interface::registry_storage::definition::{self, Head};
use stylus_upgrades_interface::registry_storage::{
    Find, StepKey, Whole, Word, instance, member, policy as record, registry_parts, root,
    round as rounds, step, version,
};
use stylus_upgrades_interface::slots;

/// Versions of a definition that are read ahead, at most: the youngest ones.
const VERSIONS_AHEAD: u32 = 3;
/// Words of a record that are read ahead, where it may have many.
const RECORD_WORDS: u64 = 3;

/// A record's first slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub B256);

impl Find for Slot {
    fn find(table: u8, first: B256, second: B256) -> Self {
        let root = slots::REGISTRY;
        let key = [
            root.as_slice(),
            &[table],
            first.as_slice(),
            second.as_slice(),
        ];
        Self(keccak256(key.concat()))
    }
}

impl Slot {
    /// The slot `words` words after it.
    pub fn plus(&self, words: u64) -> B256 {
        U256::from_be_bytes(self.0.0)
            .wrapping_add(U256::from(words))
            .into()
    }
}

/// The addresses of the registry's parts, in their order; `None` where no registry was constructed.
pub async fn parts(registry: Registry<'_>) -> Result<Option<Vec<Address>>, ChainError> {
    let first = Slot(root(0));
    let positions = (registry_parts::ADDRESSES.first()..).take(parts::COUNT);
    let words = positions.map(|position| {
        let slot = first.plus(position);
        registry.client.storage(registry.address, slot)
    });
    let words = ask_all(words).await?;
    let found: Vec<Address> = words.into_iter().map(Address::from_word).collect();
    Ok(found.iter().all(|part| !part.is_zero()).then_some(found))
}

/// The parts of the state that nearly every call about a definition reads, for a copy that asks for them together: the
/// programs of the registry and the framework, and the definition with its current version, its newest ones and its policies. There are none
/// where the chain is near, or cannot be read: the copy asks for each itself.
pub async fn parts_of_calls(registry: Registry<'_>, name: &str) -> Vec<StatePart> {
    let id = definition_id(name);
    if !registry.client.is_far() {
        return Vec::new();
    }
    let Ok((programs, head)) = try_join!(parts(registry), counts(registry, id)) else {
        return Vec::new();
    };
    let newest = head.versions.saturating_sub(VERSIONS_AHEAD)..head.versions;
    let mut versions: BTreeSet<VersionIndex> =
        newest.map(|before| VersionIndex(before + 1)).collect();
    versions.insert(head.current);
    let mut slots: Vec<B256> = Vec::new();
    let mut add = |first: Slot, words: u64| slots.extend((0..words).map(|word| first.plus(word)));
    add(Slot(root(0)), registry_parts::COUNTS.first() + 1);
    add(definition::find(id), RECORD_WORDS);
    for index in versions {
        add(version::find(id, index), version::LABEL.first() + 1);
        let first = StepKey {
            version: index,
            position: 0,
        };
        add(step::find(id, first), RECORD_WORDS);
    }
    for role in ["migrate", "pause"] {
        add(
            record::find(id, keccak256(role)),
            record::TEXT.first() + RECORD_WORDS,
        );
    }
    let framework = Framework::pinned().ok().into_iter().flat_map(|framework| {
        let contracts = [&framework.stub, &framework.orders, &framework.layouts];
        let programs = [&framework.bare, &framework.storage, &framework.proxy];
        let contracts = contracts.map(|contract| contract.address);
        contracts
            .into_iter()
            .chain(programs.map(|program| program.address))
    });
    let accounts = programs.into_iter().flatten().chain([registry.address]);
    let accounts = accounts.chain(framework);
    let slots = slots.into_iter();
    let slots = slots.map(|slot| StatePart::Slot(registry.address, slot.into()));
    accounts.map(StatePart::Account).chain(slots).collect()
}

/// Reads how many definitions `createDefinition` created; 0 of a registry of an earlier release, which does not count
/// them.
pub async fn definition_count(registry: Registry<'_>) -> Result<u64, ChainError> {
    let slot = Slot(root(0)).plus(registry_parts::COUNTS.first());
    let word = registry.client.storage(registry.address, slot).await?;
    let counts = registry_parts::Counts::from_word(&Word(word.0));
    Ok(counts.definitions.into())
}

/// The numbers of a definition.
pub async fn counts(registry: Registry<'_>, id: DefinitionId) -> Result<Head, ChainError> {
    let first = definition::find::<Slot>(id);
    let slot = first.plus(definition::HEAD.first());
    let word = registry.client.storage(registry.address, slot).await?;
    Ok(Head::from_word(&Word(word.0)))
}

/// Returns the slots where a definition keeps its first `count` proxies, in their order.
pub fn proxy_slots(definition: DefinitionId, count: u32) -> impl Iterator<Item = B256> {
    let slots = (1..=count).map(move |index| member::find::<Slot>(definition, index));
    slots.map(|first| first.plus(member::PROXY.first()))
}

/// The slots of an instance's record.
pub fn instance_slots(proxy: Address) -> [B256; 2] {
    let first = instance::find::<Slot>(proxy);
    [0, 1].map(|word| first.plus(word))
}

/// The code hashes of a policy's lambdas when the policy was set, in their order.
pub async fn lambdas(
    registry: Registry<'_>,
    definition: DefinitionId,
    role: &str,
    policy: &Policy,
) -> Result<Vec<CodeHash>, ChainError> {
    let mut found = Vec::with_capacity(policy.lambdas.len());
    for slot in lambda_slots(definition, role).take(policy.lambdas.len()) {
        let word = registry.client.storage(registry.address, slot).await?;
        found.push(CodeHash(word));
    }
    Ok(found)
}

/// Returns the slots of these code hashes, in their order; more slots than a policy has lambdas.
pub fn lambda_slots(definition: DefinitionId, role: &str) -> impl Iterator<Item = B256> {
    let first = record::find::<Slot>(definition, keccak256(role));
    (record::LAMBDAS.first()..).map(move |position| first.plus(position))
}

/// Reads what approvals of a role's actions are bound to, see the registry's `authority::epoch`.
///
/// # Errors
/// What the chain says.
pub async fn epoch(
    registry: Registry<'_>,
    definition: &str,
    role: &str,
) -> Result<u64, ChainError> {
    let id = definition_id(definition);
    if is_of_sequence(role) {
        return Ok(counts(registry, id).await?.sequence);
    }
    let first = record::find::<Slot>(id, keccak256(role));
    let slot = first.plus(record::HEAD.first());
    let word = registry.client.storage(registry.address, slot).await?;
    Ok(record::Head::from_word(&Word(word.0)).changes)
}

/// Reads how often a governed call was finished: executed, cancelled, or closed when it had expired.
///
/// # Errors
/// What the chain says.
pub async fn round(registry: Registry<'_>, call: &[u8]) -> Result<u32, ChainError> {
    let first = rounds::find::<Slot>(keccak256(call));
    let word = registry
        .client
        .storage(registry.address, first.plus(rounds::COUNT.first()))
        .await?;
    Ok(rounds::Count::from_word(&Word(word.0)).round)
}
