//! Warnings about code that ends soon, or does not run now.

use super::chain::{ChainFacts, DAY};
use super::inventory::{Account, Inventory};
use super::programs::{Program, State};
use super::subject::Subject;
use super::{AHEAD_DAYS, next_version, programs};
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::model::{Role, Used};
use crate::registry::stored;

/// Lists code that ends soon, or does not run now, of the registry itself and of these accounts: the part of an examination
/// that other commands warn of.
///
/// # Errors
/// What the chain says.
pub async fn warnings(subject: Subject<'_>, used: Vec<Used>) -> Result<Vec<Finding>, ChainError> {
    let registry = subject.registry;
    let client = registry.client;
    let chain = ChainFacts::read(client).await?;
    let parts = stored::parts(registry).await?.unwrap_or_default();
    let mut inventory = Inventory::default();
    inventory.front(subject, &parts).await?;
    for Used { account, role, of } in used {
        inventory.add(account, None, role, &of, true);
    }
    let programs = programs::examine(client, &chain, inventory.into_accounts(), 0).await?;
    let mut findings = of_programs(&programs);
    findings.extend(next_version::examine(client, &chain, &programs).await?);
    findings.retain(|finding| finding.severity >= Severity::Warning);
    Ok(findings)
}

/// Lists faults of code that is needed, and faults that are about to occur.
pub fn of_programs(programs: &[Program]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for program in programs {
        findings.extend(program.accounts.iter().filter_map(|account| {
            let recorded = account.recorded?;
            (recorded != program.codehash).then(|| other_code(program, account, recorded))
        }));
        if program.needed {
            findings.extend(not_running(program));
        }
    }
    findings
}

fn other_code(program: &Program, account: &Account, recorded: CodeHash) -> Finding {
    let severity = if account.uses.iter().any(|usage| usage.needed) {
        Severity::Danger
    } else {
        Severity::Warning
    };
    let uses: Vec<_> = account.uses.iter().map(|usage| usage.of.as_str()).collect();
    let (address, uses) = (account.address, uses.join(", "));
    let says = format!("{address} holds other code than was recorded ({uses})");
    let found = match program.state {
        State::Missing => "no code".to_owned(),
        _ => program.codehash.to_string(),
    };
    let next = removal(program).unwrap_or("stop and find out who changed it".into());
    Finding::named(Part::Code, severity, FindingKind::CodeChanged, says).with(
        recorded.to_string(),
        found,
        next,
    )
}

/// Returns the remedy for an instance that has no code any more: it destroyed itself in its creation.
fn removal(program: &Program) -> Option<String> {
    let mut uses = program.accounts.iter().flat_map(|account| &account.uses);
    let is_proxy = uses.any(|usage| usage.role == Role::Proxy);
    (is_proxy && program.state == State::Missing).then(|| {
        format!(
            "stylus-upgrades transfer {} --remove removes it from the registry",
            program.address()
        )
    })
}

fn not_running(program: &Program) -> Option<Finding> {
    let (name, severity) = match program.state {
        State::Expired { .. } => ("ProgramExpired", Severity::Danger),
        State::Outdated { .. } => ("ProgramOutdated", Severity::Danger),
        State::Inactive => ("ProgramNotActivated", Severity::Danger),
        State::Missing => ("NoCode", Severity::Danger),
        State::Active { seconds_left } if seconds_left < AHEAD_DAYS * DAY => {
            ("ExpiresSoon", Severity::Warning)
        }
        State::Active { .. } | State::Evm => return None,
    };
    let what = format!("the {} {}", program.title(), program.address());
    let (_, found) = program.state.shown();
    let says = match severity {
        Severity::Warning => format!("the activation of {what} ends soon"),
        _ => format!("{what} does not run: {found}"),
    };
    let next = removal(program).unwrap_or_else(|| match program.state {
        State::Missing => "check that --rpc-url leads to the chain that the registry is on".into(),
        _ => "stylus-upgrades doctor --fix, with any key that can pay".into(),
    });
    Some(
        Finding::new(Part::Code, severity, FindingId::error(name), says).with(
            format!("an activation of this version with {AHEAD_DAYS} days left"),
            found,
            next,
        ),
    )
}
