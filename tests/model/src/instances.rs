//! What instances run: upgrades by who decides alone, by `rollout`, and the ends of complex steps.

use crate::scope::{Mutation, Scope};
use crate::state::{Content, Control, Instance, InstanceState, State};
use crate::transition::Refusal;
use crate::way::Way;

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
        if instance.is_migrating() {
            return Err(Refusal::UpgradeInProgress);
        }
        if state.paused || instance.state == InstanceState::Paused {
            return Err(Refusal::DefinitionPaused);
        }
        if !state.second {
            return Err(Refusal::VersionNotFound);
        }
        self.require_entitled(state, who)?;
        if instance.version == 2 {
            return Err(Refusal::AlreadyAtVersion);
        }
        self.upgrade(state, at);
        Ok(())
    }

    /// The same by the registry (`upgradeInstance`), which resumes a proxy of the framework that is still paused.
    pub(crate) fn upgrade_instance(
        &self,
        state: &mut State,
        who: u8,
        proxy: u8,
        way: Way,
    ) -> Result<(), Refusal> {
        let at = usize::from(proxy);
        let instance = state.proxies[at].instance;
        let instance = instance.ok_or(Refusal::NotAnInstance)?;
        let is_adopted = self.is_adopted(proxy);
        self.require_entitled(state, who)?;
        if is_adopted && instance.version == 2 {
            return Err(Refusal::AlreadyAtVersion);
        }
        self.order(way, proxy)?;
        if instance.is_migrating() {
            return Err(Refusal::UpgradeInProgress);
        }
        if state.paused || is_adopted && instance.state == InstanceState::Paused {
            return Err(Refusal::DefinitionPaused);
        }
        if !state.second {
            return Err(Refusal::VersionNotFound);
        }
        if instance.version == 2 {
            return Err(Refusal::AlreadyAtVersion);
        }
        self.upgrade(state, at);
        Ok(())
    }

    /// Refuses who does not alone satisfy `migrate`.
    fn require_entitled(&self, state: &State, who: u8) -> Result<(), Refusal> {
        let (policy, _) = self.policy_of(state, Content::Migrate);
        let errs = self.has(Mutation::NamedUpgrade) && policy.names() & (1 << who) != 0;
        match self.decides_alone(state, &policy, who) || errs {
            true => Ok(()),
            false => Err(Refusal::UpgradeNotAuthorized),
        }
    }

    /// Every instance that waits follows a pause, or is upgraded to what is current; one that cannot be ordered
    /// now keeps waiting.
    pub(crate) fn roll_out(&self, state: &mut State, way: Way) {
        let current = state.current();
        for proxy in 0..2 {
            let waits = |one: Instance| {
                one.runs()
                    && (!one.rolled_back || self.has(Mutation::RollsOutRolledBack))
                    && one.version < current
            };
            let instance = state.proxies[usize::from(proxy)].instance;
            if instance.is_some_and(|one| one.due) {
                self.follow(state, proxy, way);
            } else if instance.is_some_and(waits) && self.order(way, proxy).is_ok() {
                self.upgrade(state, proxy.into());
            }
        }
    }

    /// Brings an instance to 2.0, or into the step that leads there.
    pub(crate) fn upgrade(&self, state: &mut State, proxy: usize) {
        let proxy = &mut state.proxies[proxy];
        let Some(instance) = &mut proxy.instance else {
            return;
        };
        instance.rolled_back = false;
        instance.state = InstanceState::Live;
        instance.due = false;
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
    instance.rolled_back = back && instance.version < current;
    if !back {
        instance.version = 2;
    }
    proxy.nonce += 1;
    Ok(())
}
