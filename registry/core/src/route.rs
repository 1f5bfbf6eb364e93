//! The path of an instance to a version, and whether every program on it can run.

use alloc::vec::Vec;

use stylus_upgrades_interface::{ids::VersionIndex, instance::STAYS_PAUSED, limits::PATH_MAX};

use crate::{
    build,
    chain::Reverts,
    definition::Definition,
    errors, path,
    runnable::check_code,
    version::{MigrationStep, RegisteredVersion},
};

/// The versions that an upgrade goes through, each with the step that leads there.
#[derive(Clone, Debug)]
pub struct UpgradeRoute {
    /// At most [`PATH_MAX`], in order.
    pub steps: Vec<(RegisteredVersion, MigrationStep)>,
    /// True if the path to the version is longer than they are.
    pub is_cut: bool,
}

/// The way from the version of index `from` to `to`.
pub fn find(
    definition: &Definition,
    from: VersionIndex,
    to: &RegisteredVersion,
) -> Reverts<UpgradeRoute> {
    let mut label = definition.label_of(from);
    let edges = path::find(from, to.index, |version| {
        RegisteredVersion::incoming(definition.id, version)
    });
    let Some(mut edges) = edges else {
        return Err(errors::no_path(&definition.name, &label, &to.label));
    };
    let is_cut = edges.len() > PATH_MAX;
    edges.truncate(PATH_MAX);
    let mut steps = Vec::with_capacity(edges.len());
    for edge in edges {
        let version = RegisteredVersion::load(definition.id, edge.to);
        let step = version.incoming_step(edge.position, label);
        label = version.label.clone();
        steps.push((version, step));
    }
    Ok(UpgradeRoute { steps, is_cut })
}

impl UpgradeRoute {
    /// Adds the step after which an instance stays on the pause stub: it is at the last version, and goes on later.
    pub fn end_on_stub(&mut self) {
        if let Some((last, _)) = self.steps.last() {
            let mut stub = last.clone();
            stub.label.extend_from_slice(STAYS_PAUSED);
            stub.code.implementation = build::STUB;
            let step = MigrationStep {
                from: last.label.clone(),
                ..MigrationStep::default()
            };
            self.steps.push((stub, step));
        }
    }
}

/// Refuses a path with a program that cannot run, or is not the code that was approved: an implementation, a
/// script or a check.
pub fn check_programs(path: &[(RegisteredVersion, MigrationStep)]) -> Reverts<()> {
    for (version, step) in path {
        check_code(version.code.implementation, version.code.codehash)?;
        if !step.script.is_zero() {
            check_code(step.script, step.script_codehash)?;
        }
    }
    Ok(())
}
