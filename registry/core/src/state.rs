//! The registry's storage, all of it. `D` is keccak256 of a definition's name; a record of a
//! table is found by two keys ([`Slot::of`]), `+n` is its `n`th word, numbers are byte widths.
//!
//! ```text
//! root + n  the address of the nth part     written once by the front when it is constructed:
//!                                           while root + 0 is empty, every part refuses to run
//! table              keys             record
//!  1 definition      D, 0             +0 sequence 8, versions 4, instances 4, current 4, exists 1, frozen 1, name length 1; +1 +2 name
//!  2 label           D, keccak(label) +0 index of the version 4, from 1 on
//!  3 version         D, index         +0 implementation 20, sequence 8, label length 1, incoming steps 1, initial 1
//!                                     +1 code hash; +2 layout hash; +3 source hash; +4 the incoming steps' `from`: 8 × index 4; +5 +6 label
//!  4 step            D, index, step   +0 script 20, kind 1, data length 4; +1 script code hash; +2… data
//!  5 policy          D, keccak(role)  +0 set 1, lambdas 1, text length 2, changes 8; +1…+4 code hashes of lambdas; +5… text
//!  6 instance        proxy, 0         +0 index 4, kind 1, state 1, in a complex step: that reaches version 4, on the way to version 4, while that was current 4; +1 D
//!  7 queue node      D, index         +0 proxy 20, version 4, previous 4, next 4 (indices of instances, from 1 on)
//!  8 list            D, version or 0  +0 first 4, last 4, count 4: who lags behind (0), who is at `version` ≥ current
//!  9 occupied        D, version / 256 +0 one bit per version > current whose list is not empty
//! 10 action          action, 0        +0 proposer 20, role 1, proposer's slot 1, pending index 4; +1 D; +2 content hash
//!                                     +3 approvals 8 (bits), opened 8, expires 8; +4 epoch 8, round 4, delays 1
//!                                     +5 code, +6 its hash, +7 script, +8 its hash (what readiness compares); +9… timelocks: 4 × 8
//! 11 round           keccak(call), 0  +0 round 4
//! 12 pending         D, role, epoch   +0 count 4; +1… open actions
//! 13 proposer slots  proposer, 0      +0…+15 actions that he opened
//! 14 layout          layout hash, 0   +0 block 32 of its event
//! ```
//!
//! No operation reads or writes more records because there are more instances, versions,
//! approvals or actions.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{limits::WAYS_IN_MAX, parts};

use crate::{
    abi::{Reader, Value, number},
    chain::{Reverts, keccak},
    errors,
    store::{Slot, Word},
};

const DEFINITION: u8 = 1;
const LABEL: u8 = 2;
const VERSION: u8 = 3;
const STEP: u8 = 4;
pub(crate) const POLICY: u8 = 5;
pub(crate) const INSTANCE: u8 = 6;
pub(crate) const QUEUE_NODE: u8 = 7;
pub(crate) const LIST: u8 = 8;
pub(crate) const OCCUPIED: u8 = 9;
/// Table of actions.
pub const ACTION: u8 = 10;
/// Table of rounds.
pub const ROUND: u8 = 11;
/// Table of open actions.
pub const PENDING: u8 = 12;
/// Table of proposers.
pub const PROPOSER_SLOTS: u8 = 13;
/// Table of layout documents.
pub const LAYOUT: u8 = 14;

/// Whether the registry was constructed: a part itself never is.
pub fn is_constructed() -> bool {
    !part(0).is_zero()
}

/// Whether an account is a part of the registry.
pub fn is_part(account: Address) -> bool {
    (0..parts::COUNT).any(|n| part(n) == account)
}

/// The `n`th part of the registry.
pub fn part(n: usize) -> Address {
    Slot::root(n as u8).load().address::<12>()
}

/// A named contract.
#[derive(Clone, Debug)]
pub struct Definition {
    /// keccak256 of the name.
    pub id: B256,
    /// As it was created; empty for the registry itself.
    pub name: Vec<u8>,
    /// Rises with every version added and every policy changed.
    pub sequence: u64,
    /// How many there are, and the index of the youngest.
    pub versions: u32,
    /// How many there are, and the index of the youngest.
    pub instances: u32,
    /// Index of the current version, 0 before the first.
    pub current: u32,
    /// Whether the policy of role `migrate` is `NONE`.
    pub frozen: bool,
}

impl Definition {
    fn slot(id: B256) -> Slot {
        Slot::of(DEFINITION, id, B256::ZERO)
    }

    /// One that does not exist yet.
    pub fn new(name: &[u8]) -> Self {
        Self {
            id: keccak(name),
            name: name.into(),
            sequence: 0,
            versions: 0,
            instances: 0,
            current: 0,
            frozen: false,
        }
    }

    /// Whether a definition of that name exists.
    pub fn exists(name: &[u8]) -> bool {
        Self::slot(keccak(name)).load().u8::<20>() != 0
    }

    /// The definition of that name.
    pub fn of(name: &[u8]) -> Reverts<Self> {
        Self::load(keccak(name)).ok_or_else(|| errors::definition_not_found(name))
    }

    /// The definition with that hash of its name.
    pub fn load(id: B256) -> Option<Self> {
        let slot = Self::slot(id);
        let word = slot.load();
        (word.u8::<20>() != 0).then(|| Self {
            id,
            name: slot.plus(1).load_bytes(word.u8::<22>().into()),
            sequence: word.u64::<0>(),
            versions: word.u32::<8>(),
            instances: word.u32::<12>(),
            current: word.u32::<16>(),
            frozen: word.u8::<21>() != 0,
        })
    }

    /// Stores it for the first time.
    pub fn create(&self) {
        Self::slot(self.id).plus(1).store_bytes(&self.name);
        self.save();
    }

    /// Stores everything but the name.
    pub fn save(&self) {
        let mut word = Word::default();
        word.set_u64::<0>(self.sequence);
        word.set_u32::<8>(self.versions);
        word.set_u32::<12>(self.instances);
        word.set_u32::<16>(self.current);
        word.set_u8::<20>(1);
        word.set_u8::<21>(self.frozen.into());
        word.set_u8::<22>(self.name.len() as u8);
        Self::slot(self.id).store(word);
    }

    /// Index of the version with that label, 0 where there is none.
    pub fn index_of(&self, label: &[u8]) -> u32 {
        Slot::of(LABEL, self.id, keccak(label)).load().u32::<0>()
    }

    /// The version with that label.
    pub fn version(&self, label: &[u8]) -> Reverts<Version> {
        match self.index_of(label) {
            0 => Err(errors::version_not_found(&self.name, label)),
            index => Ok(Version::load(self.id, index)),
        }
    }

    /// The label of the version with that index; index 0 has the empty label.
    pub fn label_of(&self, index: u32) -> Vec<u8> {
        if index == 0 {
            Vec::new()
        } else {
            Version::label(self.id, index)
        }
    }

    /// Adds a version as the youngest and raises the sequence. Does not save `self`.
    pub fn add_version(&mut self, label: &[u8], code: &Code, initial: bool) -> Version {
        self.versions += 1;
        self.sequence += 1;
        let version = Version {
            definition: self.id,
            index: self.versions,
            code: *code,
            sequence: self.sequence,
            label: label.into(),
            initial,
            incoming: Vec::new(),
        };
        let mut word = Word::default();
        word.set_u32::<0>(version.index);
        Slot::of(LABEL, self.id, keccak(label)).store(word);
        version.create();
        version
    }
}

/// A label and the code that it was given once.
#[derive(Clone, Debug)]
pub struct Version {
    /// Hash of the definition's name.
    pub definition: B256,
    /// Order of registration, from 1 on.
    pub index: u32,
    /// What it runs.
    pub code: Code,
    /// Sequence that adding it led to.
    pub sequence: u64,
    /// Its label.
    pub label: Vec<u8>,
    /// Whether it was added without a way in.
    pub initial: bool,
    /// Indices of the versions that its incoming steps leave, in order of registration.
    pub incoming: Vec<u32>,
}

impl Version {
    fn slot(definition: B256, index: u32) -> Slot {
        Slot::of(VERSION, definition, number(index.into()))
    }

    fn step_slot(&self, position: usize) -> Slot {
        Slot::of(
            STEP,
            self.definition,
            number(u64::from(self.index) << 8 | position as u64),
        )
    }

    /// The version with that index, which exists.
    pub fn load(definition: B256, index: u32) -> Self {
        let slot = Self::slot(definition, index);
        let word = slot.load();
        Self {
            definition,
            index,
            code: Code {
                implementation: word.address::<0>(),
                codehash: slot.plus(1).load().b256(),
                layout_hash: slot.plus(2).load().b256(),
                source_hash: slot.plus(3).load().b256(),
            },
            sequence: word.u64::<20>(),
            label: slot.plus(5).load_bytes(word.u8::<28>().into()),
            initial: word.u8::<30>() != 0,
            incoming: Self::incoming(definition, index),
        }
    }

    /// Only its label.
    pub fn label(definition: B256, index: u32) -> Vec<u8> {
        let slot = Self::slot(definition, index);
        slot.plus(5).load_bytes(slot.load().u8::<28>().into())
    }

    /// Only its incoming steps: one word.
    pub fn incoming(definition: B256, index: u32) -> Vec<u32> {
        let word = Self::slot(definition, index).plus(4).load();
        word.0
            .chunks_exact(4)
            .map(|from| from.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
            .take_while(|from| *from != 0)
            .collect()
    }

    fn create(&self) {
        let slot = Self::slot(self.definition, self.index);
        self.save_head();
        slot.plus(1).store(self.code.codehash.into());
        slot.plus(2).store(self.code.layout_hash.into());
        slot.plus(3).store(self.code.source_hash.into());
        slot.plus(5).store_bytes(&self.label);
    }

    fn save_head(&self) {
        let mut word = Word::default();
        word.set_address::<0>(self.code.implementation);
        word.set_u64::<20>(self.sequence);
        word.set_u8::<28>(self.label.len() as u8);
        word.set_u8::<29>(self.incoming.len() as u8);
        word.set_u8::<30>(self.initial.into());
        Self::slot(self.definition, self.index).store(word);
    }

    /// Adds a way in that leaves the version of index `from`; there is room for it.
    pub fn add_way(&mut self, from: u32, step: &Step) {
        let slot = self.step_slot(self.incoming.len());
        let mut word = Word::default();
        word.set_address::<0>(step.script);
        word.set_u8::<20>(step.kind);
        word.set_u32::<21>(step.data.len() as u32);
        slot.store(word);
        slot.plus(1).store(step.script_codehash.into());
        slot.plus(2).store_bytes(&step.data);
        self.incoming.push(from);
        self.save_head();
        let mut incoming = Word::default();
        for (lane, from) in incoming.0.chunks_exact_mut(4).zip(&self.incoming) {
            lane.copy_from_slice(&from.to_be_bytes());
        }
        Self::slot(self.definition, self.index)
            .plus(4)
            .store(incoming);
    }

    /// The way in at that position, which leaves the version labelled `from`.
    pub fn incoming_step(&self, position: usize, from: Vec<u8>) -> Step {
        let slot = self.step_slot(position);
        let word = slot.load();
        Step {
            from,
            kind: word.u8::<20>(),
            script: word.address::<0>(),
            script_codehash: slot.plus(1).load().b256(),
            data: slot.plus(2).load_bytes(word.u32::<21>() as usize),
        }
    }

    /// Everything that was registered as a step into it, the initial one first.
    pub fn steps(&self) -> Vec<Step> {
        let initial = self.initial.then(Step::default);
        let incoming = self.incoming.iter().enumerate();
        initial
            .into_iter()
            .chain(
                incoming
                    .map(|(n, from)| self.incoming_step(n, Self::label(self.definition, *from))),
            )
            .collect()
    }

    /// Whether it has room for another way in.
    pub fn is_full(&self) -> bool {
        self.incoming.len() >= WAYS_IN_MAX
    }
}

/// The code of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The account that holds it.
    pub implementation: Address,
    /// keccak256 of the account's code.
    pub codehash: B256,
    /// Hash of its storage layout, or zero.
    pub layout_hash: B256,
    /// Hash of its source, or zero.
    pub source_hash: B256,
}

impl Code {
    /// Reads one whose first word is the `n`th.
    pub fn read(reader: &Reader<'_>, n: usize) -> Reverts<Self> {
        Ok(Self {
            implementation: reader.address(n)?,
            codehash: reader.word(n + 1)?,
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
pub struct Step {
    /// The version it leaves; empty for an initial version.
    pub from: Vec<u8>,
    /// One of [`stylus_upgrades_interface::reasons::step`].
    pub kind: u8,
    /// The script of kind 2, the program of kind 3, else zero.
    pub script: Address,
    /// keccak256 of the script's code, else zero.
    pub script_codehash: B256,
    /// The calldata of the step.
    pub data: Vec<u8>,
}

impl Step {
    /// Reads the one that the `n`th word points to.
    pub fn read(reader: &Reader<'_>, n: usize) -> Reverts<Self> {
        let members = reader.at(n)?;
        Ok(Self {
            from: members.bytes(0)?.to_vec(),
            kind: members.u8(1)?,
            script: members.address(2)?,
            script_codehash: members.word(3)?,
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
