//! The checks of an adoption and of an acceptance: whether the code of the version may take over the storage of the proxy.

use super::check_options::CheckOptions;
use super::transfer::first_contact;
use crate::assess::Role;
use crate::build::{BuildError, Framework, evm};
use crate::checks::{Assessment, Subject};
use crate::context::prelude::*;
use crate::ids::{CodeHash, LayoutHash};
use crate::model::{Instance, ProxyKind};
use crate::registry::{Candidate, candidate, not_there, require_there};
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::slots;

/// keccak256 of the code of the framework's WASM proxies.
pub(crate) fn wasm_proxy() -> Result<CodeHash> {
    let known = program(UPGRADEABILITY_PROXY).map_err(BuildError::pinned)?;
    Ok(known.codehash.into())
}

/// The checks of an adoption: whether the version's code may take over the storage of the proxy.
pub(crate) async fn check(
    session: Session<'_>,
    call: &abi::adoptCall,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    let definition = (session.registry.address, call.name.as_str());
    let found = candidate(
        session.registry.client,
        definition,
        wasm_proxy()?,
        call.proxy,
    )
    .await?;
    // From then on nobody else changes what it runs, so what is compared now is what is adopted.
    if options.role != Role::Reader {
        found.require_given(session.registry, &call.name).await?;
    }
    let version = (call.name.as_str(), call.version.as_str());
    takes_over(session, version, (options, None), &found).await
}

/// As [`check`], of any proxy. Another registry may have `recorded` the layout of its code.
async fn takes_over(
    session: Session<'_>,
    (name, version): (&str, &str),
    (options, recorded): (CheckOptions<'_>, Option<(Address, LayoutHash)>),
    found: &Candidate,
) -> Result<Assessment> {
    let adoption = Subject::Adoption {
        found,
        name,
        version,
        runs_layout: (options.runs_layout, recorded),
        layout: options.layout,
    };
    session.assess(adoption, options.role).await
}

/// The checks of an acceptance: whether the version may take over the storage of the instance. Its layout comes from a
/// file, or from the registry that transfers it.
pub(crate) async fn check_acceptance(
    session: Session<'_>,
    call: &abi::acceptTransferCall,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    if call.registry.is_zero() {
        return Ok(Assessment::default());
    }
    let instance = found(session, call).await?;
    let there = session.registry.client.registry(call.registry);
    let code = there.code(&instance.definition, &instance.version).await?;
    let runs = session
        .registry
        .client
        .storage(call.proxy, slots::IMPLEMENTATION);
    let candidate = Candidate {
        proxy: call.proxy,
        kind: instance.kind,
        implementation: Address::from_word(runs.await?),
        authority: Some(call.registry),
        through: call.proxy,
    };
    let version = (call.name.as_str(), call.version.as_str());
    let said = (options, Some((call.registry, code.layout)));
    takes_over(session, version, said, &candidate).await
}

/// The instance at the registry that is to transfer it. An adopted one is not transferred to a registry.
pub(crate) async fn found(
    session: Session<'_>,
    call: &abi::acceptTransferCall,
) -> Result<Instance> {
    let proxy = call.proxy;
    let from = first_contact(session.context, session.registry.client, call.registry).await?;
    let instance = require_there(from, proxy).await?;
    if instance.kind.is_adopted() {
        let found = "an adopted proxy, which goes to an account and is adopted from there";
        return Err(not_there(proxy, from.address, found).into());
    }
    // The proxy's own admin slot decides: a registry can list a proxy that has another admin.
    let obeyed = Address::from_word(session.registry.client.storage(proxy, slots::ADMIN).await?);
    if obeyed != from.address {
        let found = format!("a proxy whose ERC-1967 admin slot names {obeyed}");
        return Err(not_there(proxy, from.address, found).into());
    }
    require_of_set(session, proxy, instance.kind).await?;
    Ok(instance)
}

/// Refuses a proxy of another set: one with the code of an earlier release, whose orders a registry passed on.
async fn require_of_set(session: Session<'_>, proxy: Address, kind: ProxyKind) -> Result<()> {
    let client = session.registry.client;
    let expected = Framework::pinned()?
        .proxy_codehash(kind)
        .unwrap_or_default();
    let found = client.codehash(proxy).await?.unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    let earlier = match evm::caller_in_proxy(&client.code(proxy).await?) {
        Some(relay) => format!(", in which orders come from {relay}"),
        None => String::new(),
    };
    let refusal = Refusal::new(
        "NotSupported",
        format!(
            "{proxy} has the code of another release{earlier}: this registry does not receive it"
        ),
    );
    let refusal = refusal.with(
        format!("a proxy with the code hash {expected}"),
        found.to_string(),
        "nothing was sent; it stays at its registry, which can upgrade it on",
    );
    Err(refusal.into())
}
