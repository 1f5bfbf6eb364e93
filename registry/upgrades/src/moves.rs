//! Orders that the registry carries out in a call of its own: upgrades with checks around them, orders to adopted
//! proxies, and the upgrade of one instance. What fails leaves the proxy and the records as they were.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    adopted::AdoptedProxy,
    chain::{Reverts, ask, sender, this},
    definition::Definition,
    errors, events,
    instances::Instance,
    lock::{self, LockPhase},
    orders,
    route::{self, UpgradeRoute, check_programs},
    runnable::check_code,
    version::{MigrationStep, RegisteredVersion},
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::{
    check::IUpgradeCheck::{afterUpgradeCall, beforeUpgradeCall},
    ids::{InstanceState, Order, StepKind},
    proxy::IUpgradeabilityProxy::upgradeToAndCallCall,
    reasons::invalid_step,
};

use crate::{
    pause,
    upgrade::{is_complex, require_entitled},
};

/// `moveInstance`: carries out the order that the registry expects of that instance now.
pub(crate) fn move_instance(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let (proxy, label) = (arguments.address(0)?, arguments.bytes(1)?);
    let order = match lock::phase() {
        LockPhase::Expected { instance, order } if instance == proxy && sender() == this() => order,
        _ => return Err(errors::not_an_instance(sender())),
    };
    lock::set(LockPhase::Busy);
    let mut instance = Instance::of(proxy)?;
    let definition = instance.definition()?;
    match (AdoptedProxy::of(&instance), order) {
        (_, Order::Transfer) => return Err(errors::nothing()), // not ordered in this way
        (None, Order::Pause | Order::Resume) => return Err(errors::nothing()),
        (None, Order::Upgrade) => upgrade_checked(&definition, &instance, label, &[], &[0; 32])?,
        (Some(adopted), Order::Upgrade) => {
            upgrade_adopted(&definition, &mut instance, adopted, label)?;
        }
        (Some(adopted), Order::Pause | Order::Resume) => {
            let path = pause::obey(&mut instance, &definition, order)?;
            match path.last() {
                Some((version, _)) => adopted.resume(version.code.implementation)?,
                None => adopted.pause()?,
            }
        }
    }
    Ok(Vec::new())
}

/// `upgradeInstance`: upgrades one instance for a caller who alone may.
pub(crate) fn upgrade_instance(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    lock::take()?;
    let [label, data] = [1, 2].map(|n| arguments.bytes(n));
    let (instance, label, data) = (Instance::of(arguments.address(0)?)?, label?, data?);
    let definition = instance.definition()?;
    pause::require_live(&definition)?;
    require_entitled(&definition, sender(), instance.version, label)?;
    let value = context::msg_value();
    if !instance.is_adopted() {
        upgrade_checked(&definition, &instance, label, data, &value)?;
    } else if !data.is_empty() {
        return Err(errors::not_supported(b"data for an adopted proxy"));
    } else if value != [0; 32] {
        return Err(errors::value_not_accepted(value.into()));
    } else if definition.index_of(label) == instance.version {
        return Err(errors::already_at_version(label));
    } else {
        orders::order(&definition, &instance, Order::Upgrade, label, u64::MAX)?;
    }
    lock::set(LockPhase::Free);
    Ok(Vec::new())
}

/// Has a proxy of the framework upgrade itself, and asks the checks on its path before and afterwards.
fn upgrade_checked(
    definition: &Definition,
    instance: &Instance,
    label: &[u8],
    data: &[u8],
    value: &[u8; 32],
) -> Reverts<()> {
    let checks = PathChecks::before(definition, instance, label)?;
    let values = [label.into(), data.into()];
    let call = encode(&upgradeToAndCallCall::SELECTOR, &values);
    lock::set(LockPhase::Expected {
        instance: instance.proxy,
        order: Order::Upgrade,
    });
    orders::send(instance, &call, value, u64::MAX)?;
    orders::require_done(instance.proxy)?;
    checks.after()
}

/// Has an adopted proxy take every step of its path, and shows that it obeys: before the first step, and again
/// after the last, whatever those did. One that is at that version was just adopted.
fn upgrade_adopted(
    definition: &Definition,
    instance: &mut Instance,
    adopted: AdoptedProxy,
    label: &[u8],
) -> Reverts<()> {
    let (from, target) = (instance.version, definition.version(label)?);
    let checks = PathChecks::before(definition, instance, label)?;
    let is_new = from == target.index;
    let (path, is_cut) = if is_new {
        (alloc::vec![(target, MigrationStep::default())], false)
    } else {
        let UpgradeRoute { steps, is_cut } = route::find(definition, from, &target)?;
        (steps, is_cut)
    };
    check_programs(&path)?;
    let was_paused = instance.state == InstanceState::PAUSED;
    let paused = was_paused || is_new && adopted.comes_paused();
    adopted.require_owned(paused)?;
    for (n, (version, step)) in path.iter().enumerate() {
        if !matches!(step.kind, StepKind::NONE | StepKind::FOREIGN_CALL) {
            let what = b"a step of this kind for an adopted proxy";
            return Err(errors::not_supported(what));
        }
        let implementation = version.code.implementation;
        if paused && n == 0 {
            adopted.resume(implementation)?; // the stub of a UUPS proxy obeys this alone
            if step.data.is_empty() {
                continue;
            }
        }
        adopted.upgrade(implementation, &step.data)?;
    }
    let (last, _) = path.last().ok_or_else(errors::nothing)?;
    adopted.require_obedience(last.code.implementation)?;
    if was_paused {
        events::instance_resumed(definition.id, instance.proxy).emit();
    }
    if !is_new {
        instance.upgrade(last.index);
        events::upgraded(definition, instance, from, &last.label).emit();
    }
    if is_cut {
        adopted.pause()?;
        pause::note(instance, definition);
    }
    checks.after()
}

/// The checks on the path of an instance, with what they have observed before it moves.
struct PathChecks {
    proxy: Address,
    observed: Vec<CheckObservation>,
}

/// The answer of a check before the instance moved.
struct CheckObservation {
    check: Address,
    from: Vec<u8>,
    to: Vec<u8>,
    answer: Vec<u8>,
}

impl PathChecks {
    /// Asks them. A definition without any does not search for a path here.
    fn before(definition: &Definition, instance: &Instance, label: &[u8]) -> Reverts<Self> {
        let proxy = instance.proxy;
        let mut checks = Self {
            proxy,
            observed: Vec::new(),
        };
        let target = definition.index_of(label);
        if !definition.has_checks || target.is_none() || target == instance.version {
            return Ok(checks);
        }
        let target = RegisteredVersion::load(definition.id, target);
        let path = route::find(definition, instance.version, &target)?.steps;
        let complex = path.iter().position(is_complex);
        // the upgrade ends with the first complex step: those after it are asked when the instance goes on
        for (version, step) in path.iter().take(complex.map_or(path.len(), |n| n + 1)) {
            let Some(check) = step.check() else {
                continue;
            };
            if complex.is_some() {
                let reason = invalid_step::COMPLEX_WITH_CHECK;
                return Err(errors::invalid_step(&step.from, &version.label, reason));
            }
            check_code(check, step.script_codehash)?;
            let values = [proxy.into(), (&step.from).into(), (&version.label).into()];
            let answer = ask(check, &encode(&beforeUpgradeCall::SELECTOR, &values))?;
            let answer = Reader::new(&answer).bytes(0)?.to_vec();
            let (from, to) = (step.from.clone(), version.label.clone());
            checks.observed.push(CheckObservation {
                check,
                from,
                to,
                answer,
            });
        }
        Ok(checks)
    }

    /// Asks them again.
    fn after(&self) -> Reverts<()> {
        for observed in &self.observed {
            let values = [
                self.proxy.into(),
                (&observed.from).into(),
                (&observed.to).into(),
                (&observed.answer).into(),
            ];
            ask(
                observed.check,
                &encode(&afterUpgradeCall::SELECTOR, &values),
            )?;
        }
        Ok(())
    }
}
