//! Instances: where they are, what they run, and in which list of [`queue`](crate::queue) they stand.

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    ids::{DefinitionId, InstanceState, VersionIndex},
    reasons::proxy_kind,
    registry_storage::{
        Word,
        instance::{self, Head},
        number,
        queue_node::Node,
    },
};

use crate::{
    chain::Reverts,
    errors,
    queue::{CALLED_BACK, PAUSED, WAITING, list_of, mark, node, push, unlink},
    state::Definition,
    store::Slot,
};

/// A proxy that was created for a definition, or adopted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its account.
    pub proxy: Address,
    /// Order of creation within the definition, from 1 on.
    pub index: u32,
    /// One of [`stylus_upgrades_interface::reasons::proxy_kind`].
    pub kind: u8,
    /// Whether it is in a complex step, or paused.
    pub state: InstanceState,
    /// keccak256 of the definition's name.
    pub definition: DefinitionId,
    /// Index of the version that its complex step reaches, 0 outside of one.
    pub reaches: VersionIndex,
    /// Index of the version that its suspended upgrade leads to, 0 where there is none.
    pub target: VersionIndex,
    /// Index of the version that was current when its complex step began or was called back. It
    /// stays behind one that was called back, until another version is current or it moves.
    pub began: VersionIndex,
    /// How often it began or ended a complex step, or was handed over.
    nonce: u32,
    /// How often its definition had been paused and resumed when it was brought in line with that.
    pauses: u32,
}

impl Instance {
    fn slot(proxy: Address) -> Slot {
        instance::find::<Slot>(proxy)
    }

    /// Whether that account is an instance of any definition.
    pub fn is(proxy: Address) -> bool {
        Head::index().get(&Self::slot(proxy).load()) != 0
    }

    /// The instance at that account.
    pub fn of(proxy: Address) -> Reverts<Self> {
        let slot = Self::slot(proxy);
        let head = slot.load();
        match Head::index().get(&head) {
            0 => Err(errors::not_an_instance(proxy)),
            index => Ok(Self {
                proxy,
                index,
                kind: Head::kind().get(&head),
                state: Head::state().get(&head),
                definition: slot.read(instance::DEFINITION),
                reaches: Head::reaches().get(&head),
                target: Head::target().get(&head),
                began: Head::began().get(&head),
                nonce: Head::nonce().get(&head),
                pauses: Head::pauses().get(&head),
            }),
        }
    }

    /// Records a new one, not created yet: it is at no version and in no list. One that was handed
    /// over and comes back keeps its nonce.
    pub fn create(definition: &mut Definition, proxy: Address, kind: u8) {
        definition.instances += 1;
        let mut head = Self::slot(proxy).load();
        Head::index().set(&mut head, definition.instances);
        Head::kind().set(&mut head, kind);
        Head::pauses().set(&mut head, definition.pauses);
        let slot = Self::slot(proxy);
        slot.at(instance::HEAD).store(head);
        slot.write(instance::DEFINITION, &definition.id);
        let mut word = Word::default();
        Node::proxy().set(&mut word, proxy);
        node(definition.id, definition.instances).store(word);
        definition.save();
    }

    /// Forgets it, but for its nonce, which rises. The last instance of the definition takes its place,
    /// and is the last of its list then.
    pub fn remove(&self, definition: &mut Definition) -> Reverts<()> {
        let id = definition.id;
        self.leave(definition, VersionIndex::NONE);
        let last = node(id, definition.instances);
        if definition.instances != self.index {
            let word = last.load();
            let mut moved = Self::of(Node::proxy().get(&word))?;
            let version = Node::version().get(&word);
            moved.leave(definition, version);
            moved.index = self.index;
            moved.save();
            let mut word = Word::default();
            Node::proxy().set(&mut word, moved.proxy);
            Node::version().set(&mut word, version);
            node(id, moved.index).store(word);
            if moved.is_listed(version) {
                push(id, moved.list(definition), moved.index);
                mark(id, definition.current, version);
            }
        }
        last.store(Word::default());
        let slot = Self::slot(self.proxy);
        let mut head = Word::default();
        Head::nonce().set(&mut head, self.nonce.saturating_add(1));
        slot.at(instance::HEAD).store(head);
        slot.at(instance::DEFINITION).store(Word::default());
        definition.instances -= 1;
        definition.save();
        Ok(())
    }

    /// Whether it stands in a list where it is at `version`.
    fn is_listed(&self, version: VersionIndex) -> bool {
        !version.is_none() && !self.is_migrating() && self.kind != proxy_kind::BEACON
    }

    /// The definition that it belongs to.
    pub fn definition(&self) -> Reverts<Definition> {
        Definition::load(self.definition).ok_or_else(errors::nothing)
    }

    /// Index of its version, none before it is created.
    pub fn version(&self) -> VersionIndex {
        Node::version().get(&node(self.definition, self.index).load())
    }

    /// Index of the version that it runs: what is current, if it asks a beacon.
    pub fn runs(&self, definition: &Definition) -> VersionIndex {
        let version = self.version();
        if self.kind == proxy_kind::BEACON && !version.is_none() {
            return definition.current;
        }
        version
    }

    /// Its state: one that asks a beacon is paused with its definition.
    pub fn state(&self, definition: &Definition) -> InstanceState {
        if self.kind == proxy_kind::BEACON && definition.is_paused() {
            return InstanceState::PAUSED;
        }
        self.state
    }

    /// Whether it is in a complex step, forward or back.
    pub fn is_migrating(&self) -> bool {
        !self.reaches.is_none()
    }

    /// What approvals about it are bound to: how often it began or ended a complex step, or was handed
    /// over. So they hold within one step, or outside of any, and for nothing later.
    pub fn nonce(&self) -> B256 {
        number(self.nonce.into())
    }

    /// The definition that a registry has said to hand this proxy over to.
    pub fn announced(proxy: Address) -> DefinitionId {
        Self::slot(proxy).read(instance::DEFINITION)
    }

    /// Notes that, of a proxy that is no instance.
    pub fn announce(proxy: Address, definition: DefinitionId) {
        Self::slot(proxy).write(instance::DEFINITION, &definition);
    }

    /// Whether it is paused if its definition is, and only then. Another one waits for `rollout`.
    pub fn is_in_line(&self, definition: &Definition) -> bool {
        self.pauses == definition.pauses
    }

    /// Notes that it is paused now, or not any more, and moves it to the list where it belongs.
    pub fn set_paused(&mut self, definition: &Definition, paused: bool) {
        unlink(definition.id, self.list(definition), self.index);
        self.state = if paused {
            InstanceState::PAUSED
        } else {
            InstanceState::LIVE
        };
        self.pauses = definition.pauses;
        self.save();
        push(definition.id, self.list(definition), self.index);
        mark(definition.id, definition.current, self.version());
    }

    /// Moves it to another version, to the list where it belongs now, and out of a complex step.
    pub fn set_version(&mut self, definition: &Definition, version: VersionIndex) {
        let current = definition.current;
        self.leave(definition, version);
        if self.kind == proxy_kind::BEACON {
            return; // it follows what is current, so it never lags
        }
        let turned_back = self.state == InstanceState::TURNING_BACK;
        let is_excluded = turned_back && version < current && self.began == current;
        // one whose definition was paused in the middle of its upgrade is not paused yet
        let list = if definition.is_paused() {
            WAITING
        } else if is_excluded {
            CALLED_BACK
        } else {
            list_of(version, current)
        };
        push(self.definition, list, self.index);
        mark(self.definition, current, version);
        let falls_in_line = !definition.is_paused() && !self.is_in_line(definition);
        if !self.began.is_none() || falls_in_line {
            self.nonce += u32::from(self.is_migrating());
            self.state = InstanceState::LIVE;
            self.reaches = VersionIndex::NONE;
            self.target = VersionIndex::NONE;
            if !is_excluded {
                self.began = VersionIndex::NONE;
            }
            if falls_in_line {
                self.pauses = definition.pauses;
            }
            self.save();
        }
    }

    /// Moves it to the version where a complex step begins that reaches `reaches`, on the way
    /// to `target`. It is in no list until that ends: nobody rolls it out meanwhile.
    pub fn suspend(
        &mut self,
        definition: &Definition,
        version: VersionIndex,
        reaches: VersionIndex,
        target: VersionIndex,
    ) {
        self.leave(definition, version);
        self.state = InstanceState::MIGRATING;
        self.reaches = reaches;
        self.target = target;
        self.began = definition.current;
        self.nonce += 1;
        self.save();
    }

    /// Notes that its complex step turns back: approvers do not want what is current for it.
    pub fn turn_back(&mut self, current: VersionIndex) {
        self.state = InstanceState::TURNING_BACK;
        self.began = current;
        self.save();
    }

    /// Takes it out of its list, if it is in one, and notes its version.
    fn leave(&self, definition: &Definition, version: VersionIndex) {
        let was = self.version();
        if self.is_listed(was) {
            unlink(self.definition, self.list(definition), self.index);
        }
        let slot = node(self.definition, self.index);
        let mut word = slot.load();
        Node::version().set(&mut word, version);
        slot.store(word);
        mark(self.definition, definition.current, was);
    }

    /// The list that it is in, while it is created and in no complex step.
    fn list(&self, definition: &Definition) -> u32 {
        if !self.is_in_line(definition) {
            WAITING
        } else if self.state == InstanceState::PAUSED {
            PAUSED
        } else if self.began == definition.current {
            CALLED_BACK // what is current only rises: where it has changed since, it has joined the queue
        } else {
            list_of(self.version(), definition.current)
        }
    }

    fn save(&self) {
        let head = Head {
            index: self.index,
            kind: self.kind,
            state: self.state,
            reaches: self.reaches,
            target: self.target,
            began: self.began,
            nonce: self.nonce,
            pauses: self.pauses,
        };
        Self::slot(self.proxy).write(instance::HEAD, &head);
    }
}
