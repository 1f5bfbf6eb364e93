//! The lists that instances stand in.
//!
//! Every instance stands in one doubly linked list (`List`), but for one in a complex step, which stands in
//! none. When another version becomes current, and when the definition is paused or resumed, whole lists join
//! the queue of those that wait. So creating, moving, skipping and counting cost the same however many instances
//! there are.

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

use crate::{definition::Definition, store::Slot};

/// A list of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// They wait for `rollout`: they are older than the current version, or are still to be paused or resumed.
    Waiting,
    /// They are older, because their complex step was rolled back. `rollout` leaves them alone while the same
    /// version is current.
    TurnedBack,
    /// They are paused with their definition.
    Paused,
    /// They run that version, which is not older than the current one.
    At(VersionIndex),
}

impl List {
    /// The second key of the stored list.
    const fn id(self) -> u32 {
        match self {
            Self::Waiting => 0,
            Self::TurnedBack => u32::MAX,
            Self::Paused => u32::MAX - 1,
            Self::At(version) => version.0,
        }
    }
}

/// Versions per word of the bitmap of lists that are not empty.
const LANE: u32 = 256;

/// The account of the instance with that index.
pub fn proxy_at(definition: DefinitionId, index: u32) -> Address {
    Node::proxy().get(&node(definition, index).load())
}

/// How many instances wait for `rollout`.
pub fn waiting(definition: DefinitionId) -> u32 {
    load_list(definition, List::Waiting).count
}

/// The instance that has waited longest for `rollout`.
pub fn next_waiting(definition: DefinitionId) -> Option<Address> {
    let first = load_list(definition, List::Waiting).first;
    (first != 0).then(|| proxy_at(definition, first))
}

/// Sends the first instance that waits to the end of the queue.
pub fn rotate(definition: DefinitionId) {
    let list = load_list(definition, List::Waiting);
    if list.count > 1 {
        unlink(definition, List::Waiting, list.first);
        push(definition, List::Waiting, list.first);
    }
}

/// How many instances wait for `rollout` or were rolled back.
pub fn older(definition: DefinitionId) -> u32 {
    waiting(definition).saturating_add(load_list(definition, List::TurnedBack).count)
}

/// All instances that wait for `rollout`, then those that were rolled back, in their order; for a handful.
pub fn all_older(definition: DefinitionId) -> Vec<Address> {
    let mut proxies = Vec::new();
    for list in [List::Waiting, List::TurnedBack] {
        let mut index = load_list(definition, list).first;
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
    join(definition, List::TurnedBack);
    join(definition, List::At(was));
    join_younger(definition, was, now, now);
}

/// The definition was paused or resumed: every instance waits to be paused or resumed.
pub fn wait_all(definition: &Definition) {
    let (id, current) = (definition.id, definition.current);
    if !definition.is_paused() {
        join(id, List::Paused);
    } else if !current.is_none() {
        join(id, List::TurnedBack);
        join(id, List::At(current));
        join_younger(
            id,
            current,
            VersionIndex(definition.versions),
            VersionIndex::NONE,
        );
    }
}

/// The lists of the versions later than `after`, up to `last`, join the queue; that of `but` does not.
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
                        join(definition, List::At(version));
                    }
                }
            }
            slot.store(word);
        }
        lane += 1;
    }
}

/// Notes whether the list of a version that is younger than the current one is empty.
pub(crate) fn mark(definition: DefinitionId, current: VersionIndex, version: VersionIndex) {
    if version > current {
        let slot = occupied(definition, version);
        let mut word = slot.load();
        let occupied = load_list(definition, List::At(version)).count != 0;
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
fn join(definition: DefinitionId, list: List) {
    let joined = load_list(definition, list);
    if joined.count == 0 {
        return;
    }
    let mut queue = load_list(definition, List::Waiting);
    if queue.count == 0 {
        queue = joined;
    } else {
        set_next(definition, queue.last, joined.first);
        set_previous(definition, joined.first, queue.last);
        queue.last = joined.last;
        queue.count += joined.count;
    }
    save_list(definition, List::Waiting, &queue);
    save_list(definition, list, &Ends::default());
}

/// Appends an instance to a list.
pub(crate) fn push(definition: DefinitionId, list: List, index: u32) {
    let mut ends = load_list(definition, list);
    let slot = node(definition, index);
    let mut word = slot.load();
    Node::previous().set(&mut word, ends.last);
    Node::next().set(&mut word, 0);
    slot.store(word);
    if ends.count == 0 {
        ends.first = index;
    } else {
        set_next(definition, ends.last, index);
    }
    ends.last = index;
    ends.count += 1;
    save_list(definition, list, &ends);
}

/// Takes an instance out of the list that it stands in.
pub(crate) fn unlink(definition: DefinitionId, list: List, index: u32) {
    let mut ends = load_list(definition, list);
    let word = node(definition, index).load();
    let (previous, next) = (Node::previous().get(&word), Node::next().get(&word));
    if previous == 0 {
        ends.first = next;
    } else {
        set_next(definition, previous, next);
    }
    if next == 0 {
        ends.last = previous;
    } else {
        set_previous(definition, next, previous);
    }
    ends.count -= 1;
    save_list(definition, list, &ends);
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

fn load_list(definition: DefinitionId, list: List) -> Ends {
    list::find::<Slot>(definition, list.id()).read(list::ENDS)
}

fn save_list(definition: DefinitionId, list: List, ends: &Ends) {
    list::find::<Slot>(definition, list.id()).write(list::ENDS, ends);
}

/// The bits of the versions around one.
fn occupied(definition: DefinitionId, version: VersionIndex) -> Slot {
    occupied::find::<Slot>(definition, version.0 / LANE).at(occupied::VERSIONS)
}
