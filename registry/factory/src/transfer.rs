//! Transfers between two registries. The receiving definition accepts a proxy first (`acceptTransfer`). Then the
//! definition that has it transfers it (`transferProxy`), in one transaction:
//!
//! 1. The registry orders the proxy to obey the other one from now on, and removes the instance.
//! 2. The other registry records it at the accepted version, and has it resume that version's code. Afterwards the
//!    proxy has to name that registry. Its mark shows that its data was brought to that version at some time, not
//!    that it was not brought to another one since: who accepts compares what runs.
//!
//! A WASM proxy asks the registry in its admin slot. An EVM proxy has the registry that created it in its code and
//! takes orders from that alone: this one relays the orders of the registry to which the proxy was transferred.
//! So users' calls cost nothing more.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    acceptance::Acceptance,
    admin,
    adopted::Adopted,
    build,
    chain::{Reverts, call, code_hash, has_code, sender, this},
    definition::{self, Definition},
    errors, events,
    instances::Instance,
    lock::{self, Phase},
    orders,
    route::check_programs,
    runnable::{check_own, is_evm_proxy, is_ours, registry_in_code, same_code},
    version::{Step, Version},
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    ids::{DefinitionId, Order},
    instance::IInstanceRegistry::{receiveTransferCall, transferRelayCall},
    reasons::proxy_kind,
};

use crate::{adoption::arrive, decided::instance};

/// Refuses to expect what could not arrive, or not at that version.
pub(crate) fn check_acceptance(
    definition: &Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (kind, label, registry) = (arguments.u8(2)?, arguments.bytes(3)?, arguments.address(4)?);
    let version = definition.version(label)?;
    if registry.is_zero() {
        return Ok(());
    }
    if registry == this() || !has_code(code_hash(registry)) {
        return Err(errors::not_supported(b"transfer from that account"));
    }
    check_kind(proxy, kind)?;
    check_programs(&[(version, Step::default())])
}

/// Refuses a proxy that is not of that kind of the framework, or that is an instance already.
fn check_kind(proxy: Address, kind: u8) -> Reverts<()> {
    if is_ours(proxy) {
        return Err(errors::proxy_exists(proxy));
    }
    check_own(build::STORAGE, build::STORAGE_CODEHASH)?;
    match kind {
        proxy_kind::WASM => same_code(proxy, build::PROXY_CODEHASH),
        proxy_kind::EVM if is_evm_proxy(proxy) => Ok(()),
        _ => Err(errors::not_supported(b"transfer of that proxy")),
    }
}

/// Expects it, or not any more.
pub(crate) fn accept(
    definition: &Definition,
    proxy: Address,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (kind, label, registry) = (arguments.u8(2)?, arguments.bytes(3)?, arguments.address(4)?);
    if registry.is_zero() {
        Acceptance::clear(definition.id, proxy);
    } else {
        let version = definition.version(label)?.index;
        let acceptance = Acceptance {
            registry,
            version,
            kind,
        };
        acceptance.save(definition.id, proxy);
    }
    events::transfer_accepted(definition.id, proxy, label, kind, registry).emit();
    Ok(())
}

/// Refuses what cannot go there, or not now.
pub(crate) fn check(
    definition: &Definition,
    instance: &Instance,
    arguments: Reader<'_>,
) -> Reverts<()> {
    let (to, name) = (arguments.address(2)?, arguments.bytes(3)?);
    if !instance.is_running(definition) {
        return Err(errors::upgrade_in_progress());
    }
    let never = [Address::ZERO, this(), admin::address(definition.id)];
    // an adopted proxy goes to an account: a registry by itself could not order it; the framework's goes to a
    // definition of a registry
    let fits = if instance.is_adopted() {
        name.is_empty() && code_hash(to) != code_hash(this())
    } else {
        !name.is_empty() && has_code(code_hash(to))
    };
    if fits && !never.contains(&to) {
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
    let instance = instance(definition, proxy)?;
    if let Some(adopted) = Adopted::of(&instance) {
        orders::require_direct(&instance)?;
        adopted.transfer(to)?;
        leave(definition, proxy, to)
    } else {
        lock::set_transfer(proxy, to);
        orders::order(definition, &instance, Order::Transfer, &[], u64::MAX)?;
        lock::set_transfer(proxy, Address::ZERO);
        let relay = instance.relay();
        leave(definition, proxy, to)?;
        pass_relay_on(&instance, relay, to)?;
        deliver(proxy, to, definition::id(name))
    }
}

/// Forgets the instance. The order may have changed its record, so that is read again.
fn leave(definition: &mut Definition, proxy: Address, to: Address) -> Reverts<()> {
    Instance::of(proxy)?.remove(definition)?;
    events::instance_transferred(definition.id, proxy, to).emit();
    Ok(())
}

/// Has the registry in the proxy's code relay orders of `to` from now on: this one, or the one that has relayed
/// orders of this one, unless that is `to` itself.
fn pass_relay_on(instance: &Instance, relay: Option<Address>, to: Address) -> Reverts<()> {
    let proxy = instance.proxy;
    match relay {
        _ if instance.kind != proxy_kind::EVM => Ok(()),
        None => {
            set_relayed(proxy, to);
            Ok(())
        }
        Some(relay) if relay == to => Ok(()),
        Some(relay) => {
            let values = [proxy.into(), to.into()];
            let call_data = encode(&transferRelayCall::SELECTOR, &values);
            call(relay, &call_data, &[0; 32]).map(drop)
        }
    }
}

/// Has the other registry receive it.
fn deliver(proxy: Address, to: Address, definition: DefinitionId) -> Reverts<()> {
    let values = [proxy.into(), definition.into()];
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
/// accepted it from there.
pub(crate) fn receive(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let (proxy, id) = (arguments.address(0)?, DefinitionId(arguments.word(1)?));
    let not_accepted = || errors::transfer_not_accepted(id, proxy, sender());
    let mut definition = Definition::load(id).ok_or_else(not_accepted)?;
    let acceptance = Acceptance::of(id, proxy)
        .filter(|acceptance| acceptance.registry == sender())
        .ok_or_else(not_accepted)?;
    if definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    check_kind(proxy, acceptance.kind)?;
    Acceptance::clear(id, proxy);
    if acceptance.kind == proxy_kind::EVM && registry_in_code(proxy) == Some(this()) {
        set_relayed(proxy, Address::ZERO); // it is back
    }
    let version = Version::load(id, acceptance.version);
    let instance = arrive(&mut definition, proxy, acceptance.kind, version.index)?;
    orders::order(&definition, &instance, Order::Resume, &[], u64::MAX)?;
    // the order shows only that the account has asked: what it ran could do that by itself, and obey another
    if !orders::asks_us(&instance) {
        return Err(errors::instance_not_obeying(proxy));
    }
    lock::set(Phase::Free);
    let mut answer = [0; 32];
    answer[..4].copy_from_slice(&receiveTransferCall::SELECTOR);
    Ok(answer.to_vec())
}

/// `relay`: calls a proxy for the registry that it was transferred to. It changes nothing here, so it takes no
/// lock: an order is relayed in the middle of a transfer, too.
pub(crate) fn relay(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (proxy, order) = (arguments.address(0)?, arguments.bytes(1)?);
    require_relayed(proxy)?;
    call(proxy, order, &context::msg_value())
}

/// `transferRelay`: the registry that a proxy was transferred to transfers it further.
pub(crate) fn transfer_relay(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (proxy, registry) = (arguments.address(0)?, arguments.address(1)?);
    require_relayed(proxy)?;
    set_relayed(proxy, registry);
    Ok(Vec::new())
}

/// Refuses everybody but the registry that the proxy was transferred to, and that as well where the proxy is an
/// instance here: another one was created at the account of one that is gone.
fn require_relayed(proxy: Address) -> Reverts<()> {
    if Instance::relayed(proxy) == sender() && !Instance::is(proxy) {
        Ok(())
    } else {
        Err(errors::not_an_instance(sender()))
    }
}

fn set_relayed(proxy: Address, registry: Address) {
    Instance::set_relayed(proxy, registry);
    events::relay_changed(proxy, registry).emit();
}
