//! What instances run: what `rollout` has them do, upgrades by who decides alone, complex steps, and transfers.

use crate::policy::Set;
use crate::scope::{Mutation, Scope};
use crate::state::{Content, Holder, Instance, InstanceState, Runs, State};
use crate::transition::{Done, Refusal};
use crate::way::Way;

/// What an instance has to do to follow its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// To run the stub.
    Pause,
    /// To run its version again.
    Resume,
    /// To go to what is current.
    Upgrade,
}

impl Scope {
    /// What an instance has to do, if anything.
    fn due(&self, state: &State, one: &Instance) -> Option<Order> {
        let lags = one.version < state.current;
        let must_upgrade = one.replaced && lags && !self.has(Mutation::ResumesReplaced);
        let stays = one.held && !self.has(Mutation::RollsOutRolledBack);
        match one.state {
            InstanceState::Migrating | InstanceState::TurningBack => None,
            InstanceState::Live if state.paused => Some(Order::Pause),
            InstanceState::Paused if state.paused => None,
            InstanceState::Paused if !must_upgrade => Some(Order::Resume),
            InstanceState::Paused | InstanceState::Live => {
                (lags && !stays).then_some(Order::Upgrade)
            }
        }
    }

    /// Has each of these instances follow the definition. One that cannot stays as it was and is named.
    pub(crate) fn roll_out(
        &self,
        state: &mut State,
        proxies: Set,
        way: Way,
    ) -> Result<Done, Refusal> {
        let mut done = Done::default();
        for proxy in (0..2).filter(|n| proxies & (1 << n) != 0) {
            let one = state.instance(proxy).ok_or(Refusal::NotAnInstance)?;
            let Some(order) = self.due(state, &one) else {
                continue;
            };
            match self.obey(state, proxy, order, way) {
                Ok(()) => done.moved |= 1 << proxy,
                Err(_) => done.skipped |= 1 << proxy,
            }
        }
        Ok(done)
    }

    /// Pauses those of these instances that run. What cannot be paused, and what is no instance, is named.
    pub(crate) fn pause_first(&self, state: &mut State, proxies: Set, way: Way) -> Set {
        let mut skipped = 0;
        for proxy in (0..2).filter(|n| proxies & (1 << n) != 0) {
            let paused = match state.instance(proxy) {
                Some(one) if one.is_live() => self.obey(state, proxy, Order::Pause, way),
                Some(_) => Ok(()),
                None => Err(Refusal::NotAnInstance),
            };
            skipped |= u8::from(paused.is_err()) << proxy;
        }
        skipped
    }

    /// Has an instance do something.
    pub(crate) fn obey(
        &self,
        state: &mut State,
        proxy: u8,
        order: Order,
        way: Way,
    ) -> Result<(), Refusal> {
        self.order(way, proxy)?;
        let at = usize::from(proxy);
        let one = state.records[at].instance.as_mut();
        let one = one.ok_or(Refusal::NotAnInstance)?;
        match order {
            Order::Upgrade => {
                let current = state.current;
                return self.upgrade(state, proxy, current);
            }
            Order::Pause => {
                one.state = InstanceState::Paused;
                one.replaced = state.migrated;
                state.accounts[at].runs = Runs::Stub;
            }
            Order::Resume => {
                one.state = InstanceState::Live;
                one.replaced = false;
                state.accounts[at].runs = Runs::Version(one.version);
            }
        }
        if self.has(Mutation::PausingRaisesNonce) {
            state.records[at].nonce += 1;
        }
        Ok(())
    }

    /// Who alone satisfies `migrate` upgrades one instance.
    pub(crate) fn upgrade_alone(
        &self,
        state: &mut State,
        who: u8,
        proxy: u8,
    ) -> Result<(), Refusal> {
        let one = state.instance(proxy).ok_or(Refusal::NotAnInstance)?;
        if one.is_migrating() {
            return Err(Refusal::UpgradeInProgress);
        }
        self.require_live(state)?;
        if state.current < 2 {
            return Err(Refusal::VersionNotFound);
        }
        self.require_entitled(state, who)?;
        require_way(&one)?;
        if self.checked {
            // only the registry asks the check
            return Err(Refusal::InvalidStep);
        }
        self.upgrade(state, proxy, 2)
    }

    /// The same by the registry (`upgradeInstance`).
    pub(crate) fn upgrade_instance(
        &self,
        state: &mut State,
        who: u8,
        proxy: u8,
        way: Way,
    ) -> Result<(), Refusal> {
        let one = state.instance(proxy).ok_or(Refusal::NotAnInstance)?;
        self.require_live(state)?;
        self.require_entitled(state, who)?;
        if self.is_adopted(proxy) && one.version == 2 {
            return Err(Refusal::AlreadyAtVersion);
        }
        self.order(way, proxy)?;
        if one.is_migrating() {
            return Err(Refusal::UpgradeInProgress);
        }
        if state.current < 2 {
            return Err(Refusal::VersionNotFound);
        }
        require_way(&one)?;
        self.upgrade(state, proxy, 2)
    }

    /// Refuses what a paused definition does not do.
    fn require_live(&self, state: &State) -> Result<(), Refusal> {
        match state.paused && !self.has(Mutation::UpgradesWhilePaused) {
            true => Err(Refusal::DefinitionPaused),
            false => Ok(()),
        }
    }

    /// Refuses who does not alone satisfy `migrate`.
    fn require_entitled(&self, state: &State, who: u8) -> Result<(), Refusal> {
        let (policy, _) = self.policy_of(state, Content::Migrate(2));
        let errs = self.has(Mutation::NamedUpgrade) && policy.names() & (1 << who) != 0;
        match self.decides_alone(state, &policy, who) || errs {
            true => Ok(()),
            false => Err(Refusal::UpgradeNotAuthorized),
        }
    }

    /// Brings an instance to a version, or into the step that leads there.
    fn upgrade(&self, state: &mut State, proxy: u8, to: u8) -> Result<(), Refusal> {
        let at = usize::from(proxy);
        let policy = self.policies[usize::from(state.policy)];
        let one = state.records[at].instance.as_mut();
        let one = one.ok_or(Refusal::NotAnInstance)?;
        let is_first = one.version == 1;
        if is_first && state.obstructed {
            return Err(Refusal::Obstructed);
        }
        if is_first && self.complex && policy.is_nobody() && !self.has(Mutation::StartsWhenFrozen) {
            return Err(Refusal::InvalidStep);
        }
        let stays_in_step = is_first && self.complex;
        *one = Instance {
            version: if stays_in_step { 1 } else { to },
            state: match stays_in_step {
                true => InstanceState::Migrating,
                false => InstanceState::Live,
            },
            held: false,
            replaced: false,
            ..*one
        };
        let account = &mut state.accounts[at];
        if stays_in_step {
            account.runs = Runs::Program;
        } else {
            account.runs = Runs::Version(to);
            account.mark = to;
        }
        self.change(state, proxy, Mutation::UpgradesKeepNonce);
        Ok(())
    }

    /// What an instance runs, or who may change that, has changed: what was approved about it before is over.
    pub(crate) fn change(&self, state: &mut State, proxy: u8, unless: Mutation) {
        state.records[usize::from(proxy)].nonce += u8::from(!self.has(unless));
    }

    /// Ends a complex step, on the version that it reaches where that is current, or the one that it goes back to
    /// where no `migrate` was executed since that was decided; else, and while the definition is paused, on the
    /// stub.
    pub(crate) fn finish_step(
        &self,
        state: &mut State,
        proxy: u8,
        back: bool,
    ) -> Result<(), Refusal> {
        let at = usize::from(proxy);
        let one = state.records[at].instance.as_mut();
        let one = one.ok_or(Refusal::NotAnInstance)?;
        let expected = match back {
            true => InstanceState::TurningBack,
            false => InstanceState::Migrating,
        };
        if one.state == InstanceState::Paused {
            return Err(Refusal::UpgradeInProgress);
        }
        if one.state != expected {
            return Err(Refusal::NotAnInstance);
        }
        let (version, may_run) = match back {
            true => (1, one.held || self.has(Mutation::ReturnsToReplaced)),
            false => (2, state.current == 2 || self.has(Mutation::EndsOnReplaced)),
        };
        let runs = may_run && (!state.paused || self.has(Mutation::EndsPausedRunning));
        one.version = version;
        one.replaced = !runs && !one.held;
        let account = &mut state.accounts[at];
        account.mark = version;
        (one.state, account.runs) = match runs {
            true => (InstanceState::Live, Runs::Version(version)),
            false => (InstanceState::Paused, Runs::Stub),
        };
        self.change(state, proxy, Mutation::StepsKeepNonce);
        if !back {
            self.change(state, proxy, Mutation::StepsKeepNonce); // it is upgraded as well
        }
        Ok(())
    }

    /// Transfers an instance of the framework to the other registry, whose definition has accepted it with that
    /// nonce. It runs the accepted version there.
    pub(crate) fn deliver(&self, state: &mut State, proxy: u8, way: Way) -> Result<(), Refusal> {
        self.order(way, proxy)?;
        let at = usize::from(proxy);
        let nonce = state.records[at].nonce;
        self.leave(state, proxy);
        let there = state.other.as_mut().ok_or(Refusal::NotSupported)?;
        let record = &mut there.records[at];
        let (version, expected) = record.accepted.ok_or(Refusal::TransferNotAccepted)?;
        if expected != nonce && !self.has(Mutation::ReceivesAnyState) {
            return Err(Refusal::StaleInstance);
        }
        if there.paused {
            return Err(Refusal::DefinitionPaused);
        }
        record.accepted = None;
        let arrived = !self.has(Mutation::ArrivesUnnoticed);
        record.instance = Some(Instance::at(version, arrived));
        record.nonce += 1;
        let account = &mut state.accounts[at];
        account.holder = Holder::Definition(there.side);
        account.runs = Runs::Version(version);
        Ok(())
    }

    /// Forgets an instance.
    pub(crate) fn leave(&self, state: &mut State, proxy: u8) {
        state.records[usize::from(proxy)].instance = None;
        self.change(state, proxy, Mutation::LeavingKeepsNonce);
    }
}

/// Refuses an instance from which no way leads to 2.0.
fn require_way(one: &Instance) -> Result<(), Refusal> {
    match one.version {
        1 => Ok(()),
        2 => Err(Refusal::AlreadyAtVersion),
        _ => Err(Refusal::NoPath),
    }
}

/// The owner of a proxy that was made elsewhere gives it away.
pub(crate) fn give(state: &mut State, proxy: u8, to: Holder) -> Result<(), Refusal> {
    let account = &mut state.accounts[usize::from(proxy)];
    if account.holder != Holder::Owner {
        return Err(Refusal::NotObeyed);
    }
    account.holder = to;
    Ok(())
}
