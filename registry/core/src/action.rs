//! Open actions: who approved, which timelocks run, until when; with their round, their place in
//! the list of open actions and the slot that they take from their proposer.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    ids::{ActionId, Authority, DefinitionId, VersionIndex},
    limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX},
    registry::Progress,
    registry_storage::{
        PendingKey, Uint256, Whole, Word,
        action::{self, Approvals, Proposal, Round, Timelock},
        number, pending, proposer, revocation, round,
    },
};

use crate::{
    abi::{Value, encode},
    authority::{RolePolicy, epoch, of_creation},
    chain::{Reverts, block_number, keccak, now, this},
    definition::Definition,
    errors, events,
    policy::Facts,
    store::StorageSlot,
};

/// A governed call that gathers approvals.
pub struct Action {
    /// `id`
    pub id: ActionId,
    /// keccak256 of the definition's name.
    pub definition: DefinitionId,
    /// The authority that decides.
    pub authority: Authority,
    /// Of `createProxy`, the version that it names.
    creates_at: VersionIndex,
    /// keccak256 of the call data.
    content: B256,
    /// The account that sent it first.
    pub proposer: Address,
    /// Bits of the approvers, see [`crate::policy::Policy`].
    pub approvals: u64,
    /// Seconds at which it was proposed.
    opened: u64,
    /// Seconds up to which it can be approved and executed.
    pub expires: u64,
    /// Block of the chain, not of its parent, in which it was proposed.
    pub block: u64,
    /// The epoch that the approvals are bound to, see [`epoch`].
    pub epoch: u64,
    /// The number of times that the same content was finished before.
    pub round: u32,
    /// One per delay of the policy.
    pub timelocks: Vec<u64>,
    /// The one of its proposer's slots that it takes.
    proposer_slot: u8,
    /// Position in the list of open actions.
    position: u32,
    /// True if it is in storage.
    pub is_stored: bool,
}

impl Action {
    fn slot(id: ActionId) -> StorageSlot {
        action::find::<StorageSlot>(id)
    }

    /// The action that these call data would approve or execute now, stored or fresh. Of `createProxy`, `creates_at` is
    /// the version. One that has expired, or that somebody else decided about in an epoch of that number, is closed for
    /// good where `close` is given.
    pub fn current(
        definition: &Definition,
        authority: Authority,
        creates_at: VersionIndex,
        stored: &RolePolicy,
        calldata: &[u8],
        close: bool,
    ) -> Self {
        let content = keccak(calldata);
        let epoch = epoch(definition, authority);
        let mut round = round(content);
        let mut id = id(calldata, epoch, round);
        if let Some(action) = Self::load(id) {
            if !action.has_expired() && action.authority == authority {
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
            authority,
            creates_at,
            content,
            proposer: Address::ZERO,
            approvals: 0,
            opened: now(),
            expires: 0,
            block: 0,
            epoch,
            round,
            timelocks: alloc::vec![0; stored.policy.delays.len()],
            proposer_slot: 0,
            position: 0,
            is_stored: false,
        }
    }

    /// The stored action with that id, open or not.
    pub fn load(id: ActionId) -> Option<Self> {
        let slot = Self::slot(id);
        let proposal = slot.load();
        let approvals = slot.at(action::APPROVALS).load();
        let round = slot.at(action::ROUND).load();
        let proposer = Proposal::proposer().get(&proposal);
        if proposer.is_zero() {
            return None;
        }
        let mut timelocks = Vec::new();
        for n in 0..Round::timelocks().get(&round).into() {
            timelocks.push(Timelock::began().get(&timelock(slot, n).load()));
        }
        Some(Self {
            id,
            definition: slot.read(action::DEFINITION),
            authority: Proposal::authority().get(&proposal),
            creates_at: Proposal::creates_at().get(&proposal),
            content: slot.read(action::CONTENT),
            proposer,
            approvals: Approvals::approvals().get(&approvals),
            opened: Approvals::opened().get(&approvals),
            expires: Approvals::expires().get(&approvals),
            block: Approvals::block().get(&approvals),
            epoch: Round::epoch().get(&round),
            round: Round::round().get(&round),
            timelocks,
            proposer_slot: Proposal::proposer_slot().get(&proposal),
            position: Proposal::position().get(&proposal),
            is_stored: true,
        })
    }

    /// The open action with that id, its definition, and the policy that decides about it. What has expired is still
    /// found: it says so itself.
    pub fn open(id: ActionId) -> Reverts<(Self, Definition, RolePolicy)> {
        let (action, definition, stored) = Self::bound(id)?;
        if action.is_asked(&definition) {
            Ok((action, definition, stored))
        } else {
            Err(errors::action_not_found(id))
        }
    }

    /// The same, of an action too that somebody else decides about by now: it can come back with its approvals, so who
    /// gave one takes it back here.
    pub fn bound(id: ActionId) -> Reverts<(Self, Definition, RolePolicy)> {
        let found = Self::load(id).and_then(|action| {
            let definition = action.bound_definition()?;
            let stored = RolePolicy::of_authority(&definition, action.authority).ok()?;
            Some((action, definition, stored))
        });
        found.ok_or_else(|| errors::action_not_found(id))
    }

    /// Its definition, unless a change of the policy has ended it.
    fn bound_definition(&self) -> Option<Definition> {
        let definition = Definition::load(self.definition)?;
        let is_bound = epoch(&definition, self.authority) == self.epoch;
        is_bound.then_some(definition)
    }

    /// Returns true if its authority still decides about such a call, and no other action of the same content was
    /// finished since. If not, it is not open: a creation at a version whose code was replaced, or is current again.
    pub fn is_asked(&self, definition: &Definition) -> bool {
        self.creates_at.is_none()
            || self.round == round(self.content)
                && of_creation(definition, self.creates_at) == self.authority
    }

    /// Returns true if its time is over.
    pub fn has_expired(&self) -> bool {
        now() > self.expires
    }

    /// Returns the known facts about it.
    pub fn facts(&self, lambdas: u8) -> Facts<'_> {
        Facts {
            approvals: self.approvals,
            lambdas,
            timelocks: &self.timelocks,
            now: now(),
        }
    }

    /// Starts and stops the timelocks of its delays, and moves its end. Whether a timelock changed.
    pub fn update_timelocks(&mut self, stored: &RolePolicy, lambdas: u8) -> bool {
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

    /// Returns its progress.
    pub fn progress(&self, stored: &RolePolicy, lambdas: u8, executed: bool) -> Progress {
        let approvals = self.approvals.count_ones() as u16;
        Progress {
            action: self.id.0,
            approvals,
            required: approvals + stored.policy.fewest_missing(self.approvals, lambdas),
            executed,
        }
    }

    /// Stores it for the first time: it takes a slot of its proposer and a place in the list.
    pub fn open_for(&mut self, proposer: Address) -> Reverts<()> {
        self.proposer = proposer;
        self.block = block_number()?;
        self.proposer_slot = take_slot(proposer, self.id)?;
        let pending = PendingList::of(self);
        self.position = pending.count();
        pending.push(self.id);
        let slot = Self::slot(self.id);
        slot.write(action::DEFINITION, &self.definition);
        slot.write(action::CONTENT, &self.content);
        self.save();
        Ok(())
    }

    /// Stores what changes.
    pub fn save(&mut self) {
        let slot = Self::slot(self.id);
        let proposal = Proposal {
            proposer: self.proposer,
            authority: self.authority,
            creates_at: self.creates_at,
            proposer_slot: self.proposer_slot,
            position: self.position,
        };
        let approvals = Approvals {
            approvals: self.approvals,
            opened: self.opened,
            expires: self.expires,
            block: self.block,
        };
        let round = Round {
            epoch: self.epoch,
            round: self.round,
            timelocks: self.timelocks.len() as u8,
        };
        slot.write(action::PROPOSAL, &proposal);
        slot.write(action::APPROVALS, &approvals);
        slot.write(action::ROUND, &round);
        for (n, began) in (0..).zip(&self.timelocks) {
            timelock(slot, n).store(Timelock { began: *began }.to_word());
        }
        self.is_stored = true;
    }

    /// Executed, cancelled or expired: the next proposal of the same content is another action. The round never falls: a
    /// creation can have an older action of another authority, and what was signed for a finished round counts no more.
    pub fn finish(&self) {
        let next = round::Count {
            round: round(self.content).max(self.round + 1),
        };
        round::find::<StorageSlot>(self.content).write(round::COUNT, &next);
        if self.is_stored {
            self.remove();
        }
    }

    /// Takes it out of storage, of the list and of its proposer's slot.
    fn remove(&self) {
        let pending = PendingList::of(self);
        if let Some(moved) = pending.remove(self.position) {
            let slot = Self::slot(moved);
            let mut word = slot.load();
            Proposal::position().set(&mut word, self.position);
            slot.store(word);
        }
        proposer_slot(self.proposer, self.proposer_slot).store(Word::default());
        let slot = Self::slot(self.id);
        for n in 0..action::TIMELOCKS.first() + self.timelocks.len() as u64 {
            slot.plus(n).store(Word::default());
        }
    }
}

/// Returns the slot in which an action keeps the `n`th timelock.
fn timelock(action: StorageSlot, n: u64) -> StorageSlot {
    action.at(action::TIMELOCKS).plus(n)
}

/// Returns true if an account has revoked an action: what it signed for that does not count.
pub fn is_revoked(action: ActionId, account: Address) -> bool {
    let set = revocation::find::<StorageSlot>(action, account).read(revocation::SET);
    !set.0.is_zero()
}

/// Notes that.
pub fn set_revoked(action: ActionId, account: Address) {
    revocation::find::<StorageSlot>(action, account).write(revocation::SET, &Uint256(number(1)));
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
fn id(calldata: &[u8], epoch: u64, round: u32) -> ActionId {
    ActionId(keccak(&encode(
        &[],
        &[
            context::chain_id().into(),
            this().into(),
            calldata.into(),
            epoch.into(),
            round.into(),
        ],
    )))
}

/// The round of a content.
fn round(content: B256) -> u32 {
    round::find::<StorageSlot>(content).read(round::COUNT).round
}

/// One of the places for actions that a proposer has.
fn proposer_slot(proposer: Address, n: u8) -> StorageSlot {
    proposer::find::<StorageSlot>(proposer)
        .at(proposer::ACTIONS)
        .plus(n.into())
}

/// Gives a free slot to an action; one whose action has expired or has ended is free. One that was ended by nothing that an
/// event tells, because somebody else decides about it by now, is cancelled.
fn take_slot(proposer: Address, id: ActionId) -> Reverts<u8> {
    for n in 0..OPEN_ACTIONS_MAX as u8 {
        let slot = proposer_slot(proposer, n);
        let occupied = slot.load().b256();
        if let Some(action) = Action::load(ActionId(occupied)) {
            match action.bound_definition() {
                None => action.remove(),
                Some(_) if action.has_expired() => action.finish(),
                Some(definition) if action.is_asked(&definition) => continue,
                Some(_) => {
                    action.finish();
                    events::cancelled(action.definition, action.id).emit();
                }
            }
        }
        slot.store(id.0.into());
        return Ok(n);
    }
    Err(errors::too_many_actions(proposer, OPEN_ACTIONS_MAX))
}

/// The open actions that an authority decides about in one epoch, in no particular order. An epoch that ends takes
/// its list with it.
pub struct PendingList(StorageSlot);

impl PendingList {
    fn of(action: &Action) -> Self {
        Self::at(action.definition, action.authority, action.epoch)
    }

    /// The list of those that an authority over a definition decides about.
    pub fn at(definition: DefinitionId, authority: Authority, epoch: u64) -> Self {
        let key = PendingKey { authority, epoch };
        Self(pending::find::<StorageSlot>(definition, key))
    }

    /// Returns their number.
    pub fn count(&self) -> u32 {
        self.0.read(pending::LENGTH).count
    }

    /// The action at a position.
    pub fn get(&self, position: u32) -> ActionId {
        ActionId(self.slot(position).load().b256())
    }

    /// The slot of a position.
    fn slot(&self, position: u32) -> StorageSlot {
        self.0.plus(pending::ACTIONS.first() + u64::from(position))
    }

    fn set_count(&self, count: u32) {
        self.0.write(pending::LENGTH, &pending::Length { count });
    }

    fn push(&self, id: ActionId) {
        let count = self.count();
        self.slot(count).store(id.0.into());
        self.set_count(count + 1);
    }

    /// Removes one; the last takes its position and is returned if that is another one.
    fn remove(&self, position: u32) -> Option<ActionId> {
        let last = self.count().checked_sub(1)?;
        let moved = self.get(last);
        self.slot(last).store(Word::default());
        self.set_count(last);
        if last == position {
            return None;
        }
        self.slot(position).store(moved.0.into());
        Some(moved)
    }
}
