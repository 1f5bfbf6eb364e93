//! `upgrade NAME`: upgrades the instances that are older than the current version, in batches. A pause and a
//! resume handle the instances that their own transaction left in the same way.

mod paused;

pub(crate) use paused::{decided, finish as pause_remaining_instances};

use super::effects::{CallResult, Effects, RolledOut, so_far};
use super::path::{PathRequest, asked_again, check_again, check_stragglers};
use super::{checked, uncompared};
use crate::assess::Role;
use crate::checks::Assessment;
use crate::client::Sent;
use crate::context::prelude::*;
use crate::governance::{Check, after_upgrade};
use crate::migration;
use crate::model::DefinitionState;
use crate::progress::{Progress, Rate};
use crate::registry::{self, Waiting, arrived_by, begun_by, skipped_by, turned_by};
use crate::text::shell_word;
use futures::future::try_join_all;
use std::path::Path;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;

/// Instances per transaction.
const BATCH: u16 = 8;

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
    /// Instances to pause or resume with their definition, if only those are wanted.
    pub(crate) turns: Option<u16>,
    /// The version to which the paths were checked.
    compared: String,
    /// Maximum number of instances of the next transaction.
    batch: u16,
    sent: Vec<Sent>,
    /// Instances that were upgraded.
    upgraded: u16,
    /// Instances that were tried since the last upgraded one.
    idle: u16,
    skipped: Vec<Waiting>,
    /// Complex steps that began: the instance, from where and to where.
    begun: Vec<(Address, String, String)>,
    /// Instances that were paused or resumed with their definition.
    turned: Vec<Address>,
    /// The checks of each upgraded instance.
    found: Vec<Check>,
    rate: Rate,
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
            turns: None,
            compared: String::new(),
            batch: BATCH,
            sent: Vec::new(),
            upgraded: 0,
            idle: 0,
            skipped: Vec::new(),
            begun: Vec::new(),
            turned: Vec::new(),
            found: Vec::new(),
            rate: Rate::from(0),
        }
    }

    /// The same, of that many instances at most.
    pub(crate) fn at_most(self, max: Option<u16>) -> Self {
        Self { max, ..self }
    }

    /// Rolls out until no instance is left, the wanted number is done, or a whole round upgraded none. An error after
    /// the first transaction is part of the report.
    pub(crate) async fn run(mut self, effects: &mut Effects) -> Result<()> {
        let Session { context, registry } = self.session;
        self.compare().await?;
        checked::require_matched(&self.checks)?;
        effects.add_checks(&self.checks);
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
        let left = self.left().await.ok();
        let so_far = so_far(self.upgraded, left);
        context.output.end(&format!("{what}: {so_far}"));
        effects.add_sent(&self.sent);
        let nothing = match self.sent.is_empty() {
            true => self.nothing_to_send().await?,
            false => None,
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
        if self.only.is_none() && self.turns.is_none() {
            let registry = self.session.registry;
            let mut instances = registry.instances(self.name).await?;
            instances.retain(|one| one.state.is_migrating());
            for instance in instances {
                let active = migration::look(registry.client, instance.proxy).await?;
                let active = active.into_iter();
                self.begun.extend(active.map(|one| match one.at.back {
                    true => (one.proxy, one.to, one.from),
                    false => (one.proxy, one.from, one.to),
                }));
            }
        }
        let nothing = format!("{} is at {}: nothing to upgrade", self.name, self.compared);
        Ok(Some(nothing).filter(|_| self.begun.is_empty()))
    }

    /// How many instances wait.
    async fn left(&self) -> Result<u16> {
        let left = self.session.registry.left(self.name).await?;
        let turned = self.turned.len().try_into().unwrap_or(u16::MAX);
        Ok(match self.turns {
            Some(turns) => left.min(turns.saturating_sub(turned)),
            None => left,
        })
    }

    /// Sends one transaction. False where there is nothing more to do.
    async fn next(&mut self) -> Result<bool> {
        let Session { context, registry } = self.session;
        let left = self.left().await?;
        if left == 0 {
            return Ok(false);
        }
        let wanted = self.max.map(|max| max.saturating_sub(self.upgraded));
        let wanted = wanted.or(self.turns.map(|_| left)).unwrap_or(self.batch);
        let batch = self.batch.min(wanted);
        let done = match registry::rollout(registry, self.name, batch).await {
            Err(error) if batch > 1 && error.is_out_of_gas() => {
                self.batch = batch / 2; // the batch takes more gas than a transaction has
                return Ok(true);
            }
            done => done?,
        };
        registry.client.close_journal(); // from here on the chain says what is left
        self.upgraded = self.upgraded.saturating_add(done.upgraded);
        self.idle = match done.upgraded {
            0 => self.idle.saturating_add(batch),
            _ => 0,
        };
        let skipped = done.skipped.iter();
        let skipped = skipped.map(|(proxy, reason)| Waiting::new(*proxy, Some(reason)));
        self.skipped.extend(skipped);
        self.begun.extend(begun_by(&done.sent, registry.address));
        self.turned.extend(turned_by(&done.sent, registry.address));
        let is_compared = !uncompared::is_there(&done.sent, registry.address, &self.checks);
        self.sent.push(done.sent.clone());
        let found = self.checked(&done.sent).await?;
        self.found.extend(found);
        let left = self.left().await?;
        let all = u32::from(self.upgraded) + u32::from(left);
        context.note(format!("rollout {}", so_far(self.upgraded, Some(left))));
        let (so_far, total) = (u64::from(self.upgraded), u64::from(all));
        let detail = self.rate.summary(so_far, total);
        context.output.advance(so_far, total, "instances", &detail);
        let is_enough = |max: u16| self.upgraded >= max || self.idle > 0;
        Ok(is_compared && left > self.idle && !self.max.is_some_and(is_enough))
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
            Err(error) if self.turns.is_some() => {
                session.context.note(format!(
                    "! the upgrade paths of the instances were not checked: {error}"
                ));
                self.checks = session.assessment(Role::Reader);
                Ok(())
            }
            compared => compared,
        }
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
        Ok(try_join_all(all).await?.into_iter().flatten().collect())
    }
}

/// A migration that was executed.
pub(crate) struct Activation<'a> {
    pub(crate) migrate: &'a abi::migrateCall,
    /// The transaction that executed it.
    pub(crate) sent: &'a Sent,
    /// Whether this run sent that transaction.
    pub(crate) is_own: bool,
    /// The layout of its version, if it was given.
    pub(crate) layout: Option<&'a Path>,
    /// The findings so far, and their coverage.
    pub(crate) checks: Assessment,
}

/// After a migration was executed, by this run's transaction or another one: the checks of each upgraded instance, or
/// the rollout. Their failures are reported; the version stays activated.
pub(crate) async fn roll_out_after_activation(
    session: Session<'_>,
    activation: Activation<'_>,
    effects: &mut Effects,
) {
    if let Err(error) = check_or_roll_out(session, activation, effects).await {
        effects.stop(session.context, &error, Exit::Partial);
    }
}

async fn check_or_roll_out(
    session: Session<'_>,
    activation: Activation<'_>,
    effects: &mut Effects,
) -> Result<()> {
    let Activation {
        migrate,
        sent,
        is_own,
        layout,
        mut checks,
    } = activation;
    let Session { context, registry } = session;
    let (name, version) = (&migrate.name, &migrate.version);
    let arrived = arrived_by(sent, registry.address);
    let begun = begun_by(sent, registry.address);
    if arrived.is_empty() && begun.is_empty() {
        let instances = session.registry.head(name).await?.instances;
        if instances > INSTANCES_AT_ONCE {
            if let Some(CallResult::Sent(proposal)) = &mut effects.result {
                proposal.rolls_out = Some(instances);
            }
            let mut rollout = Rollout::of(session, name, layout, checks);
            rollout.only = Some(version);
            return rollout.run(effects).await;
        }
    }
    effects.add_paused(begun);
    if is_own {
        // At most four instances were upgraded, so all of them must have been checked.
        checks.is_sampled = false;
        let sent = (std::slice::from_ref(sent), registry.address);
        uncompared::report(context, sent, &checks, effects);
    }
    let code = migrate.code.clone().into();
    let mut found = Vec::new();
    for proxy in arrived {
        let logs = sent.receipt.logs();
        let checks = after_upgrade(registry, proxy, version, &code, logs).await?;
        found.extend(checks);
    }
    effects.checks = Some(found);
    let skipped = skipped_by(sent, registry.address);
    let waits = skipped.iter();
    let waits = waits.map(|(proxy, reason)| Waiting::new(*proxy, Some(reason)));
    effects.set_waiting(waits.collect(), name);
    effects.require_checks(context);
    Ok(())
}
