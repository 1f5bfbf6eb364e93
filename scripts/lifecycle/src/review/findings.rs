//! Findings about an action, each with its severity. What was not checked is never told as good.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::expect::Asks;
use crate::expiry::AHEAD_DAYS;
use crate::governance::{Call, CodeFacts, Obstacle};
use crate::names::Names;
use crate::text::{count, utc};
use alloy::primitives::Address;
use stylus_registry_core::policy::parse;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Takes back what was shown as good of steps that were not carried out to their end.
pub fn without_good_steps(findings: &mut Vec<Finding>) {
    findings.retain(|finding| (finding.part, finding.severity) != (Part::Steps, Severity::Good));
}

/// The facts about an action.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The decoded call.
    pub call: &'a Call,
    /// The chain's facts about the code that it names.
    pub facts: &'a [CodeFacts],
    /// The version that was registered first with the same code, where there is one.
    pub used_by: Option<&'a str>,
    /// Accounts that are known: approvers, instances, those with a name.
    pub known: &'a [Address],
    /// Names for them.
    pub names: &'a Names,
    /// The obstacle to its execution, whatever its approvals.
    pub obstacle: Option<&'a Obstacle>,
    /// Unix seconds until which a delay keeps it from being executed, where one runs.
    pub delayed_until: Option<u64>,
}

/// The findings that need nothing but the action and the chain.
pub fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all: Vec<Finding> = subject.facts.iter().map(code).collect();
    let mut add = |part, severity, id: FindingId, says: String| {
        all.push(Finding::new(part, severity, id, says));
    };
    if let Some(obstacle) = subject.obstacle {
        let says = &obstacle.says;
        let (severity, says) = if obstacle.ends {
            (
                Severity::Danger,
                format!("{says}: this action can never take effect"),
            )
        } else {
            (Severity::Note, says.clone())
        };
        add(
            Part::Action,
            severity,
            FindingId::error(obstacle.name),
            says,
        );
    }
    if let Some((version, Some(_), _)) = subject.call.version() {
        let (kind, says) = match subject.used_by {
            Some(first) if first == version => (
                FindingKind::CodeUsedBefore,
                format!("{version} is registered with this code already"),
            ),
            Some(version) => (
                FindingKind::CodeUsedBefore,
                format!("the code of {version} again: a rollback adds it so"),
            ),
            None => (
                FindingKind::FirstUse,
                "no version of this definition had this code before".into(),
            ),
        };
        add(Part::Code, Severity::Note, kind.id(), says);
    }
    for (role, expression) in subject.call.policies() {
        let (severity, says) = policy(role, expression, subject.names);
        add(Part::Policy, severity, FindingKind::Policy.id(), says);
    }
    for account in subject.call.accounts() {
        if let Some(known) = lookalike(account, subject.known) {
            let known = subject.names.long(known);
            let says = format!("{account} looks like {known} and is another account");
            add(
                Part::Accounts,
                Severity::Danger,
                FindingKind::LookAlike.id(),
                says,
            );
        }
    }
    if let Some(end) = subject.delayed_until {
        let says = format!("nobody can execute it before {}", utc(end));
        add(Part::Action, Severity::Note, FindingKind::Delay.id(), says);
    }
    all
}

/// Reports the chain's facts about code that is named.
fn code(fact: &CodeFacts) -> Finding {
    let days = fact.seconds_left.map(|seconds| seconds / DAY);
    let severity = match days {
        _ if !fact.is_as_named || fact.size == 0 => Severity::Danger,
        _ if !fact.is_program => Severity::Good,
        None => Severity::Danger, // it cannot run
        Some(days) if days < AHEAD_DAYS => Severity::Warning,
        Some(_) => Severity::Good,
    };
    let mut says = format!("{}: {}", fact.what, fact.words());
    if let Some(asks) = &fact.expectations {
        let asks = asks.words().join(", ");
        says.push_str(&format!("; after the upgrade it expects: {asks}"));
    }
    let severity = match (&fact.expectations, severity) {
        (Some(Asks::Unknown), Severity::Good) => Severity::Unknown,
        _ => severity,
    };
    let kind = match fact.what.as_ref() {
        "script" => FindingKind::MigrationScript,
        "check" => FindingKind::StepCheck,
        _ => FindingKind::Implementation,
    };
    Finding::named(Part::Code, severity, kind, says)
}

/// Describes the requirements of a policy that a role gets.
fn policy(role: &str, expression: &str, names: &Names) -> (Severity, String) {
    let Ok(policy) = parse(expression.as_bytes()) else {
        let says = format!("the policy of {role} cannot be read: the registry refuses it");
        return (Severity::Danger, says);
    };
    let fewest = policy.fewest_missing(0, 0);
    if policy.is_none() {
        let says = format!("{role} becomes NONE: nobody can ever decide it again");
        (Severity::Danger, says)
    } else if !policy.lambdas.is_empty() {
        let says = format!("{role} asks contracts: whether they ever consent is not known");
        (Severity::Unknown, says)
    } else if fewest <= 1 {
        let accounts = policy.approvers.iter().map(|leaf| leaf.address);
        let alone = accounts.filter(|account| policy.fewest_missing(policy.bit(*account), 0) == 0);
        let alone: Vec<Address> = alone.collect();
        let says = match alone.as_slice() {
            [one] => format!("{} decides {role} alone", names.short(*one)),
            each => format!("each of {} decides {role} alone", names.list(each)),
        };
        (Severity::Warning, says)
    } else {
        let says = format!("{role} takes at least {}", count(fewest, "approval"));
        (Severity::Note, says)
    }
}

/// Bytes at either end that people compare.
const ENDS: usize = 2;

/// The known account that `account` looks like and is not: its first and last digits are the same.
fn lookalike(account: Address, known: &[Address]) -> Option<Address> {
    let ends = |account: &Address| {
        let bytes = account.as_slice();
        (
            bytes.first_chunk::<ENDS>().copied(),
            bytes.last_chunk::<ENDS>().copied(),
        )
    };
    if account.is_zero() || known.contains(&account) {
        return None;
    }
    known
        .iter()
        .copied()
        .find(|known| ends(known) == ends(&account))
}

#[cfg(test)]
mod tests;
