//! A policy as a tree that says of each part whether it holds: who approved, and who is missing.

use super::error::GovernanceError;
use crate::error::Refusal;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use stylus_registry_core::policy::{Expression, Leaf, Policy, parse};

/// A part of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Node {
    /// Somebody's approval.
    Approver {
        /// Who.
        account: Address,
        /// Whether it is there.
        approved: bool,
    },
    /// The consent of a contract, which nobody knows before it is asked.
    Contract {
        /// Which one.
        account: Address,
    },
    /// Time since the others beside it came true.
    Delay {
        /// How long.
        seconds: u64,
    },
    /// Some of its members.
    Members {
        /// How many.
        need: u8,
        /// How many approvers' parts among them hold already.
        hold: u8,
        /// Among these.
        members: Vec<Node>,
    },
    /// Nobody, ever again.
    None,
}

/// The policy of a role as a tree.
///
/// # Errors
/// `PolicyUnreadable` if it cannot be understood.
pub fn tree(role: &str, expression: &str, approved: &[Address]) -> Result<Node, GovernanceError> {
    let policy = readable(role, expression)?;
    Ok(node(&policy, &policy.root, approved))
}

/// The policy of a role, as the registry holds it.
///
/// # Errors
/// `PolicyUnreadable` if it cannot be understood.
pub(super) fn readable(role: &str, expression: &str) -> Result<Policy, GovernanceError> {
    parse(expression.as_bytes()).map_err(|refused| {
        let offset = refused.offset;
        let message = format!("the policy of role {role} cannot be understood: byte {offset}");
        let refusal = Refusal::new("PolicyUnreadable", message).with(
            "a policy in the registry's own form",
            format!("something else at byte {offset}"),
            "check that the registry is what you take it for",
        );
        refusal.into()
    })
}

/// A part of a policy as a tree.
pub(super) fn node(policy: &Policy, expression: &Expression, approved: &[Address]) -> Node {
    let leaf = |leaves: &[Leaf], position: u8| {
        let found = leaves.get(usize::from(position));
        found.map(|leaf| leaf.address).unwrap_or_default()
    };
    match expression {
        Expression::Address(position) => {
            let account = leaf(&policy.approvers, *position);
            Node::Approver {
                account,
                approved: approved.contains(&account),
            }
        }
        Expression::Lambda(position) => Node::Contract {
            account: leaf(&policy.lambdas, *position),
        },
        Expression::Delay(position) => {
            let seconds = policy.delays.get(usize::from(*position));
            Node::Delay {
                seconds: seconds.copied().unwrap_or_default(),
            }
        }
        Expression::Members { need, members } => {
            let members: Vec<Node> = members
                .iter()
                .map(|member| node(policy, member, approved))
                .collect();
            let hold = members.iter().filter(|member| member.holds()).count();
            Node::Members {
                need: *need,
                hold: u8::try_from(hold).unwrap_or(u8::MAX),
                members,
            }
        }
        Expression::None => Node::None,
    }
}

impl Node {
    /// Whether approvals alone make it true. What only time or a contract can tell does not hold.
    pub fn holds(&self) -> bool {
        match self {
            Self::Approver { approved, .. } => *approved,
            Self::Members { need, hold, .. } => hold >= need,
            Self::Contract { .. } | Self::Delay { .. } | Self::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_says_who_approved_and_what_holds() {
        let [one, two, three] = [1, 2, 3].map(Address::with_last_byte);
        let text = format!("AND(OutOf(2,{one},{two},{three}),AFTER(60))");
        let Ok(Node::Members {
            need,
            hold,
            members,
        }) = tree("migrate", &text, &[one, three])
        else {
            panic!("a list of members");
        };
        assert_eq!((need, hold), (2, 1));
        let Some(Node::Members {
            need,
            hold,
            members,
        }) = members.first()
        else {
            panic!("a list of members");
        };
        assert_eq!((*need, *hold), (2, 2));
        let approved: Vec<bool> = members.iter().map(Node::holds).collect();
        assert_eq!(approved, [true, false, true]);
        assert_eq!(tree("migrate", "NONE", &[]).ok(), Some(Node::None));
    }
}
