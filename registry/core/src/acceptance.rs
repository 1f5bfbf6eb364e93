//! Proxies that a definition expects from other registries.

use alloy_primitives::Address;
use stylus_upgrades_interface::{
    ids::{DefinitionId, VersionIndex},
    registry_storage::{
        Word,
        acceptance::{self, Expected},
    },
};

use crate::{
    authority::{self, role},
    definition::Definition,
    store::StorageSlot,
};

/// A proxy that a definition expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferAcceptance {
    /// The registry that transfers it.
    pub registry: Address,
    /// Index of the version that it is at then.
    pub version: VersionIndex,
    /// Its nonce at that registry.
    pub nonce: u32,
}

impl TransferAcceptance {
    fn slot(definition: DefinitionId, proxy: Address) -> StorageSlot {
        acceptance::find::<StorageSlot>(definition, proxy)
    }

    /// Returns the expectation of the definition for that proxy, if any. An acceptance under an earlier policy, or
    /// before another `migrate`, does not count.
    pub fn of(definition: &Definition, proxy: Address) -> Option<Self> {
        let expected = Self::slot(definition.id, proxy).read(acceptance::EXPECTED);
        let is_valid = !expected.registry.is_zero() && expected.epoch == epoch(definition);
        is_valid.then_some(Self {
            registry: expected.registry,
            version: expected.version,
            nonce: expected.nonce,
        })
    }

    /// Stores it in place of an earlier one.
    pub fn save(&self, definition: &Definition, proxy: Address) {
        let expected = Expected {
            registry: self.registry,
            version: self.version,
            epoch: epoch(definition),
            nonce: self.nonce,
        };
        Self::slot(definition.id, proxy).write(acceptance::EXPECTED, &expected);
    }

    /// The definition expects that proxy no more.
    pub fn clear(definition: DefinitionId, proxy: Address) {
        Self::slot(definition, proxy)
            .at(acceptance::EXPECTED)
            .store(Word::default());
    }
}

/// Counts how often role `migrate` has got another policy or decided, as far as that is told apart here.
fn epoch(definition: &Definition) -> u32 {
    let changes = authority::changes(definition.id, role::MIGRATE) as u32;
    changes.wrapping_add(definition.activations)
}
