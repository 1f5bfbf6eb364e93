//! Instances that come from elsewhere, and go there. Adoption proves that the definition decides what a
//! proxy runs: its [`admin`] has it upgraded, to the registered code. Of a proxy of ours, the registry
//! that it comes from has said which definition is meant.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    admin, build,
    chain::{Reverts, call, code_hash, has_code, sender, this},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    runnable::{check_own, is_ours, same_code},
    state::{Definition, Step},
};
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{DefinitionId, InstanceState, VersionIndex},
    instance::IInstanceRegistry::handedOverCall,
    proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    reasons::proxy_kind,
};

use crate::{
    foreign::{Foreign, uups_stub},
    rollout::{asks_us, order_expected},
    upgrade::{check_programs, moved},
};

/// Refuses what is no proxy that this registry could adopt at that version.
pub(crate) fn check_adoption(
    definition: &Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (kind, version) = (arguments.u8(2)?, definition.version(arguments.bytes(3)?)?);
    if is_ours(proxy) || proxy == uups_stub() {
        return Err(errors::proxy_exists(proxy));
    }
    if kind == proxy_kind::WASM {
        check_own(build::STORAGE, build::STORAGE_CODEHASH)?;
        same_code(proxy, build::PROXY_CODEHASH)?;
        if !asks_us(proxy) {
            return Err(errors::not_an_instance(proxy));
        }
        if Instance::announced(proxy) != definition.id {
            let what = b"adoption by another definition than it was handed over to";
            return Err(errors::not_supported(what));
        }
    } else if !is_adopted(kind) || !has_code(code_hash(proxy)) {
        return Err(errors::not_supported(b"adoption of that proxy"));
    }
    check_programs(&[(version, Step::default())])
}

/// Adopts it.
pub(crate) fn adopt(
    definition: &mut Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let kind = arguments.u8(2)?;
    let version = definition.version(arguments.bytes(3)?)?;
    let is_foreign = is_adopted(kind);
    if is_foreign {
        admin::ensure(definition.id)?;
    }
    Instance::create(definition, proxy, kind);
    let mut instance = Instance::of(proxy)?;
    events::instance_adopted(definition.id, proxy, kind).emit();
    instance.set_version(definition, version.index);
    moved(definition, &instance, VersionIndex::NONE, &version.label);
    // one of ours has run its migrations already, and only goes on with the code
    let order: &[u8] = if is_foreign { &version.label } else { &[] };
    order_expected(definition, proxy, order, u64::MAX)
}

/// Notes that the calling registry has handed a proxy over to this one, and to which definition. Only a
/// registry with this code is believed: it says so of its own instances alone, and once they have gone.
pub(crate) fn handed_over(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (proxy, definition) = (arguments.address(0)?, arguments.word(1)?);
    same_code(sender(), code_hash(this()))?;
    if Instance::is(proxy) {
        return Err(errors::proxy_exists(proxy));
    }
    Instance::announce(proxy, DefinitionId(definition));
    lock::set(Phase::Free);
    Ok(Vec::new())
}

/// Refuses what cannot go there, or not now.
pub(crate) fn check_hand_over(
    definition: &Definition,
    instance: Instance,
    to: Address,
) -> Reverts<()> {
    if instance.state != InstanceState::LIVE || !instance.is_in_line(definition) {
        return Err(errors::upgrade_in_progress());
    }
    let is_foreign = is_adopted(instance.kind);
    let never = [Address::ZERO, this(), admin::address(definition.id)];
    // others are given to the admin of a definition: a registry itself orders nothing
    let is_lost = is_foreign && code_hash(to) == code_hash(this());
    if is_lost || never.contains(&to) {
        return Err(errors::not_supported(b"hand-over to that account"));
    }
    match instance.kind {
        proxy_kind::WASM => same_code(to, code_hash(this())),
        _ if is_foreign => Ok(()),
        _ => {
            let what = b"hand-over of a proxy that has its registry in its code";
            Err(errors::not_supported(what))
        }
    }
}

/// Hands it over.
pub(crate) fn hand_over(
    definition: &mut Definition,
    instance: &Instance,
    to: Address,
) -> Reverts<()> {
    let proxy = instance.proxy;
    match Foreign::of(instance) {
        Some(foreign) => foreign.hand_over(to)?,
        None => {
            let word = to.into_word();
            let values = [b"".as_slice().into(), word.as_slice().into()];
            lock::set(Phase::Expected(proxy));
            let order = encode(&upgradeToAndCallCall::SELECTOR, &values);
            call(proxy, &order, &[0; 32])?;
            if lock::phase() != Phase::Busy {
                return Err(errors::not_an_instance(proxy));
            }
            let values = [proxy.into(), definition.id.into()];
            call(to, &encode(&handedOverCall::SELECTOR, &values), &[0; 32])?;
        }
    }
    // the order may have moved it in its lists
    Instance::of(proxy)?.remove(definition)?;
    events::instance_handed_over(definition.id, proxy, to).emit();
    Ok(())
}
