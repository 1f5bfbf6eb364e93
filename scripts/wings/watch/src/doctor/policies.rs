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
pub(super) struct Voices {
    /// The owner of the policy.
    pub(super) of: String,
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

/// Every policy that somebody can satisfy.
pub(super) async fn voices(
    registry: Registry<'_>,
    definitions: &[Definition],
) -> Result<Vec<Voices>, ChainError> {
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
            all.push(Voices {
                of: format!("policy {role} of {}", definition.title()),
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
    voices: &[Voices],
    instances: &BTreeSet<Address>,
) -> Result<Vec<Finding>, ChainError> {
    let policies = voices.iter().map(|one| one.expression.as_str());
    let mut findings = delegated_approvers(client, policies).await?;
    for finding in &mut findings {
        // Who set the policy accepted it, or the account delegated since then: the definition works.
        finding.severity = Severity::Warning;
    }
    for one in voices {
        let mut mute = Vec::new();
        let mut approvals = 0;
        for who in &one.approvers {
            if instances.contains(who) {
                mute.push(format!(
                    "the approver {who} is an instance of this registry"
                ))
            } else {
                approvals |= one.policy.bit(*who)
            }
        }
        let mut lambdas = 0;
        for (position, (account, recorded)) in one.lambdas.iter().enumerate() {
            match changed(client, *account, *recorded).await? {
                Some(reason) => mute.push(reason),
                None => lambdas |= 1 << position,
            }
        }
        if !mute.is_empty() {
            // However long it takes.
            let timelocks = vec![1; one.policy.delays.len()];
            let is_possible = one.policy.is_satisfied(&Facts {
                approvals,
                lambdas,
                timelocks: &timelocks,
                now: u64::MAX,
            });
            findings.push(finding(one, &mute, is_possible));
        }
    }
    Ok(findings)
}

/// Says why a lambda is not asked any more.
async fn changed(
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

fn finding(one: &Voices, mute: &[String], is_possible: bool) -> Finding {
    let (name, role) = (shell_word(&one.definition), shell_word(&one.role));
    let mut next =
        format!("set another one: stylus-upgrades policy update {name} --role {role} POLICY");
    let (id, severity, says) = if is_possible {
        (
            "PolicyWeakened",
            Severity::Warning,
            format!("the {} has members that cannot approve", one.of),
        )
    } else {
        (
            "PolicyUnsatisfiable",
            Severity::Danger,
            format!("nobody can satisfy the {} any more", one.of),
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
