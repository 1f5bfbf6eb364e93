//! The time and the means of users to leave before new code runs: the delays of each way to it, the accounts that can
//! pause, which stops every call, and the guardian, who can end an action.

use super::holders::{ControlHolder, HolderFacts};
use super::search::ControlTree;
use crate::governance::policy::duration;
use crate::names::Names;
use crate::text::count;
use alloy::primitives::Address;
use stylus_registry_core::policy::Policy;

/// What users have against new code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExitWindow {
    /// The shortest delay by role `migrate` in seconds; `None` where nobody satisfies it.
    migrate: Option<u64>,
    /// The same by role `policy`, which can set the policy of `migrate`.
    policy: Option<u64>,
    /// The accounts that pause.
    pause: PauseControl,
    /// The guardians: accounts that alone satisfy role `cancel`.
    guardians: Vec<Address>,
}

/// The accounts that pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PauseControl {
    /// The fewest accounts that it takes; `None` where nobody can.
    fewest: Option<usize>,
    /// Everybody who has a part in it.
    holders: Vec<ControlHolder>,
}

impl ExitWindow {
    /// By the policies of these roles. `pause` and `cancel` may have none: then any one address of `migrate` pauses, and
    /// nobody is a guardian.
    pub(super) fn new(
        migrate: &Policy,
        policy: &Policy,
        pause: Option<&Policy>,
        cancel: Option<&Policy>,
        facts: &HolderFacts,
    ) -> Self {
        let shortest = |policy: &Policy| {
            let costs = ControlTree::new(policy, facts).costs();
            costs.first().map(|cost| cost.delay_seconds)
        };
        let pause = match pause {
            Some(pause) => ControlTree::new(pause, facts),
            None => ControlTree::any_one_of(migrate, facts),
        };
        let fewest = pause.costs().last().map(|cost| cost.accounts);
        let guardians = cancel.into_iter().flat_map(|cancel| {
            let accounts = cancel.approvers.iter().map(|leaf| leaf.address);
            accounts.filter(|account| cancel.is_satisfied_alone(cancel.bit(*account)))
        });
        Self {
            migrate: shortest(migrate),
            policy: shortest(policy).filter(|_| !migrate.is_none()),
            pause: PauseControl {
                holders: fewest.map_or_else(Vec::new, |_| pause.holders().to_vec()),
                fewest,
            },
            guardians: guardians.collect(),
        }
    }

    /// Lists what users have less of than before, each with both values.
    pub(super) fn losses(&self, before: &Self, names: &Names) -> Vec<String> {
        let mut losses = Vec::new();
        for (role, now, was) in [
            ("migrate", self.migrate, before.migrate),
            ("policy", self.policy, before.policy),
        ] {
            if let (Some(now), Some(was)) = (now, was)
                && now < was
            {
                losses.push(format!(
                    "the delay of {role} becomes {}, and was {}",
                    delay_in_words(now),
                    delay_in_words(was)
                ));
            }
        }
        let (now, was) = (&self.pause, &before.pause);
        if let (Some(fewest), Some(before)) = (now.fewest, was.fewest)
            && fewest < before
        {
            losses.push(format!(
                "a pause takes {}, and took {before}",
                count(fewest, "account")
            ));
        }
        let new = now.holders.iter();
        let new = new.filter(|holder| !was.holders.contains(holder));
        let new: Vec<String> = new.map(|holder| holder.words(names)).collect();
        if !new.is_empty() {
            let was: Vec<String> = was
                .holders
                .iter()
                .map(|holder| holder.words(names))
                .collect();
            losses.push(format!(
                "{} can pause, and {} could before",
                new.join(", "),
                or_nobody(&was)
            ));
        }
        if self.guardians.is_empty() && !before.guardians.is_empty() {
            let was = names.list(&before.guardians);
            losses.push(format!(
                "no guardian can end an action any more; before: {was}"
            ));
        }
        losses
    }
}

fn delay_in_words(seconds: u64) -> String {
    match seconds {
        0 => "none".into(),
        seconds => duration(seconds),
    }
}

fn or_nobody(names: &[String]) -> String {
    if names.is_empty() {
        "nobody".into()
    } else {
        names.join(", ")
    }
}
