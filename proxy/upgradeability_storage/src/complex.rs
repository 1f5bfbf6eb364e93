//! Complex steps: the path stops where one starts, and goes on when its program says that every
//! item is migrated. Between the two the program is the running code, and it refuses everything
//! but `IComplexMigration`.

use alloc::vec::Vec;

use stylus_upgrades_interface::{
    instance::Hop,
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

/// Whether the hop is one.
pub(crate) fn is_complex(hop: &Hop) -> bool {
    hop.kind == kind::COMPLEX
}

/// Refuses, before the first step, a path with a complex step to which `data` was given, or on
/// which a migration waits for calldata: when the complex step ends, nobody brings any.
pub(crate) fn check_data(hops: &[Hop], data: &[u8]) -> Reverts<()> {
    let Some(complex) = hops.iter().find(|hop| is_complex(hop)) else {
        return Ok(());
    };
    if !data.is_empty() {
        return Err(revert(IRegistry::InvalidStep {
            from: complex.from.clone(),
            to: complex.to.clone(),
            reason: invalid_step::DATA_WITH_COMPLEX,
        }));
    }
    match hops.iter().find(|hop| upgrade::takes_data(hop)) {
        None => Ok(()),
        Some(waiting) => Err(marks::not_applied(waiting)),
    }
}

/// Starts the step of a hop: its program sets up what it needs under the token, the registry
/// notes where the path stops, and the program is the running code from now on.
pub(crate) fn start(instance: &Instance, hop: &Hop) -> Reverts<()> {
    marks::permit(hop)?;
    let guard = Guard::before(hop);
    step::under_token(token::COMPLEX, hop, hop.script, &hop.data)?;
    guard.check()?;
    registry::suspend(instance)?;
    instance.resume(hop.script);
    Ok(())
}

/// Leaves the step that the instance is in: forward, along what is left of the path, or back to
/// the code that it came from.
pub(crate) fn finish(instance: &Instance, back: bool) -> Reverts<Vec<u8>> {
    let program = instance.implementation();
    instance.pause()?;
    let hops = registry::resume(instance, back)?;
    let Some((complex, rest)) = hops.split_first() else {
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
        instance.resume(complex.implementation);
        return Ok(Vec::new());
    }
    marks::set_by_proxy(complex);
    let last = rest.last().unwrap_or(complex);
    upgrade::travel(instance, rest, last, &[])?;
    Ok(Vec::new())
}
