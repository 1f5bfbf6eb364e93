//! Definitions, versions and instances, read. Nothing here changes anything.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    birth,
    chain::Reverts,
    instances::{Instance, proxy_at},
    state::{Definition, Version},
};
use stylus_upgrades_interface::{
    proxy::IUpgradeabilityProxy::AlreadyAtVersion,
    reasons::{definition_state, proxy_kind},
    registry::IRegistry::{
        NotSupported, definitionCall, definitionReturn, getVersionCall, getVersionReturn,
        instanceOfCall, instanceOfReturn, instancesCall, planCall, planReturn, proxyAddressCall,
        versionsCall,
    },
};

use crate::{route, upgrade::definition_of};

pub(crate) fn definition(call: &definitionCall) -> Reverts<Vec<u8>> {
    let definition = Definition::of(&call.name)?;
    Ok(definitionCall::abi_encode_returns(&definitionReturn {
        current: definition.label_of(definition.current),
        sequence: definition.sequence,
        versions: definition.versions,
        instances: definition.instances,
        state: if definition.frozen {
            definition_state::FROZEN
        } else {
            definition_state::LIVE
        },
    }))
}

pub(crate) fn get_version(call: &getVersionCall) -> Reverts<Vec<u8>> {
    let version = Definition::of(&call.name)?.version(&call.version)?;
    Ok(getVersionCall::abi_encode_returns(&getVersionReturn {
        steps: version.steps(),
        code: version.code,
        sequence: version.sequence,
    }))
}

/// Labels in order of registration.
pub(crate) fn versions(call: &versionsCall) -> Reverts<Vec<u8>> {
    let definition = Definition::of(&call.name)?;
    let labels = page(call.start, call.count, definition.versions)
        .map(|index| Version::label(definition.id, index))
        .collect();
    Ok(versionsCall::abi_encode_returns(&labels))
}

/// Proxies in order of creation.
pub(crate) fn instances(call: &instancesCall) -> Reverts<Vec<u8>> {
    let definition = Definition::of(&call.name)?;
    let proxies = page(call.start, call.count, definition.instances)
        .map(|index| proxy_at(definition.id, index))
        .collect();
    Ok(instancesCall::abi_encode_returns(&proxies))
}

/// What the registry knows of a proxy. During its birth the version is empty.
pub(crate) fn instance_of(call: &instanceOfCall) -> Reverts<Vec<u8>> {
    let instance = Instance::of(call.proxy)?;
    let definition = definition_of(&instance)?;
    Ok(instanceOfCall::abi_encode_returns(&instanceOfReturn {
        version: definition.label_of(instance.version()),
        name: definition.name,
        kind: instance.kind,
        state: instance.state,
    }))
}

pub(crate) fn proxy_address(call: &proxyAddressCall) -> Reverts<Vec<u8>> {
    Definition::of(&call.name)?;
    if call.kind != proxy_kind::WASM {
        return Err(NotSupported {
            what: "proxy kind".into(),
        }
        .into());
    }
    let proxy = birth::address(&call.name, call.kind, call.salt);
    Ok(proxyAddressCall::abi_encode_returns(&proxy))
}

/// The path that an upgrade of this instance would take: each version that it reaches, and how.
pub(crate) fn plan(call: &planCall) -> Reverts<Vec<u8>> {
    let instance = Instance::of(call.instance)?;
    let definition = definition_of(&instance)?;
    let target = definition.version(&call.version)?;
    let at = instance.version();
    if at == target.index {
        return Err(AlreadyAtVersion {
            version: target.label,
        }
        .into());
    }
    let mut labels = Vec::new();
    let mut steps = Vec::new();
    let mut from = definition.label_of(at);
    for leg in route::find(&definition, at, &target)? {
        let version = Version::load(definition.id, leg.to);
        steps.push(version.way(leg.way, from));
        from = version.label.clone();
        labels.push(version.label);
    }
    Ok(planCall::abi_encode_returns(&planReturn { labels, steps }))
}

/// Indices, which count from 1, of the page that starts at position `start`, which counts from 0.
fn page(start: u32, count: u32, all: u32) -> impl Iterator<Item = u32> {
    let end = start.saturating_add(count).min(all);
    (start..end).map(|position| position + 1)
}
