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
    store::Slot,
};

/// A proxy that a definition expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// The registry that transfers it.
    pub registry: Address,
    /// Index of the version that it is at then.
    pub version: VersionIndex,
    /// Its nonce at that registry.
    pub nonce: u32,
}

impl Acceptance {
    fn slot(definition: DefinitionId, proxy: Address) -> Slot {
        acceptance::find::<Slot>(definition, proxy)
    }

    /// What the definition expects of that proxy, if anything. What approvers of an earlier policy accepted does not
    /// count.
    pub fn of(definition: DefinitionId, proxy: Address) -> Option<Self> {
        let expected = Self::slot(definition, proxy).read(acceptance::EXPECTED);
        let is_valid = !expected.registry.is_zero() && expected.changes == changes(definition);
        is_valid.then_some(Self {
            registry: expected.registry,
            version: expected.version,
            nonce: expected.nonce,
        })
    }

    /// Stores it in place of an earlier one.
    pub fn save(&self, definition: DefinitionId, proxy: Address) {
        let expected = Expected {
            registry: self.registry,
            version: self.version,
            changes: changes(definition),
            nonce: self.nonce,
        };
        Self::slot(definition, proxy).write(acceptance::EXPECTED, &expected);
    }

    /// The definition expects that proxy no more.
    pub fn clear(definition: DefinitionId, proxy: Address) {
        Self::slot(definition, proxy)
            .at(acceptance::EXPECTED)
            .store(Word::default());
    }
}

/// How often the policy of role `migrate` was changed, as far as it is told apart here.
fn changes(definition: DefinitionId) -> u32 {
    authority::changes(definition, role::MIGRATE) as u32
}
