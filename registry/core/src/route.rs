//! The path of an instance to a version.

use alloc::vec::Vec;

use crate::{
    chain::Reverts,
    errors, path,
    state::{Definition, Step, Version},
};

/// The versions on the path from the one of index `from` to `to`, each with the step that
/// leads there.
pub fn find(definition: &Definition, from: u32, to: &Version) -> Reverts<Vec<(Version, Step)>> {
    let mut label = definition.label_of(from);
    let legs = path::find(from, to.index, |version| {
        Version::ways(definition.id, version)
    });
    let Some(legs) = legs else {
        return Err(errors::no_path(&definition.name, &label, &to.label));
    };
    let mut path = Vec::with_capacity(legs.len());
    for leg in legs {
        let version = Version::load(definition.id, leg.to);
        let step = version.way(leg.way, label);
        label = version.label.clone();
        path.push((version, step));
    }
    Ok(path)
}
