//! Definitions, versions and instances, read. Nothing here changes anything.

use alloc::vec::Vec;

use stylus_registry_core::{
    abi::{Reader, Value, encode},
    acceptance::TransferAcceptance,
    chain::Reverts,
    create2,
    definition::Definition,
    errors,
    instances::{Instance, proxy_at},
    orders, route,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{ids::VersionIndex, reasons::definition_state};

/// The definition named by the first argument.
fn named(arguments: Reader<'_>) -> Reverts<Definition> {
    Definition::of(arguments.bytes(0)?)
}

pub(crate) fn definition(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let state = if definition.is_paused() {
        definition_state::PAUSED
    } else if definition.frozen {
        definition_state::FROZEN
    } else {
        definition_state::LIVE
    };
    Ok(encode(
        &[],
        &[
            (&definition.label_of(definition.current)).into(),
            definition.sequence.into(),
            definition.versions.into(),
            definition.instances.into(),
            state.into(),
        ],
    ))
}

pub(crate) fn get_version(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let version = named(arguments)?.version(arguments.bytes(1)?)?;
    let [implementation, codehash, layout_hash, source_hash] = version.code.values();
    let steps = version.steps();
    with_steps(&steps, |steps| {
        let sequence = version.sequence.into();
        let values = [
            implementation,
            codehash,
            layout_hash,
            source_hash,
            steps,
            sequence,
        ];
        encode(&[], &values)
    })
}

/// Encodes something with a `Step[]` in it.
fn with_steps(
    steps: &[MigrationStep],
    encode: impl FnOnce(Value<'_>) -> Vec<u8>,
) -> Reverts<Vec<u8>> {
    let members: Vec<_> = steps.iter().map(MigrationStep::values).collect();
    let steps: Vec<_> = members.iter().map(|step| Value::Struct(step)).collect();
    Ok(encode(Value::Array(&steps)))
}

/// Labels in order of registration.
pub(crate) fn versions(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let labels: Vec<_> = page(arguments, definition.versions)?
        .map(|index| RegisteredVersion::label(definition.id, VersionIndex(index)))
        .collect();
    let labels: Vec<_> = labels.iter().map(Value::from).collect();
    Ok(encode(&[], &[Value::Array(&labels)]))
}

/// Proxies, in order of creation until one of them leaves.
pub(crate) fn instances(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let proxies: Vec<_> = page(arguments, definition.instances)?
        .map(|index| proxy_at(definition.id, index).into())
        .collect();
    Ok(encode(&[], &[Value::Array(&proxies)]))
}

/// The same with what each of them is and runs.
pub(crate) fn instance_page(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let mut entries = Vec::new();
    for index in page(arguments, definition.instances)? {
        let instance = Instance::of(proxy_at(definition.id, index))?;
        let implementation = orders::shown_implementation(&instance)?;
        entries.push((
            instance,
            definition.label_of(instance.version),
            implementation,
        ));
    }
    let members: Vec<_> = entries
        .iter()
        .map(|(instance, label, implementation)| {
            [
                instance.proxy.into(),
                label.into(),
                instance.kind.into(),
                instance.state.into(),
                (*implementation).into(),
            ]
        })
        .collect();
    let members: Vec<_> = members.iter().map(|entry| Value::Struct(entry)).collect();
    Ok(encode(&[], &[Value::Array(&members)]))
}

/// Answers the registry's record of a proxy. During its creation the version is empty.
pub(crate) fn instance_of(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let instance = Instance::of(arguments.address(0)?)?;
    let definition = instance.definition()?;
    Ok(encode(
        &[],
        &[
            (&definition.name).into(),
            (&definition.label_of(instance.version)).into(),
            instance.kind.into(),
            instance.state.into(),
        ],
    ))
}

pub(crate) fn proxy_address(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let proxy = create2::address(&definition.name, arguments.u8(1)?, arguments.word(2)?)?;
    Ok(encode(&[], &[proxy.into()]))
}

/// From which registry a definition has accepted a proxy, at which version and with which nonce.
pub(crate) fn accepted_transfer(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let definition = named(arguments)?;
    let accepted = TransferAcceptance::of(&definition, arguments.address(1)?).unwrap_or_default();
    let label = definition.label_of(accepted.version);
    let values = [
        accepted.registry.into(),
        (&label).into(),
        accepted.nonce.into(),
    ];
    Ok(encode(&[], &values))
}

/// Answers the origin of a proxy, and the nonce that approvals about it are bound to.
pub(crate) fn instance_details(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let details = Instance::details(arguments.address(0)?);
    let values = [
        details.nonce.into(),
        details.created.into(),
        details.arrived.into(),
        details.held.into(),
    ];
    Ok(encode(&[], &values))
}

/// The path that an upgrade of this instance would take in one transaction: each version that it reaches, and how.
pub(crate) fn plan(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let instance = Instance::of(arguments.address(0)?)?;
    let definition = instance.definition()?;
    let target = definition.version(arguments.bytes(1)?)?;
    let at = instance.version;
    if at == target.index {
        return Err(errors::already_at_version(&target.label));
    }
    let (mut labels, mut steps) = (Vec::new(), Vec::new());
    for (version, step) in route::find(&definition, at, &target)?.steps {
        labels.push(version.label);
        steps.push(step);
    }
    let labels: Vec<_> = labels.iter().map(Value::from).collect();
    with_steps(&steps, |steps| encode(&[], &[Value::Array(&labels), steps]))
}

/// Indices, which count from 1, of the page that the second and third argument ask for: from a
/// position, which counts from 0, so many.
fn page(arguments: Reader<'_>, all: u32) -> Reverts<impl Iterator<Item = u32>> {
    let (start, count) = (arguments.u32(1, u32::MAX)?, arguments.u32(2, u32::MAX)?);
    let end = start.saturating_add(count).min(all);
    Ok((start..end).map(|position| position + 1))
}
