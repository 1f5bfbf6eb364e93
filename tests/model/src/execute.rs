//! What a governed call does once it is approved, and what is refused before.

use crate::scope::{Mutation, Scope};
use crate::state::{Content, Control, Instance, InstanceState, State};
use crate::transition::Refusal;

impl Scope {
    /// Refuses what could not be executed now.
    pub(crate) fn check(&self, state: &State, content: Content) -> Result<(), Refusal> {
        let instance = |proxy: u8| state.proxies[usize::from(proxy)].instance;
        let needs_live = matches!(content, Content::Migrate | Content::Adopt(_));
        if needs_live && state.paused && !self.has(Mutation::MigratesWhilePaused) {
            return Err(Refusal::DefinitionPaused);
        }
        match content {
            Content::Migrate | Content::SetPolicy(_) => Ok(()),
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
            Content::Adopt(proxy) => match instance(proxy) {
                Some(_) => Err(Refusal::ProxyExists),
                None => Ok(()),
            },
            Content::HandOver(proxy) => match instance(proxy) {
                None => Err(Refusal::NotAnInstance),
                Some(one) if one.state != InstanceState::Live => Err(Refusal::UpgradeInProgress),
                Some(_) => Ok(()),
            },
        }
    }

    /// Does it. It was checked.
    pub(crate) fn execute(&self, state: &mut State, content: Content) -> Result<(), Refusal> {
        state.consents.remove(&content);
        match content {
            Content::Migrate => {
                if !state.second {
                    state.second = true;
                    self.new_sequence(state);
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
                state.policy = policy;
                self.new_sequence(state);
            }
            Content::Pause | Content::Resume => {
                state.paused = content == Content::Pause;
                let (from, to) = match state.paused {
                    true => (InstanceState::Live, InstanceState::Paused),
                    false => (InstanceState::Paused, InstanceState::Live),
                };
                let instances = state.proxies.iter_mut();
                let instances = instances.filter_map(|proxy| proxy.instance.as_mut());
                for one in instances.filter(|one| one.state == from) {
                    one.state = to;
                }
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
                proxy.instance = Some(Instance {
                    version: 1,
                    state: InstanceState::Live,
                    called_back: false,
                });
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

    /// A version or a policy: what `migrate` had gathered ends.
    fn new_sequence(&self, state: &mut State) {
        state.sequence += 1;
        let of_migrate = |content: &Content| !matches!(content, Content::SetPolicy(_));
        if !self.has(Mutation::KeepsApprovals) {
            state.actions.retain(|content, _| !of_migrate(content));
        }
        state.consents.retain(|content, _| !of_migrate(content));
    }
}
