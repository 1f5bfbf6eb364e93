//! The ways to new code, in accounts and seconds.

use super::holders::{ControlHolder, HolderFacts};
use super::search::{ControlCandidates, ControlCost, ControlTree};
use crate::governance::policy::duration;
use crate::names::Names;
use crate::text::count;
use serde::Serialize;
use stylus_registry_core::policy::Policy;

/// Holders that a sentence names, at most.
const NAMED_MAX: usize = 8;

/// The accounts that can replace the code of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CodeControl {
    /// The way with the fewest accounts, and of those the one with the shortest delay; `None` where nobody can.
    pub fewest: Option<ControlPath>,
    /// The way with the shortest delay, and of those the one with the fewest accounts; `None` where nobody can.
    pub soonest: Option<ControlPath>,
    /// The prices that no other one undercuts in both numbers, the shortest delay first.
    #[serde(skip)]
    costs: Vec<ControlCost>,
}

/// A way to new code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ControlPath {
    /// The number of accounts that it takes.
    pub accounts: usize,
    /// The number of accounts that can be among them.
    pub of: usize,
    /// Seconds from their approvals until it is executed.
    pub delay_seconds: u64,
    /// The accounts that can be among them, as the policies name them.
    pub who: Vec<ControlHolder>,
    /// The roles by which they do it.
    pub by: ControlRoute,
}

/// The roles by which code is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlRoute {
    /// Role `migrate`.
    Migrate,
    /// Role `policy` sets the policy of `migrate`, and who is named there then migrates.
    PolicyThenMigrate,
    /// Either of both, by different accounts.
    Either,
}

impl CodeControl {
    /// The control by the policies of the roles `migrate` and `policy`.
    pub(super) fn new(migrate: &Policy, policy: &Policy, facts: &HolderFacts) -> Self {
        // No policy that is NONE can be changed.
        if migrate.is_none() {
            return Self::default();
        }
        let migrate = ControlTree::new(migrate, facts);
        let policy = ControlTree::new(policy, facts);
        let mut all = [migrate.costs(), policy.costs()].concat();
        all.sort_by_key(|cost| (cost.delay_seconds, cost.accounts));
        let mut costs: Vec<ControlCost> = Vec::new();
        for cost in all {
            if costs
                .last()
                .is_none_or(|other| cost.accounts < other.accounts)
            {
                costs.push(cost);
            }
        }
        let path = |cost: &ControlCost| ControlPath::new(*cost, &migrate, &policy);
        Self {
            fewest: costs.last().map(path),
            soonest: costs.first().map(path),
            costs,
        }
    }

    /// Returns true if one key can replace the code without a delay.
    pub(super) fn is_one_key_at_once(&self) -> bool {
        self.soonest.as_ref().is_some_and(|path| {
            let is_at_once = path.accounts == 1 && path.delay_seconds == 0;
            is_at_once && path.who.iter().any(ControlHolder::is_one_key)
        })
    }

    /// Returns true if it takes fewer accounts than before: at all, or within a delay that was possible before. A shorter
    /// delay alone is another question.
    pub(super) fn takes_fewer_than(&self, before: &Self) -> bool {
        let fewest = |control: &Self| control.costs.last().map(|cost| cost.accounts);
        let (Some(was), Some(now)) = (fewest(before), fewest(self)) else {
            return fewest(self).is_some();
        };
        let within = |delay_seconds: u64| {
            let possible = before.costs.iter();
            let possible = possible.filter(move |cost| cost.delay_seconds <= delay_seconds);
            possible.map(|cost| cost.accounts).min()
        };
        let is_fewer =
            |cost: &ControlCost| within(cost.delay_seconds).is_some_and(|was| cost.accounts < was);
        now < was || self.costs.iter().any(is_fewer)
    }

    /// It in one sentence: `2 accounts of 3 (Ana, Ben, Cleo) can replace the code after 1 day; soonest: 1 account (Dan) at
    /// once, by policy, then migrate`.
    pub(super) fn words(&self, names: &Names) -> String {
        let (Some(fewest), Some(soonest)) = (&self.fewest, &self.soonest) else {
            return "nobody can replace the code".into();
        };
        let first = format!(
            "{} can replace the code {}",
            fewest.who_in_words(names),
            fewest.how_in_words()
        );
        if fewest == soonest {
            return first;
        }
        let (who, how) = (soonest.who_in_words(names), soonest.how_in_words());
        format!("{first}; soonest: {who} {how}")
    }
}

impl ControlPath {
    /// The way of that price, by the roles that have it.
    fn new(cost: ControlCost, migrate: &ControlTree, policy: &ControlTree) -> Self {
        let of_tree = |tree: &ControlTree| {
            let is_possible = tree.fewest_within(cost.delay_seconds) == Some(cost.accounts);
            is_possible.then(|| tree.candidates(cost))
        };
        let (by, candidates) = match (of_tree(migrate), of_tree(policy)) {
            (Some(migrate), Some(policy)) if !policy.accounts.is_subset(&migrate.accounts) => {
                (ControlRoute::Either, join(migrate, policy))
            }
            (Some(migrate), _) => (ControlRoute::Migrate, migrate),
            (None, policy) => (ControlRoute::PolicyThenMigrate, policy.unwrap_or_default()),
        };
        Self {
            accounts: cost.accounts,
            of: candidates.accounts.len(),
            delay_seconds: cost.delay_seconds,
            who: candidates.holders,
            by,
        }
    }

    /// The accounts in words: `2 accounts of 3 (Ana, Ben, Cleo)`.
    fn who_in_words(&self, names: &Names) -> String {
        let named = self.who.iter().take(NAMED_MAX);
        let mut named: Vec<String> = named.map(|holder| holder.words(names)).collect();
        let others = self.who.len().saturating_sub(NAMED_MAX);
        if others > 0 {
            named.push(format!("and {others} more"));
        }
        let (accounts, named) = (count(self.accounts, "account"), named.join(", "));
        if self.of == self.accounts {
            format!("{accounts} ({named})")
        } else {
            format!("{accounts} of {} ({named})", self.of)
        }
    }

    /// The delay and the roles in words: `after 1 day, by policy, then migrate`.
    fn how_in_words(&self) -> String {
        let when = match self.delay_seconds {
            0 => "at once".to_owned(),
            seconds => format!("after {}", duration(seconds)),
        };
        let by = match self.by {
            ControlRoute::Migrate => "",
            ControlRoute::PolicyThenMigrate => ", by policy, then migrate",
            ControlRoute::Either => ", by migrate, or by policy, then migrate",
        };
        when + by
    }
}

/// The candidates of both.
fn join(mut all: ControlCandidates, others: ControlCandidates) -> ControlCandidates {
    all.accounts.extend(others.accounts);
    for holder in others.holders {
        if !all.holders.contains(&holder) {
            all.holders.push(holder);
        }
    }
    all
}
