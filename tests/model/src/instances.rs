//! What instances run: upgrades by who decides alone, by `rollout`, and the ends of complex steps.

use crate::scope::{Mutation, Scope};
use crate::state::{Content, Control, Instance, InstanceState, State};
use crate::transition::Refusal;

impl Scope {
    /// Who alone satisfies `migrate` upgrades one instance.
    pub(crate) fn upgrade_alone(
        &self,
        state: &mut State,
        who: u8,
        proxy: u8,
    ) -> Result<(), Refusal> {
        let at = usize::from(proxy);
        let instance = state.proxies[at].instance;
        let instance = instance.ok_or(Refusal::NotAnInstance)?;
        if matches!(
            instance.state,
            InstanceState::Migrating | InstanceState::TurningBack
        ) {
            return Err(Refusal::UpgradeInProgress);
        }
        if state.paused {
            return Err(Refusal::DefinitionPaused);
        }
        if !state.second {
            return Err(Refusal::VersionNotFound);
        }
        let (policy, _) = self.policy_of(state, Content::Migrate);
        let errs = self.has(Mutation::NamedUpgrade) && policy.names() & (1 << who) != 0;
        if !self.decides_alone(state, &policy, who) && !errs {
            return Err(Refusal::UpgradeNotAuthorized);
        }
        if instance.version == 2 {
            return Err(Refusal::AlreadyAtVersion);
        }
        self.upgrade(state, at);
        Ok(())
    }

    /// Every instance that waits is upgraded to what is current.
    pub(crate) fn roll_out(&self, state: &mut State) {
        let current = state.current();
        for proxy in 0..2 {
            let waits = |one: Instance| {
                one.state == InstanceState::Live
                    && (!one.called_back || self.has(Mutation::RollsOutCalledBack))
                    && one.version < current
            };
            if state.proxies[proxy].instance.is_some_and(waits) {
                self.upgrade(state, proxy);
            }
        }
    }

    /// Brings an instance to 2.0, or into the step that leads there.
    pub(crate) fn upgrade(&self, state: &mut State, proxy: usize) {
        let proxy = &mut state.proxies[proxy];
        let Some(instance) = &mut proxy.instance else {
            return;
        };
        instance.called_back = false;
        if self.complex {
            instance.state = InstanceState::Migrating;
            proxy.nonce += 1;
        } else {
            instance.version = 2;
        }
    }
}

/// The owner of a proxy that was made elsewhere gives it away.
pub(crate) fn give(state: &mut State, proxy: u8, to: Control) -> Result<(), Refusal> {
    let proxy = &mut state.proxies[usize::from(proxy)];
    if proxy.control != Control::Owner {
        return Err(Refusal::NotObeyed);
    }
    proxy.control = to;
    Ok(())
}

/// Ends a complex step.
pub(crate) fn finish_step(state: &mut State, proxy: u8, back: bool) -> Result<(), Refusal> {
    let (current, paused) = (state.current(), state.paused);
    let proxy = &mut state.proxies[usize::from(proxy)];
    let instance = proxy.instance.as_mut().ok_or(Refusal::NotAnInstance)?;
    let expected = if back {
        InstanceState::TurningBack
    } else {
        InstanceState::Migrating
    };
    if instance.state == InstanceState::Paused {
        return Err(Refusal::UpgradeInProgress);
    }
    if instance.state != expected {
        return Err(Refusal::NotAnInstance);
    }
    if paused {
        return Err(Refusal::DefinitionPaused);
    }
    instance.state = InstanceState::Live;
    instance.called_back = back && instance.version < current;
    if !back {
        instance.version = 2;
    }
    proxy.nonce += 1;
    Ok(())
}
