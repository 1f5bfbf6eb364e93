//! Definitions, loaded and saved as [`registry_storage`](stylus_upgrades_interface::registry_storage) declares
//! them.

use alloc::vec::Vec;

use stylus_upgrades_interface::{
    ids::{DefinitionId, VersionIndex},
    registry_storage::{
        definition::{self, Head},
        label,
        registry_parts::{self, Counts},
    },
};

use crate::{
    chain::{Reverts, keccak},
    errors,
    store::StorageSlot,
    version::{RegisteredVersion, VersionCode},
};

/// The pause of a definition, as one byte of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PauseState {
    /// It is not.
    Off = 0,
    /// It is, and its version is still the one that it had then.
    On = 1,
    /// It is, and `migrate` was executed since.
    Migrated = 2,
}

impl PauseState {
    const fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Off,
            1 => Self::On,
            _ => Self::Migrated,
        }
    }
}

/// A named contract.
#[derive(Clone, Debug)]
pub struct Definition {
    /// keccak256 of the name.
    pub id: DefinitionId,
    /// The name under which it was created; empty for the registry itself.
    pub name: Vec<u8>,
    /// Rises with every version added and every policy changed.
    pub sequence: u64,
    /// The number of versions, and the index of the youngest.
    pub versions: u32,
    /// The number of instances, and the index of the youngest.
    pub instances: u32,
    /// Index of the current version, 0 before the first.
    pub current: VersionIndex,
    /// True if the policy of role `migrate` is `NONE`.
    pub frozen: bool,
    /// The state of its pause.
    pub pause: PauseState,
    /// True if one of its steps has a check.
    pub has_checks: bool,
    /// The number of times that a version was made current, the same one again included.
    pub activations: u32,
}

impl Definition {
    fn slot(id: DefinitionId) -> StorageSlot {
        definition::find::<StorageSlot>(id)
    }

    /// The definition of that name before it exists.
    pub fn fresh(name: &[u8]) -> Self {
        Self::new(id(name), name.into(), Head::default())
    }

    /// Returns true if a definition of that name exists.
    pub fn exists(name: &[u8]) -> bool {
        Head::name_end().get(&Self::slot(id(name)).load()) != 0
    }

    /// The definition of that name.
    pub fn of(name: &[u8]) -> Reverts<Self> {
        let head = Self::slot(id(name)).read(definition::HEAD);
        if head.name_end == 0 {
            return Err(errors::definition_not_found(name));
        }
        Ok(Self::new(id(name), name.into(), head))
    }

    /// The definition with that hash of its name.
    pub fn load(id: DefinitionId) -> Option<Self> {
        let slot = Self::slot(id);
        let head = slot.read(definition::HEAD);
        let name_length = head.name_end.checked_sub(1)?;
        let name = slot.at(definition::NAME).load_bytes(name_length.into());
        Some(Self::new(id, name, head))
    }

    fn new(id: DefinitionId, name: Vec<u8>, head: Head) -> Self {
        Self {
            id,
            name,
            sequence: head.sequence,
            versions: head.versions,
            instances: head.instances,
            current: head.current,
            frozen: head.frozen,
            pause: PauseState::of(head.paused),
            has_checks: head.has_checks,
            activations: head.activations,
        }
    }

    /// The sequence of the definition with that hash of its name, 0 where there is none.
    pub fn sequence(id: DefinitionId) -> u64 {
        Head::sequence().get(&Self::slot(id).load())
    }

    /// Stores it for the first time.
    pub fn create(&self) {
        Self::slot(self.id)
            .at(definition::NAME)
            .store_bytes(&self.name);
        self.save();
    }

    /// Counts one more that `createDefinition` created.
    pub fn count() {
        let slot = StorageSlot::root(0);
        let Counts { definitions } = slot.read(registry_parts::COUNTS);
        let definitions = definitions.saturating_add(1);
        slot.write(registry_parts::COUNTS, &Counts { definitions });
    }

    /// Stores everything but the name. How many instances are stopped is counted apart
    /// ([`Self::count_stopped`]), so that no earlier copy of the definition undoes it.
    pub fn save(&self) {
        let slot = Self::slot(self.id);
        let head = Head {
            sequence: self.sequence,
            versions: self.versions,
            instances: self.instances,
            current: self.current,
            name_end: self.name.len() as u8 + 1,
            frozen: self.frozen,
            paused: self.pause as u8,
            has_checks: self.has_checks,
            activations: self.activations,
            stopped: Head::stopped().get(&slot.load()),
        };
        slot.write(definition::HEAD, &head);
    }

    /// Returns true if it is paused.
    pub fn is_paused(&self) -> bool {
        self.pause != PauseState::Off
    }

    /// Returns the number of instances that are paused or in a complex step.
    pub fn stopped(&self) -> u32 {
        Head::stopped().get(&Self::slot(self.id).load())
    }

    /// Notes that an instance is stopped, or live again.
    pub fn count_stopped(id: DefinitionId, stops: bool) {
        let slot = Self::slot(id);
        let mut head = slot.load();
        let count = Head::stopped().get(&head);
        let count = if stops {
            count.saturating_add(1)
        } else {
            count.saturating_sub(1)
        };
        Head::stopped().set(&mut head, count);
        slot.store(head);
    }

    /// Makes a version current, or the current one once more. Does not save `self`.
    pub fn activate(&mut self, version: VersionIndex) {
        self.current = version;
        self.activations += 1;
        if self.is_paused() {
            self.pause = PauseState::Migrated;
        }
    }

    /// Index of the version with that label, if there is one.
    pub fn index_of(&self, label: &[u8]) -> VersionIndex {
        let slot = label::find::<StorageSlot>(self.id, keccak(label));
        slot.read(label::VERSION).index
    }

    /// The version with that label.
    pub fn version(&self, label: &[u8]) -> Reverts<RegisteredVersion> {
        match self.index_of(label) {
            VersionIndex::NONE => Err(errors::version_not_found(&self.name, label)),
            index => Ok(RegisteredVersion::load(self.id, index)),
        }
    }

    /// The label of the version with that index; no version has the empty label.
    pub fn label_of(&self, index: VersionIndex) -> Vec<u8> {
        if index.is_none() {
            Vec::new()
        } else {
            RegisteredVersion::label(self.id, index)
        }
    }

    /// Adds a version as the youngest and raises the sequence. Does not save `self`.
    pub fn add_version(
        &mut self,
        label: &[u8],
        code: &VersionCode,
        initial: bool,
    ) -> RegisteredVersion {
        self.versions += 1;
        self.sequence += 1;
        let version = RegisteredVersion {
            definition: self.id,
            index: VersionIndex(self.versions),
            code: *code,
            sequence: self.sequence,
            label: label.into(),
            initial,
            incoming: Vec::new(),
        };
        let index = label::Version {
            index: version.index,
        };
        label::find::<StorageSlot>(self.id, keccak(label)).write(label::VERSION, &index);
        version.create();
        version
    }
}

/// Returns the identifier of the definition of a name.
pub fn id(name: &[u8]) -> DefinitionId {
    DefinitionId(keccak(name))
}
