//! The whole examination.

use super::inventory::InventoryExt;
use super::{complete, event_records, paused, policies, stale, time};
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::expiry::{
    ChainFacts, Diagnosis, Inventory, Subject, next_version, of_programs, programs,
};
use crate::registry::stored;

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
    let records = event_records::read(registry).await?;
    let definitions = &records.definitions;
    let members = policies::read_members(registry, definitions).await?;
    let mut inventory = Inventory::default();
    inventory.front(subject, &parts).await?;
    for definition in definitions {
        inventory.add_definition(definition, chain.time);
        inventory.add_proxies(subject, definition).await?;
    }
    inventory.add_members(client, &members).await?;
    let mut findings = find_unknown_framework(&inventory, subject);
    let programs = programs::examine(client, &chain, inventory.into_accounts(), within).await?;
    findings.extend(complete::examine(registry, &records, &programs).await?);
    findings.extend(of_programs(&programs));
    findings.extend(next_version::examine(client, &chain, &programs).await?);
    findings.extend(paused::examine(definitions));
    findings.extend(stale::examine(registry, definitions, chain.time).await?);
    let instances = definitions
        .iter()
        .flat_map(|definition| &definition.instances);
    let instances = instances.map(|instance| instance.proxy).collect();
    findings.extend(policies::examine(client, &members, &instances).await?);
    let migrations = time::examine(client, &chain, definitions, &mut findings).await?;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(Diagnosis {
        chain,
        programs,
        migrations,
        findings,
    })
}

/// Finds code of another framework than the one which is known here: what it delegates to is not known.
fn find_unknown_framework(inventory: &Inventory, subject: Subject<'_>) -> Vec<Finding> {
    let proxies = inventory.unknown_proxies.iter();
    let mut found: Vec<String> = proxies.map(|proxy| format!("the proxy {proxy}")).collect();
    if !inventory.is_known {
        found.push(format!("the registry {}", subject.registry));
    }
    let known = subject.framework.registry.codehash();
    let all = found.into_iter().map(|what| {
        let says = format!("{what} is of another framework than this program holds");
        Finding::named(Part::Code, Severity::Warning, FindingKind::UnknownFramework, says).with(
            format!("a registry with the code hash {known}"),
            "other code: the programs that it was compiled to call are not examined",
            "name the folder with its sources by --framework-from, or use the stylus-upgrades that deployed it",
        )
    });
    all.collect()
}
