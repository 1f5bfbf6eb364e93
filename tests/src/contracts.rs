//! The contracts that tests run, by the names of their packages.

use std::path::PathBuf;

use stylus_upgrades::build::{Artifact, BuildError, Builder};
use stylus_upgrades_harness::home;

/// The folder of a contract in `tests/contracts`, whether it is there or not.
pub fn folder(package: &str) -> PathBuf {
    home()
        .join("tests/contracts")
        .join(package.replace('-', "_"))
}

/// Builds a contract of this workspace, or of `tests/contracts`.
///
/// # Errors
/// If there is none of that name, or it does not build.
pub fn contract(builder: &Builder, package: &str) -> Result<Artifact, BuildError> {
    let folder = folder(package);
    match folder.is_dir() {
        true => builder.path(&folder),
        false => builder.contract(package),
    }
}
