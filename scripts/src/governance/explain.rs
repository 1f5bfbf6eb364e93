//! A policy in words: what has to come together, in which order, and who can do it alone.

use super::error::GovernanceError;
use super::names::Names;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use stylus_registry_core::policy::{Expression, Policy, parse};

/// A policy, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
/// [`GovernanceError::Policy`] if it cannot be understood.
pub fn explain(role: &str, expression: &str, names: &Names) -> Result<Explained, GovernanceError> {
    let policy = parse(expression.as_bytes()).map_err(|refusal| GovernanceError::Policy {
        role: role.into(),
        offset: refusal.offset,
    })?;
    let mut lines = Vec::new();
    describe(&policy, &policy.root, names, 0, &mut lines);
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

fn describe(
    policy: &Policy,
    expression: &Expression,
    names: &Names,
    depth: usize,
    lines: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    let leaf = |leaves: &[stylus_registry_core::policy::Leaf], position: u8| {
        leaves
            .get(usize::from(position))
            .map_or_else(|| "?".into(), |leaf| names.long(leaf.address))
    };
    match expression {
        Expression::Address(position) => {
            lines.push(format!("{indent}{}", leaf(&policy.approvers, *position)));
        }
        Expression::Lambda(position) => lines.push(format!(
            "{indent}the contract {} consents",
            leaf(&policy.lambdas, *position)
        )),
        Expression::Delay(position) => {
            let seconds = policy.delays.get(usize::from(*position));
            lines.push(format!(
                "{indent}{} after the others here are satisfied",
                duration(seconds.copied().unwrap_or_default())
            ));
        }
        Expression::Members { need, members } => {
            let all = usize::from(*need) == members.len();
            let head = match (all, need) {
                (true, _) => "all of".into(),
                (false, 1) => "one of".into(),
                (false, need) => format!("{need} of"),
            };
            lines.push(format!("{indent}{head}"));
            for member in members {
                describe(policy, member, names, depth + 1, lines);
            }
        }
        Expression::None => lines.push(format!("{indent}nobody, ever again")),
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
