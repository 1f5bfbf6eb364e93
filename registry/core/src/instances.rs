//! Instances: the record of each, and how it changes. Which list an instance stands in follows from its record
//! and its version (`Instance::list`); [`queue`] keeps the lists.

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    adopted::is_adopted,
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
    chain::{Reverts, this},
    definition::Definition,
    errors,
    queue::{self, List, node},
    runnable::registry_in_code,
    store::Slot,
};

/// A proxy that a definition decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its account.
    pub proxy: Address,
    /// Order of creation within the definition, from 1 on.
    pub index: u32,
    /// One of [`proxy_kind`].
    pub kind: u8,
    /// Whether it is in a complex step, or paused.
    pub state: InstanceState,
    /// keccak256 of the definition's name.
    pub definition: DefinitionId,
    /// Index of the version that its complex step reaches, 0 outside of one.
    pub reaches: VersionIndex,
    /// Index of the version that its suspended upgrade leads to, 0 where there is none.
    pub target: VersionIndex,
    /// Index of the version that was current when its complex step began or was rolled back. An instance that
    /// was rolled back keeps it until another version is current or it moves.
    pub began: VersionIndex,
    /// How often it began or ended a complex step, was transferred or removed.
    nonce: u32,
    /// The definition's `pauses` when it was last paused or resumed with it.
    pauses: u32,
    /// Whether this registry created it.
    created: bool,
    /// Whether it was adopted, or came from another registry.
    pub arrived: bool,
}

/// Where an instance comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This registry creates it.
    Here,
    /// It was adopted, or came from another registry.
    Elsewhere,
}

impl Instance {
    fn slot(proxy: Address) -> Slot {
        instance::find::<Slot>(proxy)
    }

    /// Whether that account is an instance of any definition.
    pub fn is(proxy: Address) -> bool {
        Head::index().get(&Self::slot(proxy).load()) != 0
    }

    /// Whether this registry created a proxy at that account, whose code may call for anybody.
    pub fn is_created_here(account: Address) -> bool {
        Head::created().get(&Self::slot(account).load())
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
                created: Head::created().get(&head),
                arrived: Head::arrived().get(&head),
            }),
        }
    }

    /// Records a new instance. It is at no version yet and in no list. A proxy that comes back keeps its nonce, and
    /// that this registry created it.
    pub fn create(
        definition: &mut Definition,
        proxy: Address,
        kind: u8,
        origin: Origin,
    ) -> Reverts<Self> {
        definition.instances += 1;
        let slot = Self::slot(proxy);
        let mut head = slot.load();
        Head::index().set(&mut head, definition.instances);
        Head::kind().set(&mut head, kind);
        Head::pauses().set(&mut head, definition.pauses);
        match origin {
            Origin::Here => Head::created().set(&mut head, true),
            Origin::Elsewhere => Head::arrived().set(&mut head, true),
        }
        slot.at(instance::HEAD).store(head);
        slot.write(instance::DEFINITION, &definition.id);
        let mut word = Word::default();
        Node::proxy().set(&mut word, proxy);
        node(definition.id, definition.instances).store(word);
        definition.save();
        Self::of(proxy)
    }

    /// Forgets it, but for who created it, and its nonce, which rises. The last instance of the definition takes its index, and the
    /// last place of its list.
    pub fn remove(&self, definition: &mut Definition) -> Reverts<()> {
        let id = definition.id;
        self.leave_list(definition);
        if self.is_migrating() {
            Definition::count_migrating(id, false);
        }
        let last = node(id, definition.instances);
        if definition.instances != self.index {
            let word = last.load();
            let version = Node::version().get(&word);
            let mut moved = Self::of(Node::proxy().get(&word))?;
            moved.leave_list(definition);
            moved.index = self.index;
            moved.save();
            let mut word = Word::default();
            Node::proxy().set(&mut word, moved.proxy);
            Node::version().set(&mut word, version);
            node(id, moved.index).store(word);
            moved.enter_list(definition);
        }
        last.store(Word::default());
        let slot = Self::slot(self.proxy);
        let mut head = Word::default();
        Head::nonce().set(&mut head, self.nonce.saturating_add(1));
        Head::created().set(&mut head, self.created);
        slot.at(instance::HEAD).store(head);
        slot.at(instance::DEFINITION).store(Word::default());
        definition.instances -= 1;
        definition.save();
        Ok(())
    }

    /// The definition that it belongs to.
    pub fn definition(&self) -> Reverts<Definition> {
        Definition::load(self.definition).ok_or_else(errors::nothing)
    }

    /// Index of its version, none before it is created.
    pub fn version(&self) -> VersionIndex {
        Node::version().get(&node(self.definition, self.index).load())
    }

    /// Whether it is a proxy of OpenZeppelin.
    pub const fn is_adopted(&self) -> bool {
        is_adopted(self.kind)
    }

    /// Whether it is in a complex step, forward or back.
    pub fn is_migrating(&self) -> bool {
        !self.reaches.is_none()
    }

    /// What approvals about it are bound to: how often it began or ended a complex step, was transferred or
    /// removed. So they hold within one step, or outside of any, and for nothing later.
    pub fn nonce(&self) -> B256 {
        number(self.nonce.into())
    }

    /// Whether it runs the code of its version: it is in no complex step, not paused, and not to be paused.
    pub fn is_running(&self, definition: &Definition) -> bool {
        self.state == InstanceState::LIVE && self.follows_pause(definition)
    }

    /// Whether it was paused or resumed when its definition was last. If not, it waits for `rollout`.
    pub fn follows_pause(&self, definition: &Definition) -> bool {
        self.pauses == definition.pauses
    }

    /// The registry in the code of a proxy that came from another one. It relays the orders of this registry.
    pub fn relay(&self) -> Option<Address> {
        if self.created || self.kind != proxy_kind::EVM {
            return None;
        }
        registry_in_code(self.proxy).filter(|registry| *registry != this())
    }

    /// The registry whose orders this one relays to a proxy that it has transferred.
    pub fn relayed(proxy: Address) -> Address {
        Self::slot(proxy).read(instance::RELAYED)
    }

    /// Relays orders of `registry` to that proxy from now on; of nobody where it is zero.
    pub fn set_relayed(proxy: Address, registry: Address) {
        Self::slot(proxy).write(instance::RELAYED, &registry);
    }

    /// Notes that it is paused now, or runs its code again.
    pub fn set_paused(&mut self, definition: &Definition, paused: bool) {
        self.leave_list(definition);
        self.state = if paused {
            InstanceState::PAUSED
        } else {
            InstanceState::LIVE
        };
        self.pauses = definition.pauses;
        self.save();
        self.enter_list(definition);
    }

    /// Moves it to a version, and out of a complex step if it is in one.
    pub fn set_version(&mut self, definition: &Definition, version: VersionIndex) {
        let was_turned_back = self.state == InstanceState::TURNING_BACK;
        self.leave_list(definition);
        self.note_version(version);
        if self.is_migrating() {
            self.nonce += 1;
            Definition::count_migrating(definition.id, false);
        }
        // approvers do not want what is current for it, until another version is
        let stays_back =
            was_turned_back && version < definition.current && self.began == definition.current;
        let changes =
            !self.began.is_none() || (!definition.is_paused() && !self.follows_pause(definition));
        if changes {
            self.state = InstanceState::LIVE;
            self.reaches = VersionIndex::NONE;
            self.target = VersionIndex::NONE;
            if !stays_back {
                self.began = VersionIndex::NONE;
            }
            if !definition.is_paused() {
                self.pauses = definition.pauses; // an upgrade resumes it
            }
            self.save();
        }
        self.enter_list(definition);
    }

    /// Notes that it is at `version` now, where a complex step begins that reaches `reaches`, on the way to
    /// `target`. It is in no list until that step ends: `rollout` does not touch it meanwhile.
    pub fn suspend(
        &mut self,
        definition: &Definition,
        version: VersionIndex,
        reaches: VersionIndex,
        target: VersionIndex,
    ) {
        self.leave_list(definition);
        self.note_version(version);
        if !self.is_migrating() {
            Definition::count_migrating(definition.id, true);
        }
        self.state = InstanceState::MIGRATING;
        self.reaches = reaches;
        self.target = target;
        self.began = definition.current;
        self.nonce += 1;
        self.save();
    }

    /// Notes that its complex step turns back.
    pub fn turn_back(&mut self, current: VersionIndex) {
        self.state = InstanceState::TURNING_BACK;
        self.began = current;
        self.save();
    }

    /// The list that it stands in: none before it is created and in a complex step.
    fn list(&self, definition: &Definition) -> Option<List> {
        let version = self.version();
        if version.is_none() || self.is_migrating() {
            None
        } else if !self.follows_pause(definition) {
            Some(List::Waiting)
        } else if self.state == InstanceState::PAUSED {
            Some(List::Paused)
        } else if version < definition.current && self.began == definition.current {
            Some(List::TurnedBack)
        } else if version < definition.current {
            Some(List::Waiting)
        } else {
            Some(List::At(version))
        }
    }

    fn leave_list(&self, definition: &Definition) {
        if let Some(list) = self.list(definition) {
            queue::unlink(definition.id, list, self.index);
            queue::mark(definition.id, definition.current, self.version());
        }
    }

    fn enter_list(&self, definition: &Definition) {
        if let Some(list) = self.list(definition) {
            queue::push(definition.id, list, self.index);
            queue::mark(definition.id, definition.current, self.version());
        }
    }

    fn note_version(&self, version: VersionIndex) {
        let slot = node(self.definition, self.index);
        let mut word = slot.load();
        Node::version().set(&mut word, version);
        slot.store(word);
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
            created: self.created,
            arrived: self.arrived,
        };
        Self::slot(self.proxy).write(instance::HEAD, &head);
    }
}
