//! The policies of roles: which one decides, whether a key has a part in it, the same in words, and as a tree that says
//! who approved.

use super::calls::Call;
use super::error::because;
use crate::client::{ChainError, Revert};
use crate::error::Refusal;
use crate::model::{RecordedCode, role_of};
use crate::names::Names;
use crate::registry::Registry;
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::sol_types::SolError;
use serde::{Deserialize, Serialize};
use stylus_registry_core::policy::{Expression, Facts, Leaf, Policy, parse};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::role;

/// The policy of a role; none where the definition has no such role.
///
/// # Errors
/// What the chain says.
pub async fn current_policy(
    registry: Registry<'_>,
    name: &str,
    role: &str,
) -> Result<Option<String>, ChainError> {
    match registry.policy(name, role).await {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_refused_as::<abi::UnknownRole>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The policy that decides a call that asks for `role`, and the role that it is of.
///
/// # Errors
/// What the registry or the chain says.
pub async fn deciding_policy(
    registry: Registry<'_>,
    name: &str,
    role: &str,
) -> Result<(String, String), ChainError> {
    if let Some(text) = current_policy(registry, name, role).await? {
        return Ok((role.into(), text));
    }
    let instead = role_of(role, |_| false);
    let text = registry.policy(name, instead).await?;
    Ok((instead.into(), text))
}

/// The policy that decides a governed call, and the role that it is of: of `resume` either that of `migrate` or that of
/// `pause`; of a creation at a version with other code than the current one, that of `migrate`.
///
/// # Errors
/// What the registry or the chain says.
pub async fn deciding_policy_of(
    registry: Registry<'_>,
    call: &Call,
) -> Result<(String, String), ChainError> {
    let name = call.definition();
    match call {
        Call::Resume(_) => {
            let is_policy = |text: &String| !text.eq_ignore_ascii_case(NONE);
            let migrate = registry.policy(name, role::MIGRATE).await?;
            let pause = current_policy(registry, name, role::PAUSE).await?;
            Ok(match pause.filter(is_policy) {
                Some(pause) if is_policy(&migrate) => {
                    (EITHER.into(), format!("OR({migrate},{pause})"))
                }
                Some(pause) => (role::PAUSE.into(), pause),
                None => (role::MIGRATE.into(), migrate),
            })
        }
        Call::CreateProxy(create) if !creates_as_usual(registry, name, &create.version).await? => {
            deciding_policy(registry, name, role::MIGRATE).await
        }
        call => deciding_policy(registry, name, call.role()).await,
    }
}

/// The roles each of which resumes.
const EITHER: &str = "migrate or pause";
/// The policy that nobody satisfies.
const NONE: &str = "NONE";

/// Returns true if role `create` decides about a creation at that version: it has the code of the current one, it is not
/// registered yet, or nobody creates.
async fn creates_as_usual(
    registry: Registry<'_>,
    name: &str,
    label: &str,
) -> Result<bool, ChainError> {
    let current = registry.head(name).await?.current;
    if current == label || current.is_empty() {
        return Ok(true);
    }
    let Some(named) = registry.known_version(name, label).await? else {
        return Ok(true);
    };
    let code = registry.code(name, &current).await?;
    let place = |code: RecordedCode| (code.implementation, code.codehash);
    if place(named.code) == place(code) {
        return Ok(true);
    }
    let create = current_policy(registry, name, role::CREATE).await?;
    Ok(create.is_some_and(|text| text.eq_ignore_ascii_case(NONE)))
}

/// The policy that a new one of `role` replaces: that of the role, or what is in force as long as it has none: any one
/// address of `migrate` pauses. None where the role is new.
///
/// # Errors
/// What the registry or the chain says.
pub async fn replaced_policy(
    registry: Registry<'_>,
    name: &str,
    role: &str,
) -> Result<Option<String>, ChainError> {
    if let Some(text) = current_policy(registry, name, role).await? {
        return Ok(Some(text));
    }
    if role_of(role, |_| false) == role {
        return Ok(None);
    }
    let migrate = registry.policy(name, role_of(role, |_| false)).await?;
    Ok(any_one_of(&migrate))
}

/// The policy by which any one address of another policy decides; nothing where that has none.
fn any_one_of(policy: &str) -> Option<String> {
    let policy = parse(policy.as_bytes()).ok()?;
    let approvers = policy.approvers.iter();
    let approvers: Vec<String> = approvers
        .map(|leaf| format!("{:#x}", leaf.address))
        .collect();
    match approvers.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        all => Some(format!("OR({})", all.join(","))),
    }
}

/// Returns true if the caller has a part in what `call` asks for: the policy names it, or asks contracts alone.
///
/// # Errors
/// What the chain says; that there is no key.
pub async fn is_approver(registry: Registry<'_>, call: &Call) -> Result<bool, ChainError> {
    let caller = registry.client.caller("approve")?;
    let (_, text) = deciding_policy_of(registry, call).await?;
    Ok(parse(text.as_bytes()).is_ok_and(|policy| {
        let asks_contracts = policy.approvers.is_empty() && !policy.lambdas.is_empty();
        asks_contracts || policy.bit(caller) != 0
    }))
}

/// Refuses a caller whose approval the registry would not take, and whose call it would not execute either: that policy
/// does not name him, and those who have `approved` do not satisfy it, even if every contract consents and every delay
/// is over. This is read from views, before anything dear is done. Whatever is not sure, the registry decides by
/// itself.
/// `what` is the title of what is refused.
///
/// # Errors
/// [`ChainError::Refused`] with `NotAnApprover`, as the registry would answer afterwards; what the chain says.
pub async fn require_approver(
    registry: Registry<'_>,
    what: &str,
    (name, role): (&str, &str),
    approved: &[Address],
) -> Result<(), ChainError> {
    let caller = registry.client.caller(what)?;
    let (_, text) = deciding_policy(registry, name, role).await?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(());
    };
    let before = approved.iter().fold(0, |all, who| all | policy.bit(*who));
    if policy.bit(caller) != 0 || policy.is_none() || may_be_satisfied(&policy, before) {
        return Ok(());
    }
    let refused = abi::NotAnApprover { caller }.abi_encode();
    let error = ChainError::refused(what, Revert::decode(&refused));
    Err(not_an_approver(registry, name, role, error).await)
}

/// Returns true if these approvals satisfy a policy where every contract consents and every delay is over.
pub(super) fn may_be_satisfied(policy: &Policy, approvals: u64) -> bool {
    policy.is_satisfied(&Facts {
        approvals,
        lambdas: u8::MAX,
        timelocks: &vec![1; policy.delays.len()],
        now: u64::MAX,
    })
}

/// The refusal of somebody without a part in a policy, with the role and the policy.
pub(super) async fn not_an_approver(
    registry: Registry<'_>,
    name: &str,
    role: &str,
    error: ChainError,
) -> ChainError {
    match deciding_policy(registry, name, role).await {
        Ok((role, _)) => {
            let why = format!(": the policy of {role} does not name that address");
            let next = format!(
                "use the key of an approver; stylus-upgrades policy explain {} --role {} tells who decides",
                shell_word(name),
                shell_word(&role)
            );
            let expected = format!("an approver of role {role}");
            because(&error, &why, next).expecting(expected).into()
        }
        Err(_) => error, // what was refused is told at least
    }
}

/// A part of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Node {
    /// Somebody's approval.
    Approver {
        /// The account.
        account: Address,
        /// True if the approval is there.
        approved: bool,
    },
    /// The consent of a contract, which nobody knows before it is asked.
    Contract {
        /// The account of the contract.
        account: Address,
    },
    /// A delay that starts when its sibling conditions hold.
    Delay {
        /// The length of the delay.
        seconds: u64,
    },
    /// Some of its members.
    Members {
        /// The number of members that are needed.
        need: u8,
        /// The number of approvers' parts among them that hold already.
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
pub fn tree(role: &str, expression: &str, approved: &[Address]) -> Result<Node, ChainError> {
    let policy = readable(role, expression)?;
    Ok(node(&policy, &policy.root, approved))
}

/// The policy of a role, as the registry holds it.
///
/// # Errors
/// `PolicyUnreadable` if it cannot be understood.
pub(super) fn readable(role: &str, expression: &str) -> Result<Policy, ChainError> {
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
fn node(policy: &Policy, expression: &Expression, approved: &[Address]) -> Node {
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
    /// Returns true if approvals alone make it true. Only time or a contract can decide the other parts: those do not hold.
    pub fn holds(&self) -> bool {
        match self {
            Self::Approver { approved, .. } => *approved,
            Self::Members { need, hold, .. } => hold >= need,
            Self::Contract { .. } | Self::Delay { .. } | Self::None => false,
        }
    }
}

/// A policy, explained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The role; empty if the policy was typed.
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
    /// The accounts that satisfy it without anybody else.
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
pub fn explain(role: &str, expression: &str, names: &Names) -> Result<Explained, ChainError> {
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
            format!("{time} after the other conditions in this group hold")
        }
        Node::Members { need, members, .. } if usize::from(*need) == members.len() => {
            "all of".into()
        }
        Node::Members { need: 1, .. } => "one of".into(),
        Node::Members { need, .. } => format!("{need} of"),
        Node::None => "nobody, permanently".into(),
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
