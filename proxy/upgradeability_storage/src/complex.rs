//! Complex steps: the path stops where one starts. The step ends when its program reports that every item is migrated.
//! Between the two the program is the running code, and it refuses everything but `IComplexMigration`.

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

/// Returns true if the step is complex.
pub(crate) fn is_complex(path_step: &PathStep) -> bool {
    path_step.kind == kind::COMPLEX
}

/// Refuses, before the first step, a path with a complex step to which `data` was given, or on
/// which a migration waits for calldata: `rollout`, which goes on after the complex step, brings none.
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

/// Leaves the step that the instance is in, forward or back: it runs what the registry says, the code of the version
/// where the step ends, or the pause stub.
pub(crate) fn finish(instance: &Instance, back: bool) -> Reverts<Vec<u8>> {
    let program = instance.implementation();
    instance.pause()?;
    let complex = registry::resume(instance, back)?;
    if program != complex.script {
        return Err(revert(Abi::UpgradeSlotsTouched {
            slot: slots::IMPLEMENTATION,
        }));
    }
    Guard::within(instance, &complex).check()?;
    let version = if back {
        &complex.from
    } else {
        marks::set_by_proxy(&complex);
        &complex.to
    };
    registry::end(instance, version)?;
    instance.switch_to(complex.implementation);
    Ok(Vec::new())
}
