//! The model of approvals: who approved what, since when there are enough approvals, and which of
//! a proposer's action slots are in use.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolError, SolValue};
use stylus_upgrades_interface::limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX};
use stylus_upgrades_interface::registry::{IRegistry, Progress};

use super::contract::{NAME, Outcome};
use super::policy::{PEOPLE, Policy};
use crate::registry::fixture::account;

/// A definition and one of its roles.
pub(super) type Role = (&'static str, &'static str);

#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) role: Role,
    pub(super) epoch: u64,
    pub(super) content: Bytes,
    pub(super) proposer: usize,
    pub(super) approvals: BTreeSet<usize>,
    /// The complex step that it is about, by instance and number.
    about: Option<(Address, usize)>,
    opened: u64,
    /// Since when enough have approved.
    clock: Option<u64>,
    /// Which of its proposer's places it takes.
    slot: usize,
}

/// Everything that is gathered.
pub(super) struct Board {
    pub(super) chain_id: u64,
    pub(super) registry: Address,
    /// Seconds of the next transaction.
    pub(super) now: u64,
    /// Of "A".
    pub(super) sequence: u64,
    /// Each with how often it was changed.
    pub(super) policies: BTreeMap<Role, (Policy, u64)>,
    rounds: BTreeMap<Bytes, u32>,
    pub(super) actions: BTreeMap<B256, Action>,
    /// Who revoked what, open or not.
    revoked: BTreeSet<(B256, usize)>,
    /// What takes the places of a proposer.
    slots: Vec<[Option<B256>; OPEN_ACTIONS_MAX as usize]>,
}

impl Board {
    pub(super) fn new(chain_id: u64, registry: Address, now: u64, first: &Policy) -> Self {
        let alone = Policy::alone(0);
        let policies = [
            ((NAME, "migrate"), first),
            ((NAME, "policy"), first),
            ((NAME, "create"), first),
            (("", "define"), &alone),
            (("", "policy"), &alone),
        ];
        Self {
            chain_id,
            registry,
            now,
            sequence: 0,
            policies: policies
                .into_iter()
                .map(|(role, policy)| (role, (policy.clone(), 0)))
                .collect(),
            rounds: BTreeMap::new(),
            actions: BTreeMap::new(),
            revoked: BTreeSet::new(),
            slots: vec![[None; OPEN_ACTIONS_MAX as usize]; PEOPLE],
        }
    }

    /// The role that decides: `migrate` where `pause` is not set.
    fn deciding(&self, role: Role) -> Role {
        if role == (NAME, "pause") && !self.policies.contains_key(&role) {
            (NAME, "migrate")
        } else {
            role
        }
    }

    fn policy(&self, role: Role) -> &Policy {
        &self.policies[&role].0
    }

    /// Sets a policy, and counts that.
    pub(super) fn set(&mut self, role: Role, policy: &Policy) {
        let known = self.policies.get(&role);
        let changes = known.map_or(self.sequence, |(_, changes)| changes + 1);
        self.policies.insert(role, (policy.clone(), changes));
    }

    /// One of those whom a role's policy names; the last of all people stays who he is.
    pub(super) fn somebody(&self, role: Role, who: usize) -> usize {
        let named = &self.policy(self.deciding(role)).who;
        if who + 1 == PEOPLE {
            who
        } else {
            named[who % named.len()]
        }
    }

    /// Whether somebody satisfies a role without anybody else.
    pub(super) fn alone(&self, role: Role, who: usize) -> bool {
        self.policy(role).is_satisfied_by(who)
    }

    fn epoch(&self, role: Role) -> u64 {
        if role == (NAME, "migrate") {
            self.sequence
        } else {
            self.policies[&role].1
        }
    }

    pub(super) fn id(&self, content: &Bytes, epoch: u64) -> B256 {
        let chain = U256::from(self.chain_id);
        let round = self.rounds.get(content).copied().unwrap_or(0);
        keccak256((chain, self.registry, content.clone(), epoch, round).abi_encode_params())
    }

    fn expires(&self, action: &Action) -> u64 {
        let delay = self.policy(action.role).delay;
        let not_before = action.clock.map_or(0, |clock| clock + delay);
        action.opened.max(not_before) + ACTION_LIFETIME
    }

    pub(super) fn is_open(&self, action: &Action) -> bool {
        self.now <= self.expires(action) && action.epoch == self.epoch(action.role)
    }

    /// What a call of this content by somebody comes to, and the action as it is then.
    /// `about` is the complex step that it is about, `refusal` what else speaks against it. With
    /// `any_one` anybody who approves decides, unless the role that is named is set.
    pub(super) fn approve(
        &self,
        who: usize,
        (named, any_one): (Role, bool),
        content: &Bytes,
        about: Option<(Address, usize)>,
        refusal: impl FnOnce() -> Outcome,
    ) -> Outcome<(Progress, Action)> {
        let role = self.deciding(named);
        let any_one = any_one && role != named;
        let mut policy = self.policy(role).clone();
        if any_one {
            (policy.need, policy.delay) = (1, 0);
        }
        let epoch = self.epoch(role);
        let mut id = self.id(content, epoch);
        let mut action = self.actions.get(&id).cloned();
        let mut closed = None;
        if action
            .as_ref()
            .is_some_and(|action| self.now > self.expires(action) || action.about != about)
        {
            closed = Some(id);
            id = self.id_of_next_round(content, epoch);
            action = None;
        }
        let is_new = action.is_none();
        let mut action = action.unwrap_or(Action {
            role,
            epoch,
            content: content.clone(),
            proposer: who,
            approvals: BTreeSet::new(),
            about,
            opened: self.now,
            clock: None,
            slot: 0,
        });
        let counts = policy.who.contains(&who);
        let repeated = counts && !action.approvals.insert(who);
        let started = self.tick(&mut action);
        let executed = (any_one && counts) || self.is_satisfied(&action);
        let caller = account(who);
        if !executed && !counts {
            return Err(IRegistry::NotAnApprover { caller }.abi_encode().into());
        }
        if !executed && repeated && !started {
            let error = IRegistry::AlreadyApproved {
                approver: caller,
                action: id,
            };
            return Err(error.abi_encode().into());
        }
        refusal()?;
        let mine = |other: &Action| other.proposer == who && self.is_open(other);
        let others = self.actions.iter().filter(|(id, _)| Some(**id) != closed);
        let open = others.filter(|(_, other)| mine(other)).count() as u32;
        if is_new && !executed && open >= OPEN_ACTIONS_MAX {
            let error = IRegistry::TooManyActions {
                approver: caller,
                open: OPEN_ACTIONS_MAX,
            };
            return Err(error.abi_encode().into());
        }
        let approvals = action.approvals.len();
        let progress = Progress {
            action: id,
            approvals: approvals as u16,
            required: approvals.max(policy.need) as u16,
            executed,
        };
        Ok((progress, action))
    }

    /// Notes what such a call came to.
    pub(super) fn note(&mut self, progress: &Progress, action: Action) {
        // what has expired or is about an earlier complex step is closed by the next of its content
        let content = action.content.clone();
        let open = self.id(&content, action.epoch);
        if open != progress.action {
            self.finish(open, &content);
        }
        if progress.executed {
            self.finish(progress.action, &content);
        } else if let Some(known) = self.actions.get_mut(&progress.action) {
            *known = action;
        } else {
            self.open(progress.action, action);
        }
    }

    fn id_of_next_round(&self, content: &Bytes, epoch: u64) -> B256 {
        let round = self.rounds.get(content).copied().unwrap_or(0) + 1;
        let chain = U256::from(self.chain_id);
        keccak256((chain, self.registry, content.clone(), epoch, round).abi_encode_params())
    }

    /// Starts or stops the clock; whether it did.
    fn tick(&self, action: &mut Action) -> bool {
        let policy = self.policy(action.role);
        let was = action.clock;
        let enough = policy.delay != 0 && action.approvals.len() >= policy.need;
        action.clock = enough.then(|| was.unwrap_or(self.now));
        was != action.clock
    }

    fn is_satisfied(&self, action: &Action) -> bool {
        let policy = self.policy(action.role);
        let passed = |clock| clock + policy.delay <= self.now;
        action.approvals.len() >= policy.need && action.clock.is_none_or(passed)
    }

    /// Withdraws somebody's approval, or refuses an action before.
    pub(super) fn revoke(&mut self, who: usize, id: B256) -> Outcome {
        let found = self.find(id).ok();
        let approver = account(who);
        let is_named = |action: &Action| self.policy(action.role).who.contains(&who);
        let has_approved = |action: &Action| is_named(action) && action.approvals.contains(&who);
        let is_new = !self.revoked.contains(&(id, who));
        let may = match &found {
            Some(action) => has_approved(action) || is_named(action) && is_new,
            None => is_new,
        };
        if !may {
            let error = IRegistry::NotApproved {
                approver,
                action: id,
            };
            return Err(error.abi_encode().into());
        }
        if let Some(mut action) = found {
            self.in_time(id, &action)?;
            if action.approvals.remove(&who) {
                self.tick(&mut action);
                self.actions.insert(id, action);
            }
        }
        self.revoked.insert((id, who));
        Ok(())
    }

    /// Ends an action: its proposer does as long as he is needed, or who alone satisfies the role.
    pub(super) fn cancel(&mut self, who: usize, id: B256) -> Outcome {
        let action = self.find(id)?;
        let is_others = |approver: &&usize| **approver != action.proposer;
        let others = action.approvals.iter().filter(is_others).count();
        let is_his = who == action.proposer && others < self.policy(action.role).need;
        if !is_his && !self.alone(action.role, who) {
            let caller = account(who);
            return Err(IRegistry::NotAnApprover { caller }.abi_encode().into());
        }
        self.in_time(id, &action)?;
        self.finish(id, &action.content);
        Ok(())
    }

    /// An action that the registry still knows: of the epoch that runs, expired or not.
    fn find(&self, id: B256) -> Outcome<Action> {
        let found = self.actions.get(&id).cloned();
        found
            .filter(|action| action.epoch == self.epoch(action.role))
            .ok_or_else(|| IRegistry::ActionNotFound { action: id }.abi_encode().into())
    }

    fn in_time(&self, id: B256, action: &Action) -> Outcome {
        if self.now > self.expires(action) {
            Err(IRegistry::ActionExpired { action: id }.abi_encode().into())
        } else {
            Ok(())
        }
    }

    fn finish(&mut self, id: B256, content: &Bytes) {
        self.remove(id);
        *self.rounds.entry(content.clone()).or_default() += 1;
    }

    fn remove(&mut self, id: B256) {
        if let Some(action) = self.actions.remove(&id) {
            self.slots[action.proposer][action.slot] = None;
        }
    }

    /// Gives a new action the first place that is free, or whose action is void by now.
    fn open(&mut self, id: B256, mut action: Action) {
        for slot in 0..self.slots[action.proposer].len() {
            if let Some(occupant) = self.slots[action.proposer][slot] {
                let other = self.actions[&occupant].clone();
                if self.is_open(&other) {
                    continue;
                }
                if other.epoch == self.epoch(other.role) {
                    self.finish(occupant, &other.content);
                } else {
                    self.remove(occupant);
                }
            }
            action.slot = slot;
            self.slots[action.proposer][slot] = Some(id);
            self.actions.insert(id, action);
            return;
        }
        panic!("the registry would have refused it");
    }
}
