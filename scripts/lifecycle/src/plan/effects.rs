//! Effects of a governed call on the copy, with each of several gas limits, also those beside its purpose: other accounts'
//! ether, code, storage and events.

use super::change::Change;
use super::instances::{Event, changes_of, event};
use super::layouts::Layouts;
use super::slots::SlotNames;
use crate::assess::{Finding, FindingId, FindingKind};
use crate::build::Framework;
use crate::client::{ChainError, GasLimit, with_margin};
use crate::names::Names;
use crate::simulation::{ANYBODY, Simulation, now};
use crate::text::{count, grouped};
use alloy::primitives::{Address, Bytes, Log, U256};
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_chain::{AccountChange, SlotChange};
use stylus_registry_core::policy::Policy;

/// Another account that would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Elsewhere {
    /// The account.
    pub account: Address,
    /// The name under which it is known: its name, an approver, an instance.
    pub known: Option<String>,
    /// Its storage words that would change.
    pub changes: Vec<Change>,
    /// Its wei before and after, where they differ.
    pub balance: Option<(U256, U256)>,
    /// True if its code or nonce would change: it is created, or creates something.
    pub creates: bool,
    /// Everything that it would emit.
    pub events: Vec<Event>,
}

impl Elsewhere {
    /// The account, and what would change of it.
    pub fn words(&self) -> String {
        let mut parts: Vec<String> = self.known.iter().cloned().collect();
        if !self.changes.is_empty() {
            parts.push(count(self.changes.len(), "storage word"));
        }
        parts.extend(self.balance.map(ether));
        if self.creates {
            parts.push("code or nonce".into());
        }
        if !self.events.is_empty() {
            parts.push(format!("emits {}", count(self.events.len(), "event")));
        }
        format!("{} ({})", self.account, parts.join(", "))
    }
}

/// An account's ether before and after.
pub fn ether((before, after): (U256, U256)) -> String {
    format!("{before} wei become {after}")
}

/// The effects of a call on the copy.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Effects {
    changes: Vec<SlotChange>,
    accounts: Vec<AccountChange>,
    logs: Vec<Log>,
}

/// The changes that every transaction makes.
#[derive(Debug, Clone, Default)]
pub struct LeftOut {
    /// Accounts whose storage changes: ArbOS.
    storage: Vec<Address>,
    /// Accounts whose ether changes: who gets the fees.
    pub ether: Vec<Address>,
}

impl LeftOut {
    /// Reads the changes of an empty transaction.
    ///
    /// # Errors
    /// What the chain says.
    pub fn of(simulation: &mut Simulation) -> Result<Self, ChainError> {
        let (slots, accounts) = simulation.discarded(|copy| {
            copy.begin_here();
            let empty = Bytes::new();
            copy.send("an empty transaction", ANYBODY, ANYBODY, empty, U256::ZERO)?;
            Ok::<_, ChainError>((copy.changes()?, copy.account_changes()?))
        })?;
        Ok(Self {
            storage: slots.iter().map(|slot| slot.address).collect(),
            ether: accounts.iter().map(|account| account.address).collect(),
        })
    }
}

impl Effects {
    /// Since the beginning.
    fn of(simulation: &Simulation, left_out: &LeftOut) -> Result<Self, ChainError> {
        let (mut changes, mut accounts) = (simulation.changes()?, simulation.account_changes()?);
        changes.retain(|change| !left_out.storage.contains(&change.address));
        accounts.retain_mut(|account| {
            if left_out.ether.contains(&account.address) {
                account.after.balance = account.before.balance;
            }
            (
                account.before.nonce,
                account.before.balance,
                &account.before.code,
            ) != (
                account.after.nonce,
                account.after.balance,
                &account.after.code,
            )
        });
        Ok(Self {
            changes,
            accounts,
            logs: simulation.logs(None::<Address>)?,
        })
    }

    /// An account's wei before and after, where they differ.
    pub(super) fn balance(&self, account: Address) -> Option<(U256, U256)> {
        let mut accounts = self.accounts.iter();
        let changed = accounts.find(|change| change.address == account)?;
        let wei = (changed.before.balance, changed.after.balance);
        (wei.0 != wei.1).then_some(wei)
    }

    /// Lists the changes beside the accounts that are shown already. Of the registry, ether alone is nowhere else.
    pub(super) fn elsewhere(
        &self,
        simulation: &Simulation,
        whose: &Whose<'_>,
    ) -> Result<Vec<Elsewhere>, ChainError> {
        let slots = self.changes.iter().map(|change| change.address);
        let accounts = self.accounts.iter().map(|account| account.address);
        let emitters = self.logs.iter().map(|log| log.address);
        let all: BTreeSet<Address> = slots.chain(accounts).chain(emitters).collect();
        let names = SlotNames::framework(&[]);
        let mut others = Vec::new();
        for account in all
            .into_iter()
            .filter(|account| !whose.shown.contains(account))
        {
            let balance = self.balance(account);
            let is_registry = account == whose.registry;
            if is_registry && balance.is_none() {
                continue;
            }
            let mut other = Elsewhere {
                account,
                known: whose.known(simulation, account),
                balance,
                ..Elsewhere::default()
            };
            if !is_registry {
                let logs = self.logs.iter().filter(|log| log.address == account);
                let layouts = Layouts::same(&names);
                other.changes = changes_of(simulation, &self.changes, account, layouts)?.list;
                other.creates = self.accounts.iter().any(|change| {
                    let AccountChange { before, after, .. } = change;
                    change.address == account
                        && (before.nonce, &before.code) != (after.nonce, &after.code)
                });
                other.events = logs.map(event).collect();
            }
            others.push(other);
        }
        Ok(others)
    }
}

/// The roles of accounts.
pub(super) struct Whose<'a> {
    /// The registry: its storage and events are what the call is for.
    pub(super) registry: Address,
    pub(super) names: &'a Names,
    /// The policy that decides.
    pub(super) policy: &'a Policy,
    /// Accounts whose storage, ether and events are shown elsewhere.
    pub(super) shown: &'a [Address],
}

impl Whose<'_> {
    /// Its name, and what the policy and the registry say of it.
    fn known(&self, simulation: &Simulation, account: Address) -> Option<String> {
        let mut parts = Vec::new();
        if self.names.accounts().any(|named| named == account) {
            parts.push(self.names.short(account));
        }
        let framework = Framework::pinned().ok();
        let own = framework.and_then(|framework| framework.name_of(account));
        parts.extend(own.map(|name| format!("the framework's {name}")));
        let mut approvers = self.policy.approvers.iter();
        if approvers.any(|leaf| leaf.address == account) {
            parts.push("an approver".into());
        }
        if account == self.registry {
            parts.push("the registry".into());
        } else if let Ok(of) = now(simulation.registry(self.registry).instance(account))
            && !of.definition.is_empty()
        {
            parts.push(format!("an instance of {} {}", of.definition, of.version));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The outcomes of a call with each of the gas limits. The copy is left in the state after the last one.
#[derive(Default)]
pub(super) struct OutcomesByLimit {
    /// The limits, in the order in which they were tried; of several transactions the highest one.
    pub(super) limits: Vec<u64>,
    /// Its effects with each limit, or the reason why it failed.
    outcomes: Vec<Result<Effects, Finding>>,
    /// Its effects the last time, also where a part of it failed.
    pub(super) shown: Effects,
    /// The changes that every transaction makes.
    left_out: LeftOut,
}

/// The gas limits that are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GasLimits {
    /// The estimate alone.
    Once,
    /// The estimate, its doubles, as much as a transaction can use, and at last the limit of this program's transactions.
    /// All begin at the same state and time.
    EachLimit,
}

/// Does `work` with those gas limits, and keeps what the last one did. `failure` is why it failed.
pub(super) fn with_limits<T>(
    simulation: &mut Simulation,
    gas_limits: GasLimits,
    mut work: impl FnMut(&mut Simulation) -> Result<T, ChainError>,
    failure: impl Fn(&T) -> Option<&Finding>,
) -> Result<(OutcomesByLimit, T), ChainError> {
    simulation.fix_time()?;
    let left_out = LeftOut::of(simulation)?;
    let mut outcomes = OutcomesByLimit {
        left_out: left_out.clone(),
        ..OutcomesByLimit::default()
    };
    let mut one = |simulation: &mut Simulation, gas| -> Result<T, ChainError> {
        (simulation.gas, simulation.highest_limit) = (gas, 0);
        let done = work(simulation)?;
        outcomes.shown = Effects::of(simulation, &left_out)?;
        outcomes.outcomes.push(match failure(&done) {
            Some(finding) => Err(finding.clone()),
            None => Ok(outcomes.shown.clone()),
        });
        outcomes.limits.push(simulation.highest_limit);
        Ok(done)
    };
    if gas_limits == GasLimits::EachLimit {
        let cap = simulation.chain.config().rpc_gas_cap;
        let (estimate, failed) = simulation.discarded(|copy| {
            let done = one(copy, GasLimit::Estimate)?;
            Ok::<_, ChainError>((copy.highest_limit, failure(&done).is_some()))
        })?;
        let most = cap.max(with_margin(estimate));
        let mut limit = if failed || estimate == 0 {
            most
        } else {
            estimate.saturating_mul(2).min(most)
        };
        loop {
            simulation.discarded(|copy| one(copy, GasLimit::Exactly(limit)))?;
            if limit >= most {
                break;
            }
            limit = limit.saturating_mul(2).min(most);
        }
    }
    let gas = match gas_limits {
        GasLimits::Once => GasLimit::Estimate,
        GasLimits::EachLimit => GasLimit::Margin,
    };
    let last = one(simulation, gas)?;
    Ok((outcomes, last))
}

impl OutcomesByLimit {
    /// Shows what happened since then, too.
    pub(super) fn look_again(&mut self, simulation: &Simulation) -> Result<(), ChainError> {
        self.shown = Effects::of(simulation, &self.left_out)?;
        Ok(())
    }

    /// Reports that it does not do the same with each of the limits.
    pub(super) fn depends_on_gas(&self, what: &str) -> Option<Finding> {
        let (first, rest) = self.outcomes.split_first()?;
        let failures = self.limits.iter().zip(&self.outcomes);
        let failures: Vec<(u64, &Finding)> = failures
            .filter_map(|(limit, outcome)| Some((*limit, outcome.as_ref().err()?)))
            .collect();
        let found = match failures.first() {
            Some(_) if failures.len() == self.outcomes.len() => return None,
            Some((limit, finding)) => {
                format!("with {} it fails: {}", grouped(*limit), finding.message)
            }
            None if rest.iter().all(|outcome| outcome == first) => return None,
            None => "other storage, accounts or events".into(),
        };
        Some(Finding::problem(
            "DependsOnGas",
            format!(
                "the effect of {what} depends on its gas limit: it was simulated with {}",
                limits_in_words(&self.limits)
            ),
            "the same effects with any gas limit",
            found,
            &format!(
                "do not approve it before you know why: the executor chooses the gas; if it only needs more \
                 gas than the estimate, as the relay of an EVM proxy does: {}",
                FindingId::flag([&FindingKind::DependsOnGas.id()])
            ),
        ))
    }
}

/// The limits in a row, the least first: the order in which they were tried says nothing.
pub fn limits_in_words(limits: &[u64]) -> String {
    let (least, most) = (limits.iter().min(), limits.iter().max());
    match (least, most) {
        (Some(least), Some(most)) if limits.len() > 2 => {
            let (least, most) = (grouped(*least), grouped(*most));
            format!("{} amounts from {least} to {most}", limits.len())
        }
        (Some(least), Some(most)) if least < most => {
            format!("{} and {}", grouped(*least), grouped(*most))
        }
        (one, _) => one.map(|limit| grouped(*limit)).unwrap_or_default(),
    }
}
