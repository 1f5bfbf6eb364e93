//! A policy in words: what has to come together, in which order, and who can do it alone.

use super::error::GovernanceError;
use super::tree::{Node, node, readable};
use crate::names::Names;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// A policy, explained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The role.
    pub role: String,
    /// The policy as the registry holds it.
    pub expression: String,
    /// The same with names.
    pub named: String,
    /// Lines for people, indented.
    pub lines: Vec<String>,
    /// The fewest approvals that it takes; `None` for `NONE`.
    pub fewest: Option<u16>,
    /// Everybody who can approve.
    pub approvers: Vec<Address>,
    /// Who satisfies it without anybody else.
    pub alone: Vec<Address>,
    /// Seconds of every delay in it.
    pub delays: Vec<u64>,
    /// Contracts that are asked.
    pub lambdas: Vec<Address>,
}

/// Explains the policy of a role.
///
/// # Errors
/// `PolicyUnreadable` if it cannot be understood.
pub fn explain(role: &str, expression: &str, names: &Names) -> Result<Explained, GovernanceError> {
    let policy = readable(role, expression)?;
    let mut lines = Vec::new();
    describe(&node(&policy, &policy.root, &[]), names, 0, &mut lines);
    let approvers: Vec<_> = policy.approvers.iter().map(|leaf| leaf.address).collect();
    let alone: Vec<_> = approvers
        .iter()
        .copied()
        .filter(|who| policy.is_satisfied_alone(policy.bit(*who)))
        .collect();
    Ok(Explained {
        role: role.into(),
        expression: expression.into(),
        named: names.policy(expression),
        lines,
        fewest: (!policy.is_none()).then(|| policy.fewest_missing(0, 0)),
        alone,
        delays: policy.delays.clone(),
        lambdas: policy.lambdas.iter().map(|leaf| leaf.address).collect(),
        approvers,
    })
}

/// A part of a policy in lines, indented by its depth.
fn describe(node: &Node, names: &Names, depth: usize, lines: &mut Vec<String>) {
    let words = match node {
        Node::Approver { account, .. } => names.long(*account),
        Node::Contract { account } => format!("the contract {} consents", names.long(*account)),
        Node::Delay { seconds } => {
            let time = duration(*seconds);
            format!("{time} after the others here are satisfied")
        }
        Node::Members { need, members, .. } if usize::from(*need) == members.len() => {
            "all of".into()
        }
        Node::Members { need: 1, .. } => "one of".into(),
        Node::Members { need, .. } => format!("{need} of"),
        Node::None => "nobody, ever again".into(),
    };
    lines.push(format!("{}{words}", "  ".repeat(depth)));
    if let Node::Members { members, .. } = node {
        for member in members {
            describe(member, names, depth + 1, lines);
        }
    }
}

/// A time span in its largest whole unit.
pub fn duration(seconds: u64) -> String {
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let unit = units
        .iter()
        .find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size));
    let (size, name) = unit.copied().unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
