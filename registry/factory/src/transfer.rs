//! Transfers between two registries. The receiving definition accepts a proxy first (`acceptTransfer`), in the state that
//! it is in. Then the definition that has it transfers it (`transferProxy`), in one transaction:
//!
//! 1. The registry orders the proxy to obey the other one from now on. Of an EVM proxy, the orders contract is told so
//!    too. It removes the instance.
//! 2. The other registry records it at the accepted version, and has it resume that version's code. Afterwards the
//!    proxy has to name that registry.
//!
//! Both calls name the instance's nonce, so what arrives is what was accepted. Code says nothing about storage, so the
//! chain cannot tell whether a registry or a proxy is genuine: who accepts proves its birth with the tool.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    acceptance::TransferAcceptance,
    admin,
    adopted::AdoptedProxy,
    build,
    chain::{Reverts, call, code_hash, has_code, sender, this},
    definition::{self, Definition},
    errors, events,
    instances::Instance,
    lock::{self, LockPhase},
    orders,
    route::check_programs,
    runnable::{check_set, is_ours, proxy_kind_of},
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_interface::{
    ids::{DefinitionId, InstanceState, Order},
    instance::IInstanceRegistry::receiveTransferCall,
    orders::IOrders::giveCall,
    reasons::proxy_kind,
};

use crate::adoption::arrive;

/// Refuses to expect what could not arrive, or not at the current version: approvals of an acceptance end with the next
/// `migrate`, as the acceptance does, and what was replaced does not run.
pub(crate) fn check_acceptance(
    definition: &Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (label, registry) = (arguments.bytes(2)?, arguments.address(3)?);
    let version = definition.version(label)?;
    arguments.u32(4, u32::MAX)?;
    if registry.is_zero() {
        return Ok(());
    }
    if version.index != definition.current {
        let current = definition.label_of(definition.current);
        return Err(errors::version_not_current(label, &current));
    }
    if registry == this() || is_ours(registry) || !has_code(code_hash(registry)) {
        return Err(errors::not_supported(b"transfer from that account"));
    }
    receivable(proxy)?;
    check_programs(&[(version, MigrationStep::default())])
}

/// The kind of a proxy that can be received. Refuses one of another set of contracts than this registry's own, and one
/// that is an instance already.
fn receivable(proxy: Address) -> Reverts<u8> {
    if is_ours(proxy) {
        return Err(errors::proxy_exists(proxy));
    }
    let Some(kind) = proxy_kind_of(proxy) else {
        return Err(errors::not_supported(b"transfer of that proxy"));
    };
    check_set(kind)?;
    Ok(kind)
}

/// Expects it, or not any more.
pub(crate) fn accept(
    definition: &Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (label, registry) = (arguments.bytes(2)?, arguments.address(3)?);
    let nonce = arguments.u32(4, u32::MAX)?;
    if registry.is_zero() {
        TransferAcceptance::clear(definition.id, proxy);
    } else {
        let acceptance = TransferAcceptance {
            registry,
            version: definition.version(label)?.index,
            nonce,
        };
        acceptance.save(definition, proxy);
    }
    events::transfer_accepted(definition.id, proxy, label, registry, nonce.into()).emit();
    Ok(())
}

/// Refuses what cannot go there, or not now.
pub(crate) fn check(
    definition: &Definition,
    instance: &Instance,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (to, name) = (arguments.address(2)?, arguments.bytes(3)?);
    // nobody but this registry takes an adopted proxy from the stub
    let needs_live = instance.is_adopted() && instance.state != InstanceState::LIVE;
    if instance.is_migrating() || needs_live {
        return Err(errors::upgrade_in_progress());
    }
    let never = [Address::ZERO, admin::address(definition.id)];
    // an adopted proxy goes to an account: a registry by itself could not order it; the framework's goes to a
    // definition of a registry
    let fits = if instance.is_adopted() {
        name.is_empty() && code_hash(to) != code_hash(this())
    } else {
        !name.is_empty() && has_code(code_hash(to))
    };
    if fits && !never.contains(&to) && !is_ours(to) {
        Ok(())
    } else {
        Err(errors::not_supported(b"transfer to that account"))
    }
}

/// Transfers it.
pub(crate) fn transfer(
    definition: &mut Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (to, name) = (arguments.address(2)?, arguments.bytes(3)?);
    let instance = Instance::of(proxy)?;
    if let Some(adopted) = AdoptedProxy::of(&instance) {
        orders::require_direct(&instance)?;
        adopted.transfer(to)?;
        return leave(definition, proxy, to);
    }
    lock::set_transfer(proxy, to);
    orders::order(definition, &instance, Order::Transfer, &[], u64::MAX)?;
    lock::set_transfer(proxy, Address::ZERO);
    if instance.kind == proxy_kind::EVM {
        let give = encode(&giveCall::SELECTOR, &[proxy.into(), to.into()]);
        call(build::ORDERS, &give, &[0; 32])?;
    }
    leave(definition, proxy, to)?;
    deliver(&instance, to, definition::id(name))
}

/// Forgets the instance. The order may have changed its record, so that is read again.
fn leave(definition: &mut Definition, proxy: Address, to: Address) -> Reverts<()> {
    Instance::of(proxy)?.remove(definition)?;
    events::instance_transferred(definition.id, proxy, to).emit();
    Ok(())
}

/// Has the other registry receive it, as it was here.
fn deliver(instance: &Instance, to: Address, definition: DefinitionId) -> Reverts<()> {
    let values = [
        instance.proxy.into(),
        definition.into(),
        instance.nonce().into(),
    ];
    let answer = call(
        to,
        &encode(&receiveTransferCall::SELECTOR, &values),
        &[0; 32],
    )?;
    let answered = Reader::new(&answer).word(0)?;
    if answered.starts_with(&receiveTransferCall::SELECTOR) {
        Ok(())
    } else {
        Err(errors::not_supported(b"transfer to that account"))
    }
}

/// `receiveTransfer`: makes a proxy that another registry transfers an instance of the definition that has
/// accepted it from there, in that state.
pub(crate) fn receive(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (proxy, id) = (arguments.address(0)?, DefinitionId(arguments.word(1)?));
    let nonce = arguments.u64(2)?;
    let not_accepted = || errors::transfer_not_accepted(id, proxy, sender());
    let mut definition = Definition::load(id).ok_or_else(not_accepted)?;
    let acceptance = TransferAcceptance::of(&definition, proxy)
        .filter(|acceptance| acceptance.registry == sender())
        .ok_or_else(not_accepted)?;
    if u64::from(acceptance.nonce) != nonce {
        return Err(errors::stale_instance(acceptance.nonce.into(), nonce));
    }
    if definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    let kind = receivable(proxy)?;
    TransferAcceptance::clear(id, proxy);
    let version = RegisteredVersion::load(id, acceptance.version);
    let instance = arrive(&mut definition, proxy, kind, version.index)?;
    orders::order(&definition, &instance, Order::Resume, &[], u64::MAX)?;
    // the order shows only that the account has asked: what it ran could do that by itself, and obey another
    if !orders::asks_us(&instance) {
        return Err(errors::instance_not_obeying(proxy));
    }
    lock::set(LockPhase::Free);
    let mut answer = [0; 32];
    answer[..4].copy_from_slice(&receiveTransferCall::SELECTOR);
    Ok(answer.to_vec())
}
