//! What a governed call does once it is approved, and what is refused before.

use crate::instances::Order;
use crate::policy::Set;
use crate::scope::{Mutation, Scope};
use crate::state::{Content, Holder, Instance, InstanceState, Runs, State, Subject};
use crate::transition::Refusal;
use crate::way::Way;

impl Scope {
    /// Refuses what could not be executed now.
    pub(crate) fn check(&self, state: &State, content: Content) -> Result<(), Refusal> {
        let needs_live = match content {
            Content::Create(_) => !self.has(Mutation::CreatesWhilePaused),
            Content::Adopt(_) => !self.has(Mutation::AdoptsWhilePaused),
            Content::Migrate(_) => self.has(Mutation::MigrateNeedsLive),
            _ => false,
        };
        if state.paused && needs_live {
            return Err(Refusal::DefinitionPaused);
        }
        match content {
            Content::Migrate(version) if version < state.current => Err(Refusal::VersionExists),
            Content::Migrate(version) if version > state.current + 1 => Err(Refusal::InvalidStep),
            Content::Migrate(_) => Ok(()),
            Content::SetPolicy(_)
            | Content::SetPause(_)
            | Content::SetCreate(_)
            | Content::SetCancel(_) => self.check_change(state, content),
            Content::Create(proxy) if version_of(proxy) > state.current => {
                Err(Refusal::VersionNotFound)
            }
            Content::Create(proxy) => match state.accounts[usize::from(proxy)].births {
                0 => Ok(()),
                _ if self.has(Mutation::CreatesAgain) && state.instance(proxy).is_none() => Ok(()),
                _ => Err(Refusal::ProxyExists),
            },
            Content::Pause(_) if state.paused => Err(Refusal::DefinitionPaused),
            Content::Pause(_) => Ok(()),
            Content::Resume(_) if !state.paused => Err(Refusal::DefinitionNotPaused),
            Content::Resume(version) if version == state.current => Ok(()),
            Content::Resume(_) if self.has(Mutation::ResumesAnyVersion) => Ok(()),
            Content::Resume(_) => Err(Refusal::VersionNotCurrent),
            Content::SetHandler(of) => match self.about(state, of)?.is_migrating() {
                true => Ok(()),
                false => Err(Refusal::NotMigrating),
            },
            Content::Abort(of) => match self.about(state, of)?.state {
                InstanceState::Migrating => Ok(()),
                _ => Err(Refusal::NotMigrating),
            },
            Content::Adopt(proxy) => self.check_adoption(state, proxy),
            Content::Accept(version, _) if version > state.current => Err(Refusal::VersionNotFound),
            Content::Accept(version, _) if version < state.current => {
                Err(Refusal::VersionNotCurrent)
            }
            Content::Accept(_, of) => match state.instance(of.proxy) {
                Some(_) => Err(Refusal::ProxyExists),
                None => Ok(()),
            },
            // one of the framework leaves while it is paused, too
            Content::Transfer(of) => {
                let one = self.about(state, of)?;
                let needs_live = self.is_adopted(of.proxy) && !self.has(Mutation::LeavesPaused);
                match one.is_migrating() || needs_live && !one.is_live() {
                    true => Err(Refusal::UpgradeInProgress),
                    false => Ok(()),
                }
            }
            Content::Remove(of) => {
                let one = self.about(state, of)?;
                if !self.is_adopted(of.proxy) {
                    Err(Refusal::NotSupported)
                } else if !one.is_live() && state.paused {
                    Err(Refusal::DefinitionPaused)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// The instance that a call is about, which is in the state that the call names.
    fn about(&self, state: &State, of: Subject) -> Result<Instance, Refusal> {
        let one = state.instance(of.proxy).ok_or(Refusal::NotAnInstance)?;
        let nonce = state.records[usize::from(of.proxy)].nonce;
        match nonce == of.nonce || self.has(Mutation::TakesAnyNonce) {
            true => Ok(one),
            false => Err(Refusal::StaleInstance),
        }
    }

    /// Refuses a proxy that was not given to the definition, or runs something else than 1.0.
    fn check_adoption(&self, state: &State, proxy: u8) -> Result<(), Refusal> {
        let other = state.other.as_deref();
        let is_others = other.is_some_and(|other| other.instance(proxy).is_some());
        if state.instance(proxy).is_some() || is_others {
            return Err(Refusal::ProxyExists);
        }
        let account = state.accounts[usize::from(proxy)];
        let is_given = match account.holder {
            Holder::Definition(side) => side == state.side,
            Holder::Another => self.has(Mutation::AdoptsWhatIsOthers),
            Holder::Owner => false,
        };
        if !is_given {
            return Err(Refusal::NotObeyed);
        }
        match account.runs == Runs::Version(1) || self.has(Mutation::AdoptsOtherCode) {
            true => Ok(()),
            false => Err(Refusal::CodeChanged),
        }
    }

    /// Refuses a change of a policy: `NONE` is final, and is not set where nobody could resume the definition then, or
    /// bring an instance back that is paused or in a complex step.
    fn check_change(&self, state: &State, content: Content) -> Result<(), Refusal> {
        let (policies, position, was) = match content {
            Content::SetPause(position) => {
                (self.pausing, position, state.pausing.map(|(at, _)| at))
            }
            Content::SetCreate(position) => (self.creating, position, Some(state.creating.0)),
            Content::SetPolicy(position) => (self.policies, position, Some(state.policy)),
            Content::SetCancel(position) => (self.guarding, position, state.guard),
            _ => return Ok(()),
        };
        let is_nobody = |at: u8| policies[usize::from(at)].is_nobody();
        if is_nobody(position) && state.paused && !self.has(Mutation::NobodyWhilePaused) {
            return Err(Refusal::DefinitionPaused);
        }
        let mut instances = state.records.iter().filter_map(|record| record.instance);
        let stopped = instances.any(|one| !one.is_live());
        let freezes = matches!(content, Content::SetPolicy(_)) && is_nobody(position);
        if freezes && stopped && !self.has(Mutation::FreezesStopped) {
            return Err(Refusal::InvalidPolicy);
        }
        match was.is_some_and(is_nobody) {
            true => Err(Refusal::InvalidPolicy),
            false => Ok(()),
        }
    }

    /// Does it. It was checked. The instances that it names because they stay as they were.
    pub(crate) fn execute(
        &self,
        state: &mut State,
        content: Content,
        way: Way,
    ) -> Result<Set, Refusal> {
        state.consents.remove(&content);
        match content {
            Content::Migrate(version) => {
                if state.obstructed && self.has(Mutation::MigrateAsksInstances) {
                    return Err(Refusal::Obstructed);
                }
                if version > state.current || self.has(Mutation::ActivationsCount) {
                    self.new_sequence(state, |state| state.current = version);
                }
                self.activate(state);
                if self.has(Mutation::MigrateMoves) {
                    let all = (0..2).filter(|n| state.instance(*n).is_some());
                    let all = all.fold(0, |all, n| all | 1 << n);
                    return Ok(self.roll_out(state, all, way)?.skipped);
                }
            }
            Content::SetPolicy(policy) => {
                self.new_sequence(state, |state| state.policy = policy);
                // what approvers of the former policy accepted does not count
                for record in &mut state.records {
                    record.accepted = None;
                }
            }
            Content::SetPause(policy) => {
                let first = state.sequence + 1;
                let changes = state.pausing.map_or(first, |(_, changes)| changes + 1);
                self.new_sequence(state, |state| state.pausing = Some((policy, changes)));
            }
            Content::SetCreate(policy) => {
                let changes = state.creating.1 + 1;
                self.new_sequence(state, |state| state.creating = (policy, changes));
            }
            Content::SetCancel(policy) => {
                self.new_sequence(state, |state| state.guard = Some(policy));
            }
            Content::Pause(first) => return Ok(self.pause(state, first, way)),
            Content::Resume(_) => (state.paused, state.migrated) = (false, false),
            Content::Create(proxy) => self.create(state, proxy),
            Content::SetHandler(of) => self.change(state, of.proxy, Mutation::HandlersKeepNonce),
            Content::Abort(of) => {
                if let Some(one) = &mut state.records[usize::from(of.proxy)].instance {
                    one.state = InstanceState::TurningBack;
                    one.held = true;
                }
                self.change(state, of.proxy, Mutation::StepsKeepNonce);
            }
            Content::Adopt(proxy) => {
                let record = &mut state.records[usize::from(proxy)];
                record.instance = Some(Instance::at(1, true));
                record.nonce += 1;
                state.accounts[usize::from(proxy)].runs = Runs::Version(1);
            }
            Content::Accept(version, of) => {
                let record = &mut state.records[usize::from(of.proxy)];
                record.accepted = Some((version, of.nonce));
            }
            Content::Transfer(of) if !self.is_adopted(of.proxy) => {
                self.deliver(state, of.proxy, way)?;
            }
            Content::Transfer(of) | Content::Remove(of) => {
                let one = state.instance(of.proxy);
                let is_removed = matches!(content, Content::Remove(_));
                if is_removed
                    && one.is_some_and(|one| !one.is_live())
                    && !self.has(Mutation::RemovesPaused)
                {
                    self.obey(state, of.proxy, Order::Resume, way)?;
                }
                self.leave(state, of.proxy);
                if matches!(content, Content::Transfer(_)) {
                    state.accounts[usize::from(of.proxy)].holder = Holder::Owner;
                }
            }
        }
        Ok(0)
    }

    /// Approvers want what is current: no instance is held any more, and none runs again what it ran when it was
    /// paused.
    fn activate(&self, state: &mut State) {
        state.migrated = state.paused;
        for record in &mut state.records {
            record.accepted = None; // it was accepted for the version that was current
        }
        for one in state
            .records
            .iter_mut()
            .flat_map(|record| &mut record.instance)
        {
            one.held &= self.has(Mutation::HoldsForEver);
            one.replaced |= one.state == InstanceState::Paused;
        }
    }

    /// Pauses the definition, and the instances that are named. Those of them that could not be.
    fn pause(&self, state: &mut State, first: Set, way: Way) -> Set {
        state.paused = true;
        let all = self.has(Mutation::PausesUnnamed);
        let skipped = self.pause_first(state, if all { 0b11 } else { first }, way);
        if let Some(other) = &mut state.other
            && self.has(Mutation::PausesBoth)
        {
            other.paused = true;
        }
        match self.has(Mutation::PausesInSilence) {
            true => 0,
            false => skipped,
        }
    }

    fn create(&self, state: &mut State, proxy: u8) {
        let version = match self.has(Mutation::CreatedAtCurrent) {
            true => state.current,
            false => version_of(proxy),
        };
        let record = &mut state.records[usize::from(proxy)];
        record.instance = Some(Instance::at(version, false));
        record.created = true;
        let account = &mut state.accounts[usize::from(proxy)];
        account.births += 1;
        account.runs = Runs::Version(version);
        account.mark = version;
        account.holder = Holder::Definition(state.side);
    }

    /// A version or a policy: what a role had gathered ends where approvals of it are bound to another
    /// epoch from here on.
    fn new_sequence(&self, state: &mut State, change: impl FnOnce(&mut State)) {
        let gathered = state.actions.keys().chain(state.consents.keys());
        let bound =
            |state: &State, content| (self.role(state, content), self.epoch(state, content));
        let gathered = gathered.map(|content| (*content, bound(state, *content)));
        let gathered: Vec<_> = gathered.collect();
        change(state);
        state.sequence += 1;
        for (content, epoch) in gathered {
            let errs = self.has(Mutation::EndsOtherRoles) && matches!(content, Content::Create(_));
            if epoch == bound(state, content) && !errs {
                continue;
            }
            if !self.has(Mutation::KeepsApprovals) {
                state.actions.remove(&content);
            }
            state.consents.remove(&content);
        }
    }
}

/// What `createProxy` creates a proxy at.
pub(crate) fn version_of(proxy: u8) -> u8 {
    1 + proxy
}
