//! The path of an instance to a version, and whether every program on it can run.

use alloc::vec::Vec;

use alloy_primitives::Address;

use stylus_upgrades_interface::ids::VersionIndex;

use crate::{
    chain::Reverts,
    definition::Definition,
    errors, path,
    runnable::{check, same_code},
    version::{Step, Version},
};

/// The versions on the path from the one of index `from` to `to`, each with the step that
/// leads there.
pub fn find(
    definition: &Definition,
    from: VersionIndex,
    to: &Version,
) -> Reverts<Vec<(Version, Step)>> {
    let mut label = definition.label_of(from);
    let edges = path::find(from, to.index, |version| {
        Version::incoming(definition.id, version)
    });
    let Some(edges) = edges else {
        return Err(errors::no_path(&definition.name, &label, &to.label));
    };
    let mut path = Vec::with_capacity(edges.len());
    for edge in edges {
        let version = Version::load(definition.id, edge.to);
        let step = version.incoming_step(edge.position, label);
        label = version.label.clone();
        path.push((version, step));
    }
    Ok(path)
}

/// Refuses a path with a program that cannot run, or is not the code that was approved: an implementation, a
/// script or a check.
pub fn check_programs(path: &[(Version, Step)]) -> Reverts<()> {
    let programs = |(version, step): &(Version, Step)| {
        [
            (version.code.implementation, version.code.codehash),
            (step.script, step.script_codehash),
        ]
    };
    let used = |(account, _): &(Address, _)| !account.is_zero();
    for (account, _) in path.iter().flat_map(programs).filter(used) {
        check(account)?;
    }
    for (account, codehash) in path.iter().flat_map(programs).filter(used) {
        same_code(account, codehash)?;
    }
    Ok(())
}
