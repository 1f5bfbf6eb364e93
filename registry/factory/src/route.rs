//! The path of an instance to a version.

use alloc::vec::Vec;

use stylus_registry_core::{
    path::{self, Leg},
    state::{Definition, Version},
};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::NoPath;

/// The path from the version of index `from` to `to`.
pub(crate) fn find(definition: &Definition, from: u32, to: &Version) -> Result<Vec<Leg>, NoPath> {
    path::find(from, to.index, |version| {
        Version::ways(definition.id, version)
    })
    .ok_or_else(|| NoPath {
        name: definition.name.clone(),
        from: definition.label_of(from),
        to: to.label.clone(),
    })
}
