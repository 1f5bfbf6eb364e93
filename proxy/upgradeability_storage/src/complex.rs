//! Complex steps: the path stops where one starts, and continues when its program reports that every
//! item is migrated. Between the two the program is the running code, and it refuses everything
//! but `IComplexMigration`.

use alloc::vec::Vec;

use stylus_upgrades_interface::{
    instance::PathStep,
    proxy::IUpgradeabilityProxy as Abi,
    reasons::{invalid_step, step as kind, token},
    registry::IRegistry,
    slots,
};

use crate::{
    guard::Guard,
    instance::Instance,
    marks, registry,
    revert::{Reverts, revert},
    step, upgrade,
};

/// Whether the step is complex.
pub(crate) fn is_complex(path_step: &PathStep) -> bool {
    path_step.kind == kind::COMPLEX
}

/// Refuses, before the first step, a path with a complex step to which `data` was given, or on
/// which a migration waits for calldata: when the complex step ends, nobody brings any.
pub(crate) fn check_data(path: &[PathStep], data: &[u8]) -> Reverts<()> {
    let Some(complex) = path.iter().find(|path_step| is_complex(path_step)) else {
        return Ok(());
    };
    if !data.is_empty() {
        return Err(revert(IRegistry::InvalidStep {
            from: complex.from.clone(),
            to: complex.to.clone(),
            reason: invalid_step::DATA_WITH_COMPLEX,
        }));
    }
    match path.iter().find(|path_step| upgrade::takes_data(path_step)) {
        None => Ok(()),
        Some(waiting) => Err(marks::not_applied(waiting)),
    }
}

/// Starts a complex step: its program sets up what it needs under the token, the registry
/// notes where the path stops, and the program is the running code from now on.
pub(crate) fn start(instance: &Instance, path_step: &PathStep) -> Reverts<()> {
    marks::permit(path_step)?;
    let guard = Guard::within(instance, path_step);
    guard.check()?; // what its end asks for: a step that could not end does not begin
    step::under_token(token::COMPLEX, path_step, path_step.script, &path_step.data)?;
    guard.check()?;
    registry::suspend(instance)?;
    instance.switch_to(path_step.script);
    Ok(())
}

/// Leaves the step that the instance is in: forward, along what is left of the path, or back to
/// the code that it came from.
pub(crate) fn finish(instance: &Instance, back: bool) -> Reverts<Vec<u8>> {
    let program = instance.implementation();
    instance.pause()?;
    let path = registry::resume(instance, back)?;
    let Some((complex, rest)) = path.split_first() else {
        return Ok(Vec::new());
    };
    if program != complex.script {
        return Err(revert(Abi::UpgradeSlotsTouched {
            slot: slots::IMPLEMENTATION,
        }));
    }
    Guard::within(instance, complex).check()?;
    if back {
        registry::end(instance, &complex.from)?;
        instance.switch_to(complex.implementation);
        return Ok(Vec::new());
    }
    marks::set_by_proxy(complex);
    let last = rest.last().unwrap_or(complex);
    upgrade::travel(instance, rest, last, &[])?;
    Ok(Vec::new())
}
