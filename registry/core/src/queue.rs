//! The lists that instances stand in.
//!
//! Every instance stands in one doubly linked list: in list 0 if it waits for `rollout`, because its
//! version is older than the definition's current one or because the definition was paused or resumed
//! since; else in that of the paused ones, or in that of its version. While it is in a complex step it
//! stands in none. One whose complex step approvers called back is older too, but it is in a list of its
//! own, where nobody's `rollout` finds it. When another version becomes current, and when the definition
//! is paused or resumed, whole lists join list 0. So creating, moving, skipping and counting cost the
//! same however many instances there are.

use alloc::vec::Vec;

use alloy_primitives::Address;
use stylus_upgrades_interface::{
    ids::{DefinitionId, VersionIndex},
    registry_storage::{
        Word,
        list::{self, Ends},
        occupied,
        queue_node::{self, Node},
    },
};

use crate::{state::Definition, store::Slot};

/// The list of instances that wait for `rollout`.
pub(crate) const WAITING: u32 = 0;
/// The list of instances that were called back and lag since, while the same version is current.
pub(crate) const CALLED_BACK: u32 = u32::MAX;
/// The list of instances that are paused with their definition.
pub(crate) const PAUSED: u32 = u32::MAX - 1;
/// Versions per word of the bitmap of lists that are not empty.
const LANE: u32 = 256;

/// The account of the instance with that index.
pub fn proxy_at(definition: DefinitionId, index: u32) -> Address {
    Node::proxy().get(&node(definition, index).load())
}

/// How many instances wait for `rollout`.
pub fn waiting(definition: DefinitionId) -> u32 {
    load_list(definition, WAITING).count
}

/// The instance that has waited longest for `rollout`.
pub fn next_waiting(definition: DefinitionId) -> Option<Address> {
    let first = load_list(definition, WAITING).first;
    (first != 0).then(|| proxy_at(definition, first))
}

/// Sends the first instance that waits to the end of the queue.
pub fn rotate(definition: DefinitionId) {
    let list = load_list(definition, WAITING);
    if list.count > 1 {
        unlink(definition, WAITING, list.first);
        push(definition, WAITING, list.first);
    }
}

/// How many instances are older than the current version: those that wait for `rollout`, and
/// those that were called back.
pub fn older(definition: DefinitionId) -> u32 {
    waiting(definition).saturating_add(load_list(definition, CALLED_BACK).count)
}

/// All instances that are older than the current version, in their order, those that were called
/// back last; for a handful.
pub fn all_older(definition: DefinitionId) -> Vec<Address> {
    let mut proxies = Vec::new();
    for id in [WAITING, CALLED_BACK] {
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
/// queue.
pub fn advance(definition: DefinitionId, was: VersionIndex, now: VersionIndex) {
    if was.is_none() {
        return; // before the first version there is no instance
    }
    join(definition, CALLED_BACK);
    join(definition, was.0);
    join_younger(definition, was, now, now);
}

/// The definition was paused or resumed: every instance waits to be paused or resumed.
pub fn wait_all(definition: &Definition) {
    let (id, current) = (definition.id, definition.current);
    if !definition.is_paused() {
        join(id, PAUSED);
    } else if !current.is_none() {
        join(id, CALLED_BACK);
        join(id, current.0);
        join_younger(
            id,
            current,
            VersionIndex(definition.versions),
            VersionIndex::NONE,
        );
    }
}

/// The lists of the versions behind `after`, up to `last`, join the queue; that of `but` does not.
/// They are found 256 versions per word.
fn join_younger(
    definition: DefinitionId,
    after: VersionIndex,
    last: VersionIndex,
    but: VersionIndex,
) {
    let mut lane = after.0 / LANE;
    while lane <= last.0 / LANE {
        let slot = occupied(definition, VersionIndex(lane * LANE));
        let mut word = slot.load();
        if word != Word::default() {
            for bit in 0..LANE {
                let version = VersionIndex(lane * LANE + bit);
                if version > after && version <= last && get_bit(&word, bit) {
                    set_bit(&mut word, bit, false);
                    if version != but {
                        join(definition, version.0);
                    }
                }
            }
            slot.store(word);
        }
        lane += 1;
    }
}

/// The list of an instance at `version` that runs it.
pub(crate) fn list_of(version: VersionIndex, current: VersionIndex) -> u32 {
    if version < current {
        WAITING
    } else {
        version.0
    }
}

/// Notes whether the list of a version that is younger than the current one is empty.
pub(crate) fn mark(definition: DefinitionId, current: VersionIndex, version: VersionIndex) {
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
    let mut queue = load_list(definition, WAITING);
    if queue.count == 0 {
        queue = joined;
    } else {
        set_next(definition, queue.last, joined.first);
        set_previous(definition, joined.first, queue.last);
        queue.last = joined.last;
        queue.count += joined.count;
    }
    save_list(definition, WAITING, &queue);
    save_list(definition, id, &Ends::default());
}

pub(crate) fn push(definition: DefinitionId, id: u32, index: u32) {
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

pub(crate) fn unlink(definition: DefinitionId, id: u32, index: u32) {
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
pub(crate) fn node(definition: DefinitionId, index: u32) -> Slot {
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
