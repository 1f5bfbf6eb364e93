//! The whole examination.

use super::chain::{ChainFacts, DAY};
use super::inventory::{Account, Inventory};
use super::programs::{Program, State};
use super::subject::Subject;
use super::time::{self, Migration};
use super::{AHEAD_DAYS, complete, next_version, paused, policies, programs, recorded, stale};
use crate::assess::{Finding, Part, Severity};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::model::{Role, Used};
use crate::registry::stored;
use serde::Serialize;

/// What an examination came to.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The chain.
    pub chain: ChainFacts,
    /// The code that is needed, what users depend on first.
    pub programs: Vec<Program>,
    /// Complex migrations that are under way.
    pub migrations: Vec<Migration>,
    /// What was found out, the most urgent first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// How urgent the most urgent finding is.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// Examines a registry and everything that it and its instances need. What would help is worked out
/// for what ends within `within` seconds.
///
/// # Errors
/// `Missing` where no registry is; what else the chain says.
pub async fn examine(subject: Subject<'_>, within: u64) -> Result<Diagnosis, ChainError> {
    let registry = subject.registry;
    let client = registry.client;
    let chain = ChainFacts::read(client).await?;
    let Some(parts) = stored::parts(registry).await? else {
        return Err(ChainError::missing("registry", registry.address));
    };
    let recorded = recorded::read(registry).await?;
    let definitions = &recorded.definitions;
    let voices = policies::voices(registry, definitions).await?;
    let mut inventory = Inventory::default();
    inventory.front(subject, &parts).await?;
    for definition in definitions {
        inventory.definition(definition, chain.time);
        inventory.proxies(subject, definition).await?;
    }
    inventory.voices(client, &voices).await?;
    let mut findings = unknown(&inventory, subject);
    let programs = programs::examine(client, &chain, inventory.into_accounts(), within).await?;
    findings.extend(complete::examine(registry, &recorded, &programs).await?);
    findings.extend(of_programs(&programs));
    findings.extend(next_version::examine(client, &chain, &programs).await?);
    findings.extend(paused::examine(definitions));
    findings.extend(stale::examine(registry, definitions, chain.time).await?);
    let instances = definitions.iter().flat_map(|one| &one.instances);
    let instances = instances.map(|instance| instance.proxy).collect();
    findings.extend(policies::examine(client, &voices, &instances).await?);
    let migrations = time::examine(client, &chain, definitions, &mut findings).await?;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(Diagnosis {
        chain,
        programs,
        migrations,
        findings,
    })
}

/// What ends soon, or does not run now, of the registry itself and of these accounts: the part of an
/// examination that other commands warn of.
///
/// # Errors
/// As [`examine`].
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

/// Code of the framework that is not the one which is known here: what it delegates to is not known.
fn unknown(inventory: &Inventory, subject: Subject<'_>) -> Vec<Finding> {
    let proxies = inventory.unknown_proxies.iter();
    let mut found: Vec<String> = proxies.map(|proxy| format!("the proxy {proxy}")).collect();
    if !inventory.is_known {
        found.push(format!("the registry {}", subject.registry));
    }
    let known = subject.framework.registry.codehash();
    let all = found.into_iter().map(|what| {
        let says = format!("{what} is of another framework than this program holds");
        Finding::named(Part::Code, Severity::Warning, "UnknownFramework", says).with(
            format!("a registry with the code hash {known}"),
            "other code: the programs that it was compiled to call are not examined",
            "name the folder with its sources by --framework-from, or use the stylus-upgrades that deployed it",
        )
    });
    all.collect()
}

/// What is wrong with code that is needed, and what is about to be.
fn of_programs(programs: &[Program]) -> Vec<Finding> {
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
    let severity = match account.uses.iter().any(|one| one.needed) {
        true => Severity::Danger,
        false => Severity::Warning,
    };
    let uses: Vec<_> = account.uses.iter().map(|one| one.of.as_str()).collect();
    let (address, uses) = (account.address, uses.join(", "));
    let says = format!("{address} holds other code than was recorded ({uses})");
    let found = match program.state {
        State::Missing => "no code".to_owned(),
        _ => program.codehash.to_string(),
    };
    let next = removal(program).unwrap_or("stop and find out who changed it".into());
    Finding::named(Part::Code, severity, "CodeChanged", says).with(
        recorded.to_string(),
        found,
        next,
    )
}

/// What is done about an instance that has no code any more: it destroyed itself in its creation.
fn removal(program: &Program) -> Option<String> {
    let mut uses = program.accounts.iter().flat_map(|account| &account.uses);
    let is_proxy = uses.any(|one| one.role == Role::Proxy);
    (is_proxy && program.state == State::Missing).then(|| {
        format!(
            "stylus-upgrades transfer {} --remove removes it from the registry",
            program.address()
        )
    })
}

fn not_running(program: &Program) -> Option<Finding> {
    let (id, severity) = match program.state {
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
    Some(Finding::named(Part::Code, severity, id, says).with(
        format!("an activation of this version with {AHEAD_DAYS} days left"),
        found,
        next,
    ))
}
