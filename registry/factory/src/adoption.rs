//! Adopting proxies of OpenZeppelin, and removing instances that do not obey.

use alloy_primitives::Address;
use stylus_registry_core::{
    abi::Reader,
    admin,
    adopted::{AdoptedProxy, ProxyOwnership},
    chain::{Reverts, code_hash, has_code},
    definition::Definition,
    errors, events,
    instances::{Instance, ProxyOrigin},
    orders,
    route::check_programs,
    runnable,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{InstanceState, Order, VersionIndex},
    reasons::proxy_kind,
};

/// Refuses what is no proxy that the definition could adopt at that version. Approvals count only once the definition's
/// admin owns it, so that nobody else changes its code from then on. A UUPS proxy whose code has no owner shows
/// that when it is adopted.
pub(crate) fn check(definition: &Definition, proxy: Address, arguments: Reader<'_>) -> Reverts<()> {
    let (kind, version) = (arguments.u8(2)?, definition.version(arguments.bytes(3)?)?);
    if runnable::is_ours(proxy) {
        return Err(errors::proxy_exists(proxy));
    }
    // no account without code, no delegated account, and no program of the framework
    if !is_adopted(kind) || runnable::reason(proxy)?.is_some() {
        return Err(errors::not_supported(b"adoption of that proxy"));
    }
    admin::ensure(definition.id)?;
    let adopted = AdoptedProxy::candidate(definition.id, proxy, kind);
    if adopted.ownership() == ProxyOwnership::Others {
        return Err(errors::instance_not_obeying(proxy));
    }
    // one that its former definition had paused shows no code to compare
    if kind == proxy_kind::TRANSPARENT_4 && !adopted.is_paused() {
        let runs = adopted.implementation().unwrap_or_default();
        runnable::same_code(runs, version.code.codehash)?;
    }
    check_programs(&[(version, MigrationStep::default())])
}

/// Adopts it: records it at the version, and upgrades it to that code, which shows whether it obeys.
pub(crate) fn adopt(
    definition: &mut Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let kind = arguments.u8(2)?;
    let version = definition.version(arguments.bytes(3)?)?;
    let instance = arrive(definition, proxy, kind, version.index)?;
    let order = Order::Upgrade;
    orders::order(definition, &instance, order, &version.label, u64::MAX)
}

/// Records a proxy that this registry did not create as an instance at that version.
pub(crate) fn arrive(
    definition: &mut Definition,
    proxy: Address,
    kind: u8,
    version: VersionIndex,
) -> Reverts<Instance> {
    let mut instance = Instance::create(definition, proxy, kind, ProxyOrigin::Elsewhere)?;
    events::instance_adopted(definition.id, proxy, kind).emit();
    instance.begin_at(version);
    let label = definition.label_of(version);
    events::upgraded(definition, &instance, VersionIndex::NONE, &label).emit();
    Ok(instance)
}

/// Refuses to remove an instance that nobody could bring back: a proxy of the framework that names no other registry
/// (also because its program has expired). An adopted one that is paused first runs its version again, which has to be
/// possible; it stays paused with its definition. An account without code may always be removed.
pub(crate) fn check_removal(definition: &Definition, instance: &Instance) -> Reverts<()> {
    if !has_code(code_hash(instance.proxy)) {
        return Ok(());
    }
    if !instance.is_adopted() && !orders::asks_another(instance) {
        return Err(errors::not_supported(b"removal of an instance that obeys"));
    }
    if !instance.is_adopted() || instance.state == InstanceState::LIVE {
        return Ok(());
    }
    if definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    let version = RegisteredVersion::load(definition.id, instance.version);
    check_programs(&[(version, MigrationStep::default())])
}

/// Removes an instance.
pub(crate) fn remove(definition: &mut Definition, proxy: Address) -> Reverts<()> {
    let instance = Instance::of(proxy)?;
    if instance.is_adopted() && instance.state != InstanceState::LIVE {
        resume_if_it_obeys(definition, &instance)?;
    }
    // the order may have changed its record
    Instance::of(proxy)?.remove(definition)?;
    events::instance_removed(definition.id, proxy).emit();
    Ok(())
}

/// Has a paused proxy run its version again: nobody could take it from the stub once it is no instance. One that does
/// not has stopped obeying.
fn resume_if_it_obeys(definition: &Definition, instance: &Instance) -> Reverts<()> {
    let _ = orders::attempt(definition, instance, Order::Resume)?;
    Ok(())
}
