//! Instances, and the queue of those that lag behind.
//!
//! Every instance stands in one doubly linked list: in list 0 if its version is older than the
//! definition's current one (it lags), else in the list of its version; while it is in a complex
//! step it stands in none. One whose complex step approvers called back lags too, but is in a list of its own,
//! in a list where nobody's `rollout` finds it. When another version becomes current, whole lists
//! join list 0, and those that were called back with them. So creating, moving, skipping and counting
//! cost the same however many instances there are.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_interface::{
    ids::{DefinitionId, InstanceState, VersionIndex},
    registry_storage::{
        Word,
        instance::{self, Head},
        list::{self, Ends},
        number, occupied,
        queue_node::{self, Node},
    },
};

use crate::{chain::Reverts, errors, state::Definition, store::Slot};

/// The list of instances that lag behind.
const LAGGING: u32 = 0;
/// The list of instances that were called back and lag since, while the same version is current.
const CALLED_BACK: u32 = u32::MAX;
/// Versions per word of the bitmap of lists that are not empty.
const LANE: u32 = 256;

/// A proxy created for a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its account.
    pub proxy: Address,
    /// Order of creation within the definition, from 1 on.
    pub index: u32,
    /// One of [`stylus_upgrades_interface::reasons::proxy_kind`].
    pub kind: u8,
    /// Whether it is in a complex step.
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
    /// How many complex steps it has been in.
    steps: u32,
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
                steps: Head::steps().get(&head),
            }),
        }
    }

    /// Records a new one, not created yet: it is at no version and in no list.
    pub fn create(definition: &mut Definition, proxy: Address, kind: u8) {
        definition.instances += 1;
        let mut head = Word::default();
        Head::index().set(&mut head, definition.instances);
        Head::kind().set(&mut head, kind);
        let slot = Self::slot(proxy);
        slot.at(instance::HEAD).store(head);
        slot.write(instance::DEFINITION, &definition.id);
        let mut word = Word::default();
        Node::proxy().set(&mut word, proxy);
        node(definition.id, definition.instances).store(word);
        definition.save();
    }

    /// The definition that it belongs to.
    pub fn definition(&self) -> Reverts<Definition> {
        Definition::load(self.definition).ok_or_else(errors::nothing)
    }

    /// Index of its version, none before it is created.
    pub fn version(&self) -> VersionIndex {
        Node::version().get(&node(self.definition, self.index).load())
    }

    /// Whether it is in a complex step, forward or back.
    pub fn is_migrating(&self) -> bool {
        !self.reaches.is_none()
    }

    /// The complex step that it is in, which approvals about it hold for: no other instance's and
    /// no later one of its own is the same. Zero outside of one.
    pub fn complex_step(&self) -> B256 {
        if self.is_migrating() {
            number(self.steps.into())
        } else {
            B256::ZERO
        }
    }

    /// Moves it to another version, to the list where it belongs now, and out of a complex step.
    pub fn set_version(&mut self, current: VersionIndex, version: VersionIndex) {
        self.leave(current, version);
        let turned_back = self.state == InstanceState::TURNING_BACK;
        let is_excluded = turned_back && version < current && self.began == current;
        let list = if is_excluded {
            CALLED_BACK
        } else {
            list_of(version, current)
        };
        push(self.definition, list, self.index);
        mark(self.definition, current, version);
        if !self.began.is_none() {
            self.state = InstanceState::LIVE;
            self.reaches = VersionIndex::NONE;
            self.target = VersionIndex::NONE;
            if !is_excluded {
                self.began = VersionIndex::NONE;
            }
            self.save();
        }
    }

    /// Moves it to the version where a complex step begins that reaches `reaches`, on the way
    /// to `target`. It is in no list until that ends: nobody rolls it out meanwhile.
    pub fn suspend(
        &mut self,
        current: VersionIndex,
        version: VersionIndex,
        reaches: VersionIndex,
        target: VersionIndex,
    ) {
        self.leave(current, version);
        self.state = InstanceState::MIGRATING;
        self.reaches = reaches;
        self.target = target;
        self.began = current;
        self.steps += 1;
        self.save();
    }

    /// Notes that its complex step turns back: approvers do not want what is current for it.
    pub fn turn_back(&mut self, current: VersionIndex) {
        self.state = InstanceState::TURNING_BACK;
        self.began = current;
        self.save();
    }

    /// Takes it out of its list, if it is in one, and notes its version.
    fn leave(&self, current: VersionIndex, version: VersionIndex) {
        let was = self.version();
        if !was.is_none() && !self.is_migrating() {
            // what is current only rises: where it has changed since, it has joined the queue
            let list = if self.began == current {
                CALLED_BACK
            } else {
                list_of(was, current)
            };
            unlink(self.definition, list, self.index);
        }
        let slot = node(self.definition, self.index);
        let mut word = slot.load();
        Node::version().set(&mut word, version);
        slot.store(word);
        mark(self.definition, current, was);
    }

    fn save(&self) {
        let head = Head {
            index: self.index,
            kind: self.kind,
            state: self.state,
            reaches: self.reaches,
            target: self.target,
            began: self.began,
            steps: self.steps,
        };
        Self::slot(self.proxy).write(instance::HEAD, &head);
    }
}

/// The account of the instance with that index.
pub fn proxy_at(definition: DefinitionId, index: u32) -> Address {
    Node::proxy().get(&node(definition, index).load())
}

/// How many instances lag behind the current version and wait for `rollout`.
pub fn lagging(definition: DefinitionId) -> u32 {
    load_list(definition, LAGGING).count
}

/// The instance that has waited longest among those that lag behind.
pub fn next_lagging(definition: DefinitionId) -> Option<Address> {
    let first = load_list(definition, LAGGING).first;
    (first != 0).then(|| proxy_at(definition, first))
}

/// Sends the first instance that lags behind to the end of the queue.
pub fn rotate(definition: DefinitionId) {
    let list = load_list(definition, LAGGING);
    if list.count > 1 {
        unlink(definition, LAGGING, list.first);
        push(definition, LAGGING, list.first);
    }
}

/// How many instances are older than the current version: those that wait for `rollout`, and
/// those that were called back.
pub fn older(definition: DefinitionId) -> u32 {
    lagging(definition).saturating_add(load_list(definition, CALLED_BACK).count)
}

/// All instances that are older than the current version, in their order, those that were called
/// back last; for a handful.
pub fn all_older(definition: DefinitionId) -> Vec<Address> {
    let mut proxies = Vec::new();
    for id in [LAGGING, CALLED_BACK] {
        let mut index = load_list(definition, id).first;
        while index != 0 {
            let word = node(definition, index).load();
            proxies.push(Node::proxy().get(&word));
            index = Node::next().get(&word);
        }
    }
    proxies
}

/// The current version was `was` and is `now`, which is younger: every list between joins the
/// queue. Lists between the two are found 256 versions per word.
pub fn advance(definition: DefinitionId, was: VersionIndex, now: VersionIndex) {
    if was.is_none() {
        return; // before the first version there is no instance
    }
    join(definition, CALLED_BACK);
    join(definition, was.0);
    let mut lane = was.0 / LANE;
    while lane <= now.0 / LANE {
        let slot = occupied(definition, VersionIndex(lane * LANE));
        let mut word = slot.load();
        if word != Word::default() {
            for bit in 0..LANE {
                let version = VersionIndex(lane * LANE + bit);
                if version > was && version <= now && get_bit(&word, bit) {
                    set_bit(&mut word, bit, false);
                    if version < now {
                        join(definition, version.0);
                    }
                }
            }
            slot.store(word);
        }
        lane += 1;
    }
}

/// The list of an instance at `version`.
fn list_of(version: VersionIndex, current: VersionIndex) -> u32 {
    if version < current {
        LAGGING
    } else {
        version.0
    }
}

/// Notes whether the list of a version that is younger than the current one is empty.
fn mark(definition: DefinitionId, current: VersionIndex, version: VersionIndex) {
    if version > current {
        let slot = occupied(definition, version);
        let mut word = slot.load();
        let occupied = load_list(definition, version.0).count != 0;
        set_bit(&mut word, version.0 % LANE, occupied);
        slot.store(word);
    }
}

fn get_bit(word: &Word, bit: u32) -> bool {
    word.0
        .get(bit as usize / 8)
        .is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
}

fn set_bit(word: &mut Word, bit: u32, on: bool) {
    if let Some(byte) = word.0.get_mut(bit as usize / 8) {
        let mask = 1 << (bit % 8);
        *byte = if on { *byte | mask } else { *byte & !mask };
    }
}

/// Appends a list to the queue and empties it.
fn join(definition: DefinitionId, id: u32) {
    let joined = load_list(definition, id);
    if joined.count == 0 {
        return;
    }
    let mut queue = load_list(definition, LAGGING);
    if queue.count == 0 {
        queue = joined;
    } else {
        set_next(definition, queue.last, joined.first);
        set_previous(definition, joined.first, queue.last);
        queue.last = joined.last;
        queue.count += joined.count;
    }
    save_list(definition, LAGGING, &queue);
    save_list(definition, id, &Ends::default());
}

fn push(definition: DefinitionId, id: u32, index: u32) {
    let mut list = load_list(definition, id);
    let slot = node(definition, index);
    let mut word = slot.load();
    Node::previous().set(&mut word, list.last);
    Node::next().set(&mut word, 0);
    slot.store(word);
    if list.count == 0 {
        list.first = index;
    } else {
        set_next(definition, list.last, index);
    }
    list.last = index;
    list.count += 1;
    save_list(definition, id, &list);
}

fn unlink(definition: DefinitionId, id: u32, index: u32) {
    let mut list = load_list(definition, id);
    let word = node(definition, index).load();
    let (previous, next) = (Node::previous().get(&word), Node::next().get(&word));
    if previous == 0 {
        list.first = next;
    } else {
        set_next(definition, previous, next);
    }
    if next == 0 {
        list.last = previous;
    } else {
        set_previous(definition, next, previous);
    }
    list.count -= 1;
    save_list(definition, id, &list);
}

#[inline(never)]
fn set_next(definition: DefinitionId, index: u32, next: u32) {
    let slot = node(definition, index);
    let mut word = slot.load();
    Node::next().set(&mut word, next);
    slot.store(word);
}

#[inline(never)]
fn set_previous(definition: DefinitionId, index: u32, previous: u32) {
    let slot = node(definition, index);
    let mut word = slot.load();
    Node::previous().set(&mut word, previous);
    slot.store(word);
}

#[inline(never)]
fn node(definition: DefinitionId, index: u32) -> Slot {
    queue_node::find::<Slot>(definition, index).at(queue_node::NODE)
}

fn load_list(definition: DefinitionId, id: u32) -> Ends {
    list::find::<Slot>(definition, id).read(list::ENDS)
}

fn save_list(definition: DefinitionId, id: u32, list: &Ends) {
    list::find::<Slot>(definition, id).write(list::ENDS, list);
}

/// The bits of the versions around one.
fn occupied(definition: DefinitionId, version: VersionIndex) -> Slot {
    occupied::find::<Slot>(definition, version.0 / LANE).at(occupied::VERSIONS)
}
