//! The path of an instance to a version.

use alloc::vec::Vec;

use stylus_upgrades_interface::ids::VersionIndex;

use crate::{
    chain::Reverts,
    errors, path,
    state::{Definition, Step, Version},
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
