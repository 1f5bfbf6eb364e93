//! What a governed call does once it is approved, and what is refused before.

use crate::scope::{Mutation, Scope};
use crate::state::{Content, Control, Instance, InstanceState, State};
use crate::transition::Refusal;

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
            Content::Pause if state.paused => Err(Refusal::DefinitionPaused),
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
            Content::HandOver(proxy) => match instance(proxy) {
                None => Err(Refusal::NotAnInstance),
                Some(one) if one.state != InstanceState::Live => Err(Refusal::UpgradeInProgress),
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
        match was.is_some_and(is_nobody) {
            true => Err(Refusal::InvalidPolicy),
            false => Ok(()),
        }
    }

    /// Does it. It was checked.
    pub(crate) fn execute(&self, state: &mut State, content: Content) -> Result<(), Refusal> {
        state.consents.remove(&content);
        match content {
            Content::Migrate => {
                if !state.second {
                    self.new_sequence(state, |state| state.second = true);
                }
                for proxy in 0..2 {
                    let behind =
                        |one: Instance| one.state == InstanceState::Live && one.version < 2;
                    if state.proxies[proxy].instance.is_some_and(behind) {
                        self.upgrade(state, proxy);
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
                pause(state, content == Content::Pause);
                if let Some(other) = &mut state.other
                    && self.has(Mutation::PausesBoth)
                {
                    pause(other, content == Content::Pause);
                }
            }
            Content::Create(proxy) => {
                let version = match self.has(Mutation::CreatedAtCurrent) {
                    true => state.current(),
                    false => version_of(proxy),
                };
                state.proxies[usize::from(proxy)].instance = Some(new_instance(version));
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
                    Control::Ours => true,
                    Control::Another => self.has(Mutation::AdoptsWhatIsOthers),
                    Control::Owner => false,
                };
                if !obeys {
                    return Err(Refusal::NotObeyed);
                }
                proxy.instance = Some(new_instance(1));
            }
            Content::HandOver(proxy) => {
                let at = usize::from(proxy);
                state.proxies[at].instance = None;
                state.proxies[at].control = Control::Owner;
                state.proxies[at].nonce += 1;
            }
        }
        Ok(())
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

/// An instance that is new.
fn new_instance(version: u8) -> Instance {
    Instance {
        version,
        state: InstanceState::Live,
        called_back: false,
    }
}

/// Pauses a definition with its instances, or resumes it.
fn pause(state: &mut State, is_paused: bool) {
    state.paused = is_paused;
    let (from, to) = match is_paused {
        true => (InstanceState::Live, InstanceState::Paused),
        false => (InstanceState::Paused, InstanceState::Live),
    };
    let instances = state.proxies.iter_mut();
    let instances = instances.filter_map(|proxy| proxy.instance.as_mut());
    for one in instances.filter(|one| one.state == from) {
        one.state = to;
    }
}
