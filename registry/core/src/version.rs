//! Versions, their code and the steps into them, loaded and saved as
//! [`registry_storage`](stylus_upgrades_interface::registry_storage) declares them.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    ids::{CodeHash, DefinitionId, StepKind, VersionIndex},
    limits::INCOMING_STEPS_MAX,
    registry_storage::{Offset, StepKey, Word, step, version},
};

use crate::{
    abi::{Malformed, Reader, Value},
    store::StorageSlot,
};

/// Bytes of a step's calldata that its first word holds.
const SELECTOR: usize = 4;

/// A label and the code that it was given once.
#[derive(Clone, Debug)]
pub struct RegisteredVersion {
    /// Hash of the definition's name.
    pub definition: DefinitionId,
    /// Order of registration, from 1 on.
    pub index: VersionIndex,
    /// The code that it runs.
    pub code: VersionCode,
    /// Sequence that adding it led to.
    pub sequence: u64,
    /// Its label.
    pub label: Vec<u8>,
    /// True if it was added without an incoming step.
    pub initial: bool,
    /// Indices of the versions that its incoming steps leave, in order of registration.
    pub incoming: Vec<VersionIndex>,
}

impl RegisteredVersion {
    fn slot(definition: DefinitionId, index: VersionIndex) -> StorageSlot {
        version::find::<StorageSlot>(definition, index)
    }

    fn step_slot(&self, position: usize) -> StorageSlot {
        let key = StepKey {
            version: self.index,
            position: position as u8,
        };
        step::find::<StorageSlot>(self.definition, key)
    }

    /// The version with that index, which exists.
    pub fn load(definition: DefinitionId, index: VersionIndex) -> Self {
        let slot = Self::slot(definition, index);
        let head = slot.load();
        Self {
            definition,
            index,
            code: VersionCode {
                implementation: version::Head::implementation().get(&head),
                codehash: slot.read(version::CODEHASH),
                layout_hash: slot.read(version::LAYOUT_HASH),
                source_hash: slot.read(version::SOURCE_HASH),
            },
            sequence: version::Head::sequence().get(&head),
            label: slot
                .at(version::LABEL)
                .load_bytes(version::Head::label_length().get(&head).into()),
            initial: version::Head::initial().get(&head),
            incoming: Self::incoming(definition, index),
        }
    }

    /// Only its account and code hash.
    pub fn code_of(definition: DefinitionId, index: VersionIndex) -> (Address, CodeHash) {
        let slot = Self::slot(definition, index);
        let implementation = version::Head::implementation().get(&slot.load());
        (implementation, slot.read(version::CODEHASH))
    }

    /// Only its label.
    pub fn label(definition: DefinitionId, index: VersionIndex) -> Vec<u8> {
        let slot = Self::slot(definition, index);
        let length = version::Head::label_length().get(&slot.load());
        slot.at(version::LABEL).load_bytes(length.into())
    }

    /// Only its incoming steps: one word.
    pub fn incoming(definition: DefinitionId, index: VersionIndex) -> Vec<VersionIndex> {
        let word = Self::slot(definition, index).at(version::INCOMING).load();
        let mut incoming = Vec::new();
        for lane in 0..INCOMING_STEPS_MAX {
            match Offset::new(4 * lane).get(&word) {
                VersionIndex::NONE => break,
                from => incoming.push(from),
            }
        }
        incoming
    }

    /// Stores it for the first time.
    pub(crate) fn create(&self) {
        let slot = Self::slot(self.definition, self.index);
        self.save_head();
        slot.write(version::CODEHASH, &self.code.codehash);
        slot.write(version::LAYOUT_HASH, &self.code.layout_hash);
        slot.write(version::SOURCE_HASH, &self.code.source_hash);
        slot.at(version::LABEL).store_bytes(&self.label);
    }

    fn save_head(&self) {
        let head = version::Head {
            implementation: self.code.implementation,
            sequence: self.sequence,
            label_length: self.label.len() as u8,
            incoming: self.incoming.len() as u8,
            initial: self.initial,
        };
        Self::slot(self.definition, self.index).write(version::HEAD, &head);
    }

    /// Adds an incoming step that leaves the version of index `from`; there is room for it.
    pub fn add_incoming(&mut self, from: VersionIndex, step: &MigrationStep) {
        let slot = self.step_slot(self.incoming.len());
        let (selector, rest) = step.data.split_at(step.data.len().min(SELECTOR));
        let selector = (0..SELECTOR).fold(0, |word, n| {
            word << 8 | u32::from(selector.get(n).copied().unwrap_or_default())
        });
        let head = step::Head {
            script: step.script,
            kind: step.kind,
            data_length: step.data.len() as u32,
            selector,
        };
        slot.write(step::HEAD, &head);
        slot.write(step::SCRIPT_CODEHASH, &step.script_codehash);
        slot.at(step::DATA).store_bytes(rest);
        self.incoming.push(from);
        self.save_head();
        let mut incoming = Word::default();
        for (lane, from) in self.incoming.iter().enumerate() {
            Offset::new(4 * lane).set(&mut incoming, *from);
        }
        Self::slot(self.definition, self.index)
            .at(version::INCOMING)
            .store(incoming);
    }

    /// The incoming step at that position, which leaves the version labeled `from`.
    pub fn incoming_step(&self, position: usize, from: Vec<u8>) -> MigrationStep {
        let slot = self.step_slot(position);
        let head = slot.load();
        let length = step::Head::data_length().get(&head) as usize;
        let rest = length.saturating_sub(SELECTOR);
        let mut data = Vec::from(step::Head::selector().get(&head).to_be_bytes());
        data.extend(slot.at(step::DATA).load_bytes(rest));
        data.truncate(length);
        MigrationStep {
            from,
            kind: step::Head::kind().get(&head),
            script: step::Head::script().get(&head),
            script_codehash: slot.read(step::SCRIPT_CODEHASH),
            data,
        }
    }

    /// Everything that was registered as a step into it, the initial one first.
    pub fn steps(&self) -> Vec<MigrationStep> {
        let mut steps = Vec::new();
        if self.initial {
            steps.push(MigrationStep::default());
        }
        for (position, from) in self.incoming.iter().enumerate() {
            steps.push(self.incoming_step(position, Self::label(self.definition, *from)));
        }
        steps
    }

    /// Returns true if it has no room for another incoming step.
    pub fn is_full(&self) -> bool {
        self.incoming.len() >= INCOMING_STEPS_MAX
    }
}

/// The code of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionCode {
    /// The account that holds it.
    pub implementation: Address,
    /// keccak256 of the account's code.
    pub codehash: CodeHash,
    /// Hash of its storage layout, or zero.
    pub layout_hash: B256,
    /// Hash of its source, or zero.
    pub source_hash: B256,
}

impl VersionCode {
    /// Reads one whose first word is the `n`th.
    pub fn read(reader: &Reader<'_>, n: usize) -> Result<Self, Malformed> {
        Ok(Self {
            implementation: reader.address(n)?,
            codehash: CodeHash(reader.word(n + 1)?),
            layout_hash: reader.word(n + 2)?,
            source_hash: reader.word(n + 3)?,
        })
    }

    /// Its words.
    pub fn values(&self) -> [Value<'static>; 4] {
        [
            self.implementation.into(),
            self.codehash.into(),
            self.layout_hash.into(),
            self.source_hash.into(),
        ]
    }
}

/// A step into a version. The default is that of an initial version: instances are created at it, and none is upgraded to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationStep {
    /// The version it leaves; empty for an initial version.
    pub from: Vec<u8>,
    /// The kind of the step.
    pub kind: StepKind,
    /// The script of kind 2, the program of kind 3, the check of other kinds, else zero.
    pub script: Address,
    /// keccak256 of the code at `script`, else zero.
    pub script_codehash: CodeHash,
    /// The calldata of the step.
    pub data: Vec<u8>,
}

impl MigrationStep {
    /// The contract that is asked before and after an instance is upgraded along it.
    pub fn check(&self) -> Option<Address> {
        (!self.kind.runs_script() && !self.script.is_zero()).then_some(self.script)
    }

    /// Reads the one that the `n`th word points to.
    pub fn read(reader: &Reader<'_>, n: usize) -> Result<Self, Malformed> {
        let members = reader.at(n)?;
        Ok(Self {
            from: members.bytes(0)?.to_vec(),
            kind: StepKind(members.u8(1)?),
            script: members.address(2)?,
            script_codehash: CodeHash(members.word(3)?),
            data: members.bytes(4)?.to_vec(),
        })
    }

    /// Its members.
    pub fn values(&self) -> [Value<'_>; 5] {
        [
            (&self.from).into(),
            self.kind.into(),
            self.script.into(),
            self.script_codehash.into(),
            (&self.data).into(),
        ]
    }
}
