//! Open actions: who approved, which timelocks run, until when; with their round, their place in
//! the list of open actions and the slot that they take from their proposer.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX},
    registry::Progress,
};

use crate::{
    abi::{Value, encode, number},
    authority::{Stored, epoch, role},
    chain::{Reverts, keccak, now, this},
    errors, events,
    policy::Facts,
    state::{ACTION, Definition, PENDING, PROPOSER_SLOTS, ROUND},
    store::{Slot, Word},
};

/// Roles that governed calls ask for, by the number that an action stores.
pub const ROLES: [&[u8]; 4] = [role::DEFINE, role::MIGRATE, role::POLICY, role::CREATE];
/// Words of an action before its timelocks.
const HEAD: u64 = 9;

/// What an action is about: code and script, each with its hash, or an instance with its complex
/// step; zeros where it is about none.
pub type Subject = [(Address, B256); 2];

/// A governed call that gathers approvals.
pub struct Action {
    /// [`id`]
    pub id: B256,
    /// keccak256 of the definition's name.
    pub definition: B256,
    /// Position in [`ROLES`].
    pub role: u8,
    /// keccak256 of the call data.
    content: B256,
    /// Who sent it first.
    pub proposer: Address,
    /// Bits of the approvers, see [`crate::policy::Policy`].
    pub approvals: u64,
    /// Seconds at which it was proposed.
    opened: u64,
    /// Seconds up to which it can be approved and executed.
    pub expires: u64,
    /// What the approvals are bound to, see [`Stored::epoch`].
    pub epoch: u64,
    /// How often the same content was finished before.
    pub round: u32,
    /// One per delay of the policy.
    pub timelocks: Vec<u64>,
    /// Compared by `readiness`.
    pub subject: Subject,
    slot_index: u8,
    /// Position in the list of open actions.
    position: u32,
    /// Whether it is in storage.
    pub is_stored: bool,
}

impl Action {
    fn slot(id: B256) -> Slot {
        Slot::of(ACTION, id, B256::ZERO)
    }

    /// The action that these call data would approve or execute now, stored or fresh. One that
    /// has expired, or was approved for another complex step than `about`, is closed for good where
    /// `close` is given.
    pub fn current(
        definition: &Definition,
        role: &[u8],
        stored: &Stored,
        calldata: &[u8],
        about: Subject,
        close: bool,
    ) -> Self {
        let content = keccak(calldata);
        let epoch = epoch(definition, role);
        let mut round = round(content);
        let mut id = id(calldata, epoch, round);
        if let Some(action) = Self::load(id) {
            if action.is_past(about) {
                if close && !action.has_expired() {
                    events::cancelled(action.definition, id).emit();
                }
            } else if !action.has_expired() {
                return action;
            }
            if close {
                action.finish();
            }
            round += 1;
            id = self::id(calldata, epoch, round);
        }
        Self {
            id,
            definition: definition.id,
            role: ROLES
                .iter()
                .position(|other| *other == role)
                .unwrap_or_default() as u8,
            content,
            proposer: Address::ZERO,
            approvals: 0,
            opened: now(),
            expires: 0,
            epoch,
            round,
            timelocks: alloc::vec![0; stored.policy.delays.len()],
            subject: Subject::default(),
            slot_index: 0,
            position: 0,
            is_stored: false,
        }
    }

    /// The stored action with that id, open or not.
    pub fn load(id: B256) -> Option<Self> {
        let slot = Self::slot(id);
        let [who, times, epoch] = [0, 3, 4].map(|n| slot.plus(n).load());
        let proposer = who.address::<0>();
        if proposer.is_zero() {
            return None;
        }
        let subject = [5, 7].map(|n| {
            let account = slot.plus(n).load().address::<12>();
            (account, slot.plus(n + 1).load().b256())
        });
        let timelocks = slot
            .plus(HEAD)
            .load_bytes(8 * usize::from(epoch.u8::<12>()))
            .chunks_exact(8)
            .map(|timelock| {
                timelock
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            })
            .collect();
        Some(Self {
            id,
            definition: slot.plus(1).load().b256(),
            role: who.u8::<20>(),
            content: slot.plus(2).load().b256(),
            proposer,
            approvals: times.u64::<0>(),
            opened: times.u64::<8>(),
            expires: times.u64::<16>(),
            epoch: epoch.u64::<0>(),
            round: epoch.u32::<8>(),
            timelocks,
            subject,
            slot_index: who.u8::<21>(),
            position: who.u32::<22>(),
            is_stored: true,
        })
    }

    /// The open action with that id, with the policy that it asks for. What has expired is still
    /// found: it says so itself.
    pub fn open(id: B256) -> Reverts<(Self, Stored)> {
        let found = Self::load(id).and_then(|action| {
            let definition = action.current_definition()?;
            let stored = Stored::of(&definition, action.role_name()).ok()?;
            Some((action, stored))
        });
        found.ok_or_else(|| errors::action_not_found(id))
    }

    /// Its definition, unless a change of the policy has ended it.
    fn current_definition(&self) -> Option<Definition> {
        Definition::load(self.definition)
            .filter(|definition| epoch(definition, self.role_name()) == self.epoch)
    }

    /// The name of its role.
    pub fn role_name(&self) -> &'static [u8] {
        ROLES
            .get(usize::from(self.role))
            .copied()
            .unwrap_or_default()
    }

    /// Whether its time is over.
    pub fn has_expired(&self) -> bool {
        now() > self.expires
    }

    /// Whether it was approved for a complex step that its instance is not in any more.
    fn is_past(&self, about: Subject) -> bool {
        about != Subject::default() && self.subject != about
    }

    /// What is known about it.
    pub fn facts(&self, lambdas: u8) -> Facts<'_> {
        Facts {
            approvals: self.approvals,
            lambdas,
            timelocks: &self.timelocks,
            now: now(),
        }
    }

    /// Starts and stops the timelocks of its delays, and moves its end. Whether a timelock changed.
    pub fn update_timelocks(&mut self, stored: &Stored, lambdas: u8) -> bool {
        let mut timelocks = self.timelocks.clone();
        let changed = stored
            .policy
            .update_timelocks(&self.facts(lambdas), &mut timelocks);
        self.timelocks = timelocks;
        let not_before = stored.policy.not_before(self.approvals, &self.timelocks);
        self.expires = self
            .opened
            .max(not_before.unwrap_or_default())
            .saturating_add(ACTION_LIFETIME);
        changed
    }

    /// How far it is.
    pub fn progress(&self, stored: &Stored, lambdas: u8, executed: bool) -> Progress {
        let approvals = self.approvals.count_ones() as u16;
        Progress {
            action: self.id,
            approvals,
            required: approvals + stored.policy.fewest_missing(self.approvals, lambdas),
            executed,
        }
    }

    /// Stores it for the first time: it takes a slot of its proposer and a place in the list.
    pub fn open_for(&mut self, proposer: Address, subject: Subject) -> Reverts<()> {
        self.proposer = proposer;
        self.subject = subject;
        self.slot_index = take_slot(proposer, self.id)?;
        let pending = Pending::of(self);
        self.position = pending.count();
        pending.push(self.id);
        let slot = Self::slot(self.id);
        slot.plus(1).store(self.definition.into());
        slot.plus(2).store(self.content.into());
        for (n, (account, hash)) in [5, 7].into_iter().zip(subject) {
            slot.plus(n).store(account.into_word().into());
            slot.plus(n + 1).store(hash.into());
        }
        self.save();
        Ok(())
    }

    /// Stores what changes.
    pub fn save(&mut self) {
        let slot = Self::slot(self.id);
        let mut who = Word::default();
        who.set_address::<0>(self.proposer);
        who.set_u8::<20>(self.role);
        who.set_u8::<21>(self.slot_index);
        who.set_u32::<22>(self.position);
        let mut times = Word::default();
        times.set_u64::<0>(self.approvals);
        times.set_u64::<8>(self.opened);
        times.set_u64::<16>(self.expires);
        let mut epoch = Word::default();
        epoch.set_u64::<0>(self.epoch);
        epoch.set_u32::<8>(self.round);
        epoch.set_u8::<12>(self.timelocks.len() as u8);
        slot.store(who);
        slot.plus(3).store(times);
        slot.plus(4).store(epoch);
        let timelocks: Vec<u8> = self
            .timelocks
            .iter()
            .flat_map(|c| c.to_be_bytes())
            .collect();
        slot.plus(HEAD).store_bytes(&timelocks);
        self.is_stored = true;
    }

    /// Executed, cancelled or expired: the next proposal of the same content is another action.
    pub fn finish(&self) {
        let mut word = Word::default();
        word.set_u32::<0>(self.round + 1);
        Slot::of(ROUND, self.content, B256::ZERO).store(word);
        if self.is_stored {
            self.remove();
        }
    }

    /// Takes it out of storage, of the list and of its proposer's slot.
    fn remove(&self) {
        let pending = Pending::of(self);
        if let Some(moved) = pending.remove(self.position) {
            let slot = Self::slot(moved);
            let mut who = slot.load();
            who.set_u32::<22>(self.position);
            slot.store(who);
        }
        proposer_slot(self.proposer, self.slot_index).store(Word::default());
        let slot = Self::slot(self.id);
        for n in 0..HEAD {
            slot.plus(n).store(Word::default());
        }
        slot.plus(HEAD)
            .store_bytes(&alloc::vec![0; 8 * self.timelocks.len()]);
    }
}

/// The words of a [`Progress`].
pub fn progress_values(progress: &Progress) -> [Value<'static>; 4] {
    [
        progress.action.into(),
        progress.approvals.into(),
        progress.required.into(),
        progress.executed.into(),
    ]
}

/// `keccak256(abi.encode(chain id, registry, call data, epoch, round))`.
fn id(calldata: &[u8], epoch: u64, round: u32) -> B256 {
    keccak(&encode(
        &[],
        &[
            context::chain_id().into(),
            this().into(),
            calldata.into(),
            epoch.into(),
            round.into(),
        ],
    ))
}

/// The round of a content.
fn round(content: B256) -> u32 {
    Slot::of(ROUND, content, B256::ZERO).load().u32::<0>()
}

/// One of the places for actions that a proposer has.
fn proposer_slot(proposer: Address, n: u8) -> Slot {
    Slot::of(PROPOSER_SLOTS, proposer.into_word(), B256::ZERO).plus(n.into())
}

/// Gives a free slot to an action; one whose action has expired or was ended by a policy change
/// is free.
fn take_slot(proposer: Address, id: B256) -> Reverts<u8> {
    for n in 0..OPEN_ACTIONS_MAX as u8 {
        let slot = proposer_slot(proposer, n);
        let occupied = slot.load().b256();
        if let Some(action) = Action::load(occupied) {
            if action.current_definition().is_none() {
                action.remove();
            } else if action.has_expired() {
                action.finish();
            } else {
                continue;
            }
        }
        slot.store(id.into());
        return Ok(n);
    }
    Err(errors::too_many_actions(proposer, OPEN_ACTIONS_MAX))
}

/// The open actions of a role in one epoch, in no particular order. An epoch that ends takes
/// its list with it.
pub struct Pending(Slot);

impl Pending {
    fn of(action: &Action) -> Self {
        Self::at(action.definition, action.role, action.epoch)
    }

    /// The list of a definition's role, by the role's number.
    pub fn at(definition: B256, role: u8, epoch: u64) -> Self {
        let mut tail = number(epoch).0;
        tail[0] = role;
        Self(Slot::of(PENDING, definition, B256::new(tail)))
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.0.load().u32::<0>()
    }

    /// The action at a position.
    pub fn get(&self, position: u32) -> B256 {
        self.0.plus(1 + u64::from(position)).load().b256()
    }

    fn set_count(&self, count: u32) {
        let mut word = Word::default();
        word.set_u32::<0>(count);
        self.0.store(word);
    }

    fn push(&self, id: B256) {
        let count = self.count();
        self.0.plus(1 + u64::from(count)).store(id.into());
        self.set_count(count + 1);
    }

    /// Removes one; the last takes its position and is returned if that is another one.
    fn remove(&self, position: u32) -> Option<B256> {
        let last = self.count().checked_sub(1)?;
        let moved = self.get(last);
        self.0.plus(1 + u64::from(last)).store(Word::default());
        self.set_count(last);
        if last == position {
            return None;
        }
        self.0.plus(1 + u64::from(position)).store(moved.into());
        Some(moved)
    }
}
