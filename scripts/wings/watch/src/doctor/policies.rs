//! The accounts that decide, and whether that is still possible: an approver that became an instance has no voice,
//! and a lambda that is not the code which it was does not consent.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{ChainError, Client};
use crate::governance::delegated_approvers;
use crate::ids::CodeHash;
use crate::model::Definition;
use crate::registry::{Registry, stored};
use crate::text::shell_word;
use alloy::primitives::Address;
use std::collections::BTreeSet;
use stylus_registry_core::policy::{Facts, Policy, parse};

/// The accounts that a policy names.
#[derive(Debug, Clone)]
pub(super) struct PolicyMembers {
    /// The title of the policy: its role and its definition.
    pub(super) title: String,
    definition: String,
    role: String,
    policy: Policy,
    /// The policy as the registry has it.
    expression: String,
    /// The accounts that approve.
    pub(super) approvers: Vec<Address>,
    /// Contracts that are asked, with the code hashes that the registry recorded.
    pub(super) lambdas: Vec<(Address, CodeHash)>,
}

/// Reads the members of every policy that somebody can satisfy.
pub(super) async fn read_members(
    registry: Registry<'_>,
    definitions: &[Definition],
) -> Result<Vec<PolicyMembers>, ChainError> {
    let mut all = Vec::new();
    for definition in definitions {
        for (role, text) in &definition.policies {
            let Ok(policy) = parse(text.as_bytes()) else {
                continue;
            };
            if policy.is_none() {
                continue;
            }
            let recorded = stored::lambdas(registry, definition.id(), role, &policy).await?;
            let lambdas = policy.lambdas.iter().map(|leaf| leaf.address);
            all.push(PolicyMembers {
                title: format!("policy {role} of {}", definition.title()),
                definition: definition.name.clone(),
                role: role.clone(),
                approvers: policy.approvers.iter().map(|leaf| leaf.address).collect(),
                lambdas: lambdas.zip(recorded).collect(),
                policy,
                expression: text.clone(),
            });
        }
    }
    Ok(all)
}

/// Finds what is wrong with them.
pub(super) async fn examine(
    client: &Client,
    policies: &[PolicyMembers],
    instances: &BTreeSet<Address>,
) -> Result<Vec<Finding>, ChainError> {
    let expressions = policies.iter().map(|members| members.expression.as_str());
    let mut findings = delegated_approvers(client, expressions).await?;
    for finding in &mut findings {
        // Who set the policy accepted it, or the account delegated since then: the definition works.
        finding.severity = Severity::Warning;
    }
    for members in policies {
        let mut mute = Vec::new();
        let mut approvals = 0;
        for approver in &members.approvers {
            if instances.contains(approver) {
                mute.push(format!(
                    "the approver {approver} is an instance of this registry"
                ))
            } else {
                approvals |= members.policy.bit(*approver)
            }
        }
        let mut lambdas = 0;
        for (position, (account, recorded)) in members.lambdas.iter().enumerate() {
            match find_change(client, *account, *recorded).await? {
                Some(reason) => mute.push(reason),
                None => lambdas |= 1 << position,
            }
        }
        if !mute.is_empty() {
            // However long it takes.
            let timelocks = vec![1; members.policy.delays.len()];
            let is_possible = members.policy.is_satisfied(&Facts {
                approvals,
                lambdas,
                timelocks: &timelocks,
                now: u64::MAX,
            });
            findings.push(finding(members, &mute, is_possible));
        }
    }
    Ok(findings)
}

/// Finds the reason why a lambda is not asked any more.
async fn find_change(
    client: &Client,
    account: Address,
    recorded: CodeHash,
) -> Result<Option<String>, ChainError> {
    let code = client.code(account).await?;
    if code.is_empty() {
        return Ok(Some(format!("the lambda {account} has no code")));
    }
    let found = CodeHash::of(&code);
    let says =
        || format!("the lambda {account} has the code hash {found}, recorded was {recorded}");
    Ok((found != recorded).then(says))
}

fn finding(members: &PolicyMembers, mute: &[String], is_possible: bool) -> Finding {
    let (name, role) = (shell_word(&members.definition), shell_word(&members.role));
    let title = &members.title;
    let mut next =
        format!("set another one: stylus-upgrades policy update {name} --role {role} POLICY");
    let (id, severity, says) = if is_possible {
        (
            "PolicyWeakened",
            Severity::Warning,
            format!("the {title} has members that cannot approve"),
        )
    } else {
        (
            "PolicyUnsatisfiable",
            Severity::Danger,
            format!("nobody can satisfy the {title} any more"),
        )
    };
    if !is_possible && role == "policy" {
        next =
            "nothing helps: no policy of the definition can be changed any more; define it again"
                .into();
    }
    Finding::new(Part::Policy, severity, FindingId::error(id), says).with(
        "approvers that are no instances, and lambdas with the code that was recorded",
        mute.join("; "),
        next,
    )
}
