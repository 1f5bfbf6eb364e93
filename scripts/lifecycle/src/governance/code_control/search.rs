//! The fewest accounts that satisfy a policy within a delay.
//!
//! Below an `AND` or `OutOf` of a policy each account stands once, so the price of such an operator is that of its
//! cheapest members. Two Safes can have an owner in common, and then one account counts for both: each way to choose among
//! common owners is tried.

use super::holders::{ControlHolder, HolderFacts};
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use stylus_registry_core::policy::{Expression, Leaf, Policy};

/// Common owners among which every choice is tried; each further one counts for each Safe apart.
const SHARED_MAX: usize = 8;
/// Accounts of all Safes of a policy together, at most. A Safe beyond counts as one account.
const ACCOUNTS_MAX: usize = 256;

/// A policy over accounts, with Safes looked through.
#[derive(Debug, Clone)]
pub(super) struct ControlTree {
    root: ControlNode,
    /// In the order of the policy, each once.
    holders: Vec<ControlHolder>,
    /// Seconds of every delay.
    delays: BTreeSet<u64>,
}

/// A part of it.
#[derive(Debug, Clone)]
enum ControlNode {
    /// One account.
    Account(Address),
    /// So many seconds after its siblings hold.
    Delay(u64),
    /// So many of these.
    Group {
        need: usize,
        members: Vec<ControlNode>,
    },
    /// Nobody.
    Never,
}

/// The price of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ControlCost {
    /// The number of accounts.
    pub(super) accounts: usize,
    /// Seconds.
    pub(super) delay_seconds: u64,
}

/// The accounts that can be among the fewest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ControlCandidates {
    pub(super) accounts: BTreeSet<Address>,
    /// They, as the policy names them, in its order.
    pub(super) holders: Vec<ControlHolder>,
}

impl ControlTree {
    /// The tree of a policy.
    pub(super) fn new(policy: &Policy, facts: &HolderFacts) -> Self {
        let mut tree = Self {
            root: ControlNode::Never,
            holders: Vec::new(),
            delays: policy.delays.iter().copied().collect(),
        };
        let mut budget = ACCOUNTS_MAX;
        tree.root = tree.node(policy, &policy.root, facts, &mut budget);
        tree
    }

    /// The tree of a policy that any one address of another one satisfies.
    pub(super) fn any_one_of(policy: &Policy, facts: &HolderFacts) -> Self {
        let positions = 0..u8::try_from(policy.approvers.len()).unwrap_or(u8::MAX);
        let any_one = Policy {
            root: Expression::Members {
                need: 1,
                members: positions.map(Expression::Address).collect(),
            },
            lambdas: Vec::new(),
            delays: Vec::new(),
            approvers: policy.approvers.clone(),
        };
        Self::new(&any_one, facts)
    }

    fn node(
        &mut self,
        policy: &Policy,
        expression: &Expression,
        facts: &HolderFacts,
        budget: &mut usize,
    ) -> ControlNode {
        let leaf = |leaves: &[Leaf], position: u8| {
            let leaf = leaves.get(usize::from(position));
            leaf.map(|leaf| leaf.address).unwrap_or_default()
        };
        match expression {
            Expression::Address(position) => {
                let account = leaf(&policy.approvers, *position);
                let mut holder = facts.holder(account);
                match budget.checked_sub(holder.accounts().len()) {
                    Some(rest) => *budget = rest,
                    None => holder = ControlHolder::Contract { account },
                }
                self.holder_node(holder)
            }
            Expression::Lambda(position) => {
                let account = leaf(&policy.lambdas, *position);
                self.holder_node(ControlHolder::Contract { account })
            }
            Expression::Delay(position) => {
                let seconds = policy.delays.get(usize::from(*position)).copied();
                ControlNode::Delay(seconds.unwrap_or_default())
            }
            Expression::Members { need, members } => ControlNode::Group {
                need: usize::from(*need),
                members: members
                    .iter()
                    .map(|member| self.node(policy, member, facts, budget))
                    .collect(),
            },
            Expression::None => ControlNode::Never,
        }
    }

    fn holder_node(&mut self, holder: ControlHolder) -> ControlNode {
        let node = match &holder {
            ControlHolder::Key { account } | ControlHolder::Contract { account } => {
                ControlNode::Account(*account)
            }
            ControlHolder::Safe {
                threshold, owners, ..
            } => ControlNode::Group {
                need: *threshold,
                members: owners.iter().copied().map(ControlNode::Account).collect(),
            },
        };
        if !self.holders.contains(&holder) {
            self.holders.push(holder);
        }
        node
    }

    /// The prices that no other one undercuts in both numbers: the longer the delay, the fewer accounts.
    pub(super) fn costs(&self) -> Vec<ControlCost> {
        let mut costs: Vec<ControlCost> = Vec::new();
        let delays: BTreeSet<u64> = self.delays.iter().copied().chain([0]).collect();
        for delay_seconds in delays {
            let Some(accounts) = self.fewest_within(delay_seconds) else {
                continue;
            };
            if costs.last().is_none_or(|cost| accounts < cost.accounts) {
                costs.push(ControlCost {
                    accounts,
                    delay_seconds,
                });
            }
        }
        costs
    }

    /// The fewest accounts that satisfy it within a delay; `None` where nobody does.
    pub(super) fn fewest_within(&self, delay_seconds: u64) -> Option<usize> {
        fewest(&self.root, delay_seconds, None)
    }

    /// The accounts that can be among those of a price.
    pub(super) fn candidates(&self, cost: ControlCost) -> ControlCandidates {
        let all = self.holders.iter().flat_map(ControlHolder::accounts);
        let all: BTreeSet<Address> = all.copied().collect();
        let is_candidate = |account: &Address| {
            let others = fewest(&self.root, cost.delay_seconds, Some(*account));
            others.is_some_and(|others| others < cost.accounts)
        };
        let accounts: BTreeSet<Address> = all.into_iter().filter(is_candidate).collect();
        let holders = self.holders.iter();
        let holders = holders.filter(|holder| {
            let mut of_holder = holder.accounts().iter();
            of_holder.any(|account| accounts.contains(account))
        });
        ControlCandidates {
            holders: holders.cloned().collect(),
            accounts,
        }
    }

    /// Everybody whom it names, in its order.
    pub(super) fn holders(&self) -> &[ControlHolder] {
        &self.holders
    }
}

/// The fewest accounts that satisfy a part within a delay, beside one that is there already.
fn fewest(node: &ControlNode, delay_seconds: u64, present: Option<Address>) -> Option<usize> {
    if let ControlNode::Group { need: 1, members } = node {
        let members = members.iter();
        return members
            .filter_map(|member| fewest(member, delay_seconds, present))
            .min();
    }
    let shared = shared_accounts(node, present);
    let choices = 0..1_u32 << shared.len();
    let costs = choices.filter_map(|choice| {
        let is_chosen = |place: usize| choice >> place & 1 == 1;
        let price = |account: Address| {
            if present == Some(account) {
                return Some(0);
            }
            match shared.iter().position(|other| *other == account) {
                Some(place) => is_chosen(place).then_some(0),
                None => Some(1),
            }
        };
        let chosen = usize::try_from(choice.count_ones()).ok()?;
        Some(chosen + cost(node, delay_seconds, &price)?)
    });
    costs.min()
}

/// The accounts that stand in a part more than once, the most frequent first.
fn shared_accounts(node: &ControlNode, present: Option<Address>) -> Vec<Address> {
    let mut counts = BTreeMap::new();
    count_accounts(node, &mut counts);
    let shared = counts
        .into_iter()
        .filter(|(account, count)| *count > 1 && present != Some(*account));
    let mut shared: Vec<(Address, usize)> = shared.collect();
    shared.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    shared.truncate(SHARED_MAX);
    shared.into_iter().map(|(account, _)| account).collect()
}

fn count_accounts(node: &ControlNode, counts: &mut BTreeMap<Address, usize>) {
    match node {
        ControlNode::Account(account) => *counts.entry(*account).or_default() += 1,
        ControlNode::Group { members, .. } => {
            members
                .iter()
                .for_each(|member| count_accounts(member, counts));
        }
        ControlNode::Delay(_) | ControlNode::Never => {}
    }
}

/// The price of a part, where each account has a price of its own.
fn cost(
    node: &ControlNode,
    delay_seconds: u64,
    price: &impl Fn(Address) -> Option<usize>,
) -> Option<usize> {
    match node {
        ControlNode::Account(account) => price(*account),
        ControlNode::Delay(seconds) => (*seconds <= delay_seconds).then_some(0),
        ControlNode::Group { need, members } => {
            let costs = members.iter();
            let costs = costs.filter_map(|member| cost(member, delay_seconds, price));
            let mut costs: Vec<usize> = costs.collect();
            costs.sort_unstable();
            costs.get(..*need).map(|cheapest| cheapest.iter().sum())
        }
        ControlNode::Never => None,
    }
}
