//! What a governed call does once it is approved, and what is refused before.

use crate::policy::Set;
use crate::scope::{Mutation, Scope};
use crate::state::{Content, Control, Instance, InstanceState, State};
use crate::transition::Refusal;
use crate::way::Way;

impl Scope {
    /// Refuses what could not be executed now.
    pub(crate) fn check(&self, state: &State, content: Content) -> Result<(), Refusal> {
        let instance = |proxy: u8| state.proxies[usize::from(proxy)].instance;
        let errs = match content {
            Content::Migrate | Content::Adopt(_) => self.has(Mutation::MigratesWhilePaused),
            Content::Create(_) => self.has(Mutation::CreatesWhilePaused),
            _ => true,
        };
        if state.paused && !errs {
            return Err(Refusal::DefinitionPaused);
        }
        match content {
            Content::Migrate => Ok(()),
            Content::SetPolicy(_) | Content::SetPause(_) | Content::SetCreate(_) => {
                self.check_change(state, content)
            }
            Content::Create(proxy) if version_of(proxy) > state.current() => {
                Err(Refusal::VersionNotFound)
            }
            Content::Create(proxy) => match instance(proxy) {
                Some(_) => Err(Refusal::ProxyExists),
                None => Ok(()),
            },
            Content::Pause
                if state.paused && (state.due() == 0 || self.has(Mutation::PausesOnce)) =>
            {
                Err(Refusal::DefinitionPaused)
            }
            Content::Resume if !state.paused => Err(Refusal::DefinitionNotPaused),
            Content::Pause | Content::Resume => Ok(()),
            Content::SetHandler(proxy) => match instance(proxy).map(|one| one.state) {
                None => Err(Refusal::NotAnInstance),
                Some(InstanceState::Migrating | InstanceState::TurningBack) => Ok(()),
                Some(_) => Err(Refusal::NotMigrating),
            },
            Content::Abort(proxy) => match instance(proxy) {
                None => Err(Refusal::NotAnInstance),
                Some(one) if one.state != InstanceState::Migrating => Err(Refusal::NotMigrating),
                Some(_) => Ok(()),
            },
            // the second proxy is the other definition's instance, where there is another one
            Content::Adopt(proxy) => match instance(proxy) {
                Some(_) => Err(Refusal::ProxyExists),
                None if proxy == 1 && state.other.is_some() => Err(Refusal::ProxyExists),
                None => Ok(()),
            },
            Content::Transfer(proxy) => match instance(proxy) {
                None => Err(Refusal::NotAnInstance),
                Some(one) if !one.runs() => Err(Refusal::UpgradeInProgress),
                Some(_) => Ok(()),
            },
            Content::Remove(proxy) => match instance(proxy) {
                None => Err(Refusal::NotAnInstance),
                Some(_) if !self.is_adopted(proxy) => Err(Refusal::NotSupported),
                Some(one) if !one.runs() && !self.has(Mutation::RemovesPaused) => {
                    Err(Refusal::UpgradeInProgress)
                }
                Some(_) => Ok(()),
            },
        }
    }

    /// Refuses a change of a policy: `NONE` is final, and is not set while somebody must resume.
    fn check_change(&self, state: &State, content: Content) -> Result<(), Refusal> {
        let (policies, position, was) = match content {
            Content::SetPause(position) => {
                (self.pausing, position, state.pausing.map(|(at, _)| at))
            }
            Content::SetCreate(position) => (self.creating, position, Some(state.creating.0)),
            Content::SetPolicy(position) => (self.policies, position, Some(state.policy)),
            _ => return Ok(()),
        };
        let is_nobody = |at: u8| policies[usize::from(at)].is_nobody();
        if is_nobody(position) && state.paused && !self.has(Mutation::NobodyWhilePaused) {
            return Err(Refusal::DefinitionPaused);
        }
        let mut instances = state.proxies.iter().filter_map(|proxy| proxy.instance);
        let migrates = instances.any(|one| one.is_migrating());
        let freezes = matches!(content, Content::SetPolicy(_)) && is_nobody(position);
        if freezes && migrates && !self.has(Mutation::FreezesSteps) {
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
        let mut skipped = 0;
        match content {
            Content::Migrate => {
                if !state.second {
                    self.new_sequence(state, |state| state.second = true);
                }
                for proxy in 0..2 {
                    let lags = |one: Instance| one.runs() && one.version < 2;
                    let instance = state.proxies[usize::from(proxy)].instance;
                    if !instance.is_some_and(lags) {
                        continue;
                    }
                    match self.order(way, proxy) {
                        Ok(()) => self.upgrade(state, proxy.into()),
                        Err(Refusal::DirectCallRequired) => skipped |= 1 << proxy,
                        Err(_) if self.skips => skipped |= 1 << proxy,
                        Err(refusal) => return Err(refusal),
                    }
                }
            }
            Content::SetPolicy(policy) => {
                self.new_sequence(state, |state| state.policy = policy);
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
            Content::Pause | Content::Resume => {
                skipped = self.pause(state, content == Content::Pause, way);
                if self.has(Mutation::PausesInSilence) {
                    skipped = 0;
                }
                if let Some(other) = &mut state.other
                    && self.has(Mutation::PausesBoth)
                {
                    self.pause(other, content == Content::Pause, way);
                }
            }
            Content::Create(proxy) => {
                let version = match self.has(Mutation::CreatedAtCurrent) {
                    true => state.current(),
                    false => version_of(proxy),
                };
                state.proxies[usize::from(proxy)].instance = Some(Instance::at(version));
            }
            Content::SetHandler(_) => {}
            Content::Abort(proxy) => {
                if let Some(one) = &mut state.proxies[usize::from(proxy)].instance {
                    one.state = InstanceState::TurningBack;
                }
            }
            Content::Adopt(proxy) => {
                let proxy = &mut state.proxies[usize::from(proxy)];
                let obeys = match proxy.control {
                    Control::Registry => true,
                    Control::Another => self.has(Mutation::AdoptsWhatIsOthers),
                    Control::Owner => false,
                };
                if !obeys {
                    return Err(Refusal::NotObeyed);
                }
                proxy.instance = Some(Instance::at(1));
            }
            Content::Transfer(proxy) | Content::Remove(proxy) => {
                let proxy = &mut state.proxies[usize::from(proxy)];
                proxy.instance = None;
                proxy.nonce += 1;
                if matches!(content, Content::Transfer(_)) {
                    proxy.control = Control::Owner;
                }
            }
        }
        Ok(skipped)
    }

    /// Pauses a definition with its instances, or resumes it. The instances that could not follow.
    fn pause(&self, state: &mut State, is_paused: bool, way: Way) -> Set {
        if state.paused != is_paused {
            state.paused = is_paused;
            let instances = state.proxies.iter_mut();
            let instances = instances.filter_map(|proxy| proxy.instance.as_mut());
            for one in instances.filter(|one| !one.is_migrating()) {
                one.due = true;
            }
        }
        for proxy in 0..2 {
            self.follow(state, proxy, way);
        }
        state.due()
    }

    /// Has an instance follow its definition, if it can be ordered now. One that is in that state already is
    /// ordered nothing.
    pub(crate) fn follow(&self, state: &mut State, proxy: u8, way: Way) {
        let expected = match state.paused {
            true => InstanceState::Paused,
            false => InstanceState::Live,
        };
        let instance = &mut state.proxies[usize::from(proxy)].instance;
        let Some(one) = instance.as_mut().filter(|one| one.due) else {
            return;
        };
        if one.state == expected || self.order(way, proxy).is_ok() {
            one.state = expected;
            one.due = false;
        }
    }

    /// A version or a policy: what a role had gathered ends where approvals of it are bound to another
    /// epoch from here on.
    fn new_sequence(&self, state: &mut State, change: impl FnOnce(&mut State)) {
        let gathered = state.actions.keys().chain(state.consents.keys());
        let gathered = gathered.map(|content| (*content, self.epoch(state, *content)));
        let gathered: Vec<_> = gathered.collect();
        change(state);
        state.sequence += 1;
        for (content, epoch) in gathered {
            let errs = self.has(Mutation::EndsOtherRoles) && matches!(content, Content::Create(_));
            if epoch == self.epoch(state, content) && !errs {
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
