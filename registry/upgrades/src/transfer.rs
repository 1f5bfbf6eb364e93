//! Instances that come from elsewhere, and go there. Adoption proves that the registry decides what a
//! proxy runs: it has it upgraded, to the registered code.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    build,
    chain::{Reverts, call, code_hash, has_code, this},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    runnable::{check_own, is_ours, same_code},
    state::{Definition, Step},
};
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{InstanceState, VersionIndex},
    proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    reasons::proxy_kind,
};

use crate::{
    foreign::{Foreign, uups_stub},
    rollout::{asks_us, check_caller, order_expected},
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
    } else if !is_adopted(kind) || !has_code(code_hash(proxy)) {
        return Err(errors::not_supported(b"adoption of that proxy"));
    } else {
        check_caller(definition)?;
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
    Instance::create(definition, proxy, kind);
    let mut instance = Instance::of(proxy)?;
    events::instance_adopted(definition.id, proxy, kind).emit();
    instance.set_version(definition, version.index);
    moved(definition, &instance, VersionIndex::NONE, &version.label);
    match Foreign::of(&instance) {
        Some(foreign) => foreign.travel(&[(version, Step::default())]),
        None => order_expected(proxy, &[], u64::MAX),
    }
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
    if to.is_zero() || to == this() {
        return Err(errors::not_supported(b"hand-over to that account"));
    }
    match instance.kind {
        proxy_kind::WASM => same_code(to, code_hash(this())),
        kind if is_adopted(kind) => Ok(()),
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
        }
    }
    // the order may have moved it in its lists
    Instance::of(proxy)?.remove(definition)?;
    events::instance_handed_over(definition.id, proxy, to).emit();
    Ok(())
}
