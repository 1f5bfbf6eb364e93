//! `upgrade NAME`: the instances follow their definition, in batches. `migrate`, `pause` and `resume` go on with the same
//! once they are decided.

mod paused;

pub(crate) use paused::finish as pause_remaining_instances;

use super::effects::{Effects, RolledOut, so_far};
use super::path::{
    PathRequest, asked_again, check_again, check_stragglers, select_instances_to_check,
};
use super::standing::{self, Instances};
use super::uncompared;
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::{ChainError, Sent};
use crate::context::prelude::*;
use crate::governance::{Check, after_upgrade};
use crate::history::due;
use crate::migration;
use crate::model::DefinitionState;
use crate::progress::{Progress, Rate};
use crate::questions::ask_all;
use crate::registry::{
    self, RolledOut as RolledOutList, Waiting, arrived_by, begun_by, staged_by, turned_by,
};
use crate::text::{count, shell_word};
use futures::future::join_all;
use std::path::Path;
use stylus_upgrades_interface::limits::{PATH_MAX, ROLLOUT_GAS};

/// Instances of the first transaction: what they take tells how many fit the next one.
const BATCH: usize = 8;
/// Instances per transaction, at most.
const BATCH_MAX: usize = 100;
/// Transactions of a pause or a resumption that do not wait for one another, at most.
const IN_ROW_MAX: usize = 16;

/// Rollouts of a definition to the version that is current when a transaction is mined. It is checked before.
pub(crate) struct Rollout<'a> {
    session: Session<'a>,
    name: &'a str,
    /// The layout of the current version, for code that carries none.
    layout: Option<&'a Path>,
    /// The checks of the paths of the instances.
    checks: Assessment,
    /// The only version to upgrade to, if given.
    pub(crate) only: Option<&'a str>,
    /// Maximum number of instances to upgrade.
    max: Option<u16>,
    /// The decision that the rollout completes, if it does: no check stops it.
    turn: Option<DecidedState>,
    /// The instances of the definition, where it completes a decision.
    all: usize,
    /// The version to which the paths were checked.
    compared: String,
    /// The instances that were not tried yet.
    left: Vec<Address>,
    /// Maximum number of instances of the next transaction.
    batch: usize,
    sent: Vec<Sent>,
    /// Instances that were upgraded.
    upgraded: u16,
    skipped: Vec<Waiting>,
    /// Complex steps that began: the instance, from where and to where.
    begun: Vec<(Address, String, String)>,
    /// Instances that were paused or resumed with their definition.
    turned: Vec<Address>,
    /// The checks of each upgraded instance.
    found: Vec<Check>,
    rate: Rate,
}

/// A decision about a definition that its instances follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecidedState {
    Pause,
    Resume,
}

impl DecidedState {
    /// Says how many instances do not follow the decision yet.
    fn says(self, left: usize, all: usize) -> String {
        match self {
            Self::Pause => format!("instances that still run: {left} of {all}"),
            Self::Resume => format!("instances that are still paused: {left} of {all}"),
        }
    }
}

impl<'a> Rollout<'a> {
    /// A rollout of all that wait. Steps in `checks` are not checked again.
    pub(crate) fn of(
        session: Session<'a>,
        name: &'a str,
        layout: Option<&'a Path>,
        checks: Assessment,
    ) -> Self {
        Self {
            session,
            name,
            layout,
            checks,
            only: None,
            max: None,
            turn: None,
            all: 0,
            compared: String::new(),
            left: Vec::new(),
            batch: BATCH,
            sent: Vec::new(),
            upgraded: 0,
            skipped: Vec::new(),
            begun: Vec::new(),
            turned: Vec::new(),
            found: Vec::new(),
            rate: Rate::from(0),
        }
    }

    /// The same, of these instances alone, which a pause or a resumption left.
    pub(crate) fn turning(self, turn: DecidedState, left: Vec<Address>, all: usize) -> Self {
        Self {
            turn: Some(turn),
            all,
            batch: BATCH_MAX,
            left,
            ..self
        }
    }

    /// The same, of that many instances at most.
    pub(crate) fn at_most(self, max: Option<u16>) -> Self {
        Self { max, ..self }
    }

    /// Rolls out until every instance was tried, or the wanted number is done. An error after the first transaction is
    /// part of the report.
    pub(crate) async fn run(mut self, effects: &mut Effects) -> Result<()> {
        let Session { context, registry } = self.session;
        self.compare().await?;
        effects.add_checks(&self.checks);
        if self.turn.is_none() {
            self.left = due(registry, self.name).await?;
        }
        let what = format!("rollout of {}", self.name);
        context.output.begin(&what);
        let ended = loop {
            // Others may add a step meanwhile, so the paths are checked before each transaction.
            let next = match self.next().await {
                Ok(true) => self.compare().await,
                Ok(false) => break None,
                Err(error) => Err(error),
            };
            match next {
                Ok(()) => {}
                Err(error) if self.sent.is_empty() => return Err(error),
                Err(error) => break Some(error),
            }
        };
        let left = if self.turn.is_some() {
            Some(self.left.len() + self.skipped.len())
        } else {
            due(registry, self.name).await.ok().map(|left| left.len())
        };
        let left = left.map(|left| left.try_into().unwrap_or(u16::MAX));
        let so_far = so_far(self.upgraded, left);
        context.output.end(&format!("{what}: {so_far}"));
        effects.add_sent(&self.sent);
        let nothing = if self.sent.is_empty() {
            self.nothing_to_send().await?
        } else {
            None
        };
        effects.rolled_out = Some(RolledOut {
            upgraded: self.upgraded,
            left,
            skipped: self.skipped,
            paused_or_resumed: self.turned,
            transactions: self.sent.len(),
            nothing,
        });
        effects.checks = Some(self.found);
        effects.add_paused(self.begun);
        if let Some(error) = &ended {
            effects.stop(context, error, Exit::Partial);
        }
        effects.add_checks(&self.checks);
        let sent = (self.sent.as_slice(), registry.address);
        uncompared::report(context, sent, &self.checks, effects);
        effects.require_checks(context);
        Ok(())
    }

    /// Nothing was to upgrade, in words; none where instances are between two versions, which are added. Only `upgrade`
    /// looks for those: it reads every instance.
    async fn nothing_to_send(&mut self) -> Result<Option<String>> {
        if self.only.is_none() && self.turn.is_none() {
            let registry = self.session.registry;
            let mut instances = registry.instances(self.name).await?;
            instances.retain(|instance| instance.state.is_migrating());
            for instance in instances {
                let active = migration::look(registry.client, instance.proxy).await?;
                let active = active.into_iter();
                self.begun.extend(active.map(|one| {
                    if one.at.back {
                        (one.proxy, one.to, one.from)
                    } else {
                        (one.proxy, one.from, one.to)
                    }
                }));
            }
        }
        let nothing = format!("{} is at {}: nothing to upgrade", self.name, self.compared);
        Ok(Some(nothing).filter(|_| self.begun.is_empty()))
    }

    /// Sends one transaction, or several in a row where others decided what they do. False where there is nothing more to
    /// do.
    async fn next(&mut self) -> Result<bool> {
        let Session { context, registry } = self.session;
        let wanted = self.max.map(|max| max.saturating_sub(self.upgraded));
        let wanted = wanted.map_or(usize::MAX, usize::from);
        let batch = self.batch.min(wanted).min(self.left.len());
        if batch == 0 {
            return Ok(false);
        }
        let lists = self.left.chunks(batch).map(<[Address]>::to_vec);
        let lists: Vec<Vec<Address>> = lists.take(self.turn.map_or(1, |_| IN_ROW_MAX)).collect();
        if let Some(turn) = self.turn {
            context.note(turn.says(self.left.len() + self.skipped.len(), self.all));
        }
        let outcomes = match registry::rollouts(registry, self.name, &lists).await {
            Err(error) if error.is_out_of_gas() => {
                self.takes_too_much(batch, &error);
                return Ok(true);
            }
            outcomes => outcomes?,
        };
        if outcomes.iter().all(std::result::Result::is_ok) {
            registry.client.close_journal(); // from here on the chain says what is left
        }
        let (mut is_compared, mut stopped) = (true, None);
        for (list, outcome) in lists.iter().zip(outcomes) {
            match outcome {
                Ok(done) => is_compared &= self.add(list, done).await?,
                Err(error) => stopped = stopped.or(Some(error)),
            }
        }
        let left = self.left.len() + self.skipped.len();
        let left = u16::try_from(left).unwrap_or(u16::MAX);
        context.note(format!("rollout {}", so_far(self.upgraded, Some(left))));
        let all = u64::from(self.upgraded) + u64::from(left);
        let so_far = u64::from(self.upgraded);
        let detail = self.rate.summary(so_far, all);
        context.output.advance(so_far, all, "instances", &detail);
        match stopped {
            Some(error) if error.is_out_of_gas() => self.takes_too_much(batch, &error),
            Some(error) => return Err(error.into()),
            None => {}
        }
        Ok(is_compared && !self.left.is_empty())
    }

    /// Adds what a transaction did with these instances. False where it took a step that was not checked.
    async fn add(&mut self, list: &[Address], done: RolledOutList) -> Result<bool> {
        let Session { context, registry } = self.session;
        self.left.retain(|proxy| !list.contains(proxy));
        // The next transaction has others, and their paths are those to check.
        for instances in self.checks.looked_at.values_mut() {
            instances.retain(|proxy| !list.contains(proxy));
        }
        self.batch = fits(done.sent.receipt.gas_used, list.len());
        self.upgraded = self.upgraded.saturating_add(done.upgraded);
        let skipped = done.skipped.iter();
        let skipped = skipped.map(|(proxy, reason)| Waiting::new(*proxy, Some(reason)));
        self.skipped.extend(skipped);
        self.begun.extend(begun_by(&done.sent, registry.address));
        let staged = staged_by(&done.sent, registry.address);
        let turned = turned_by(&done.sent, registry.address).into_iter();
        self.turned
            .extend(turned.filter(|proxy| !staged.contains(proxy)));
        if !staged.is_empty() {
            context.note(format!(
                "{} went as far as one upgrade takes, {PATH_MAX} steps: paused until the next upgrade, which follows",
                count(staged.len(), "instance")
            ));
        }
        // What counts is who arrives.
        let staged_count = u16::try_from(staged.len()).unwrap_or(u16::MAX);
        self.upgraded = self.upgraded.saturating_sub(staged_count);
        self.left.extend(staged);
        let is_compared = !uncompared::is_there(&done.sent, registry.address, &self.checks);
        self.sent.push(done.sent.clone());
        let client = registry.client;
        let found = client
            .ahead(self.ask_ahead(&done.sent), self.checked(&done.sent))
            .await?;
        self.found.extend(found);
        Ok(is_compared)
    }

    /// A batch takes more gas than a transaction has: half of it is next. One alone stays as it is.
    fn takes_too_much(&mut self, batch: usize, error: &ChainError) {
        self.batch = (batch / 2).max(1);
        if batch == 1 {
            let proxy = self.left.remove(0);
            self.skipped.push(Waiting::new(proxy, error.revert()));
        }
    }

    /// Checks the paths to the current version, unless that was done. A pause upgrades nothing; upgrades by a resume
    /// are never refused, and count as not checked.
    async fn compare(&mut self) -> Result<()> {
        let session = self.session;
        let head = session.registry.head(self.name).await?;
        if head.state == DefinitionState::Paused {
            return Ok(());
        }
        if let Some(wanted) = self.only.filter(|wanted| *wanted != head.current) {
            let (name, current) = (self.name, head.current);
            let refusal = Refusal::new(
                "OtherCurrent",
                format!("the current version of {name} is now {current}, not {wanted}"),
            );
            let refusal = refusal.with(
                format!("{wanted}, which was checked"),
                format!("{current}, which was activated in the meantime"),
                format!(
                    "stylus-upgrades upgrade {} checks the instances against {current} and continues",
                    shell_word(name)
                ),
            );
            return Err(refusal.exiting(Exit::Partial).into());
        }
        let compared = if self.compared == head.current {
            let request = PathRequest::to(&head.current, self.layout);
            check_again(session, &request, &mut self.checks).await
        } else {
            if self.turn.is_none() {
                let which = Instances::Of(self.name, standing::INSTANCES_MAX);
                let found = standing::with_expiring(session, which).await?;
                self.checks.extend(found);
            }
            let way = (self.name, head.current.as_str());
            check_stragglers(session, way, self.layout, &mut self.checks).await
        };
        self.compared = head.current;
        let compared = compared.and_then(|()| match self.checks.refusal() {
            Some(refused) => Err(asked_again(refused)),
            None => Ok(()),
        });
        match compared {
            // The upgrade is decided: a failed comparison must not leave an instance paused.
            Err(error) if self.turn.is_some() => {
                session.context.note(format!(
                    "! the upgrade paths of the instances were not checked: {error}"
                ));
                self.checks = session.assessment(Role::Reader);
                Ok(())
            }
            compared => compared,
        }
    }

    /// Asks together for what the checks of these instances and of the next paths ask one after the other.
    async fn ask_ahead(&self, sent: &Sent) {
        let registry = self.session.registry;
        let arrived = arrived_by(sent, registry.address);
        if arrived.is_empty() {
            return;
        }
        let next = select_instances_to_check(&self.checks, &self.compared);
        let next: Vec<Address> = next.filter_map(|all| all.first().copied()).collect();
        let instances = arrived.iter().chain(&next);
        let instances = instances.map(|proxy| registry.instance(*proxy));
        let paths = next
            .iter()
            .map(|proxy| registry.path(*proxy, &self.compared));
        let _ = futures::join!(
            registry.head(self.name),
            registry.code(self.name, &self.compared),
            join_all(instances),
            join_all(paths)
        );
    }

    /// The checks of every instance that a transaction upgraded.
    async fn checked(&self, sent: &Sent) -> Result<Vec<Check>> {
        let registry = self.session.registry;
        let proxies = arrived_by(sent, registry.address);
        if proxies.is_empty() {
            return Ok(Vec::new());
        }
        let registry = self.session.registry;
        let current = registry.head(self.name).await?.current;
        let code = registry.code(self.name, &current).await?;
        let logs = sent.receipt.logs();
        let all = proxies
            .iter()
            .map(|proxy| after_upgrade(registry, *proxy, &current, &code, logs));
        Ok(ask_all(all).await?.into_iter().flatten().collect())
    }
}

/// A migration that was executed.
pub(crate) struct Activation<'a> {
    pub(crate) migrate: &'a abi::migrateCall,
    /// The layout of its version, if it was given.
    pub(crate) layout: Option<&'a Path>,
    /// The findings so far, and their coverage.
    pub(crate) checks: Assessment,
}

/// After a migration was executed, by this run's transaction or another one: the rollout. Its failures are reported; the
/// version stays activated.
pub(crate) async fn roll_out_after_activation(
    session: Session<'_>,
    activation: Activation<'_>,
    effects: &mut Effects,
) {
    if let Err(error) = follow(session, activation, effects).await {
        effects.stop(session.context, &error, Exit::Partial);
    }
}

async fn follow(
    session: Session<'_>,
    activation: Activation<'_>,
    effects: &mut Effects,
) -> Result<()> {
    let Activation {
        migrate,
        layout,
        checks,
    } = activation;
    let (name, version) = (&migrate.name, &migrate.version);
    let head = session.registry.head(name).await?;
    if head.instances == 0 {
        effects.checks = Some(Vec::new());
        return Ok(());
    }
    if head.state == DefinitionState::Paused {
        effects.says = Some(format!(
            "{name} is paused: stylus-upgrades resume {} upgrades its instances",
            shell_word(name)
        ));
        return Ok(());
    }
    let mut rollout = Rollout::of(session, name, layout, checks);
    rollout.only = Some(version);
    rollout.run(effects).await
}

/// The number of instances that fit a transaction, estimated from a batch that took that much gas.
fn fits(gas: u64, batch: usize) -> usize {
    let of_one = (gas / batch.max(1) as u64).max(1);
    let fits = usize::try_from(ROLLOUT_GAS / of_one).unwrap_or(BATCH_MAX);
    fits.clamp(1, BATCH_MAX)
}
