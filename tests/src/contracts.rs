//! The contracts that tests run, by the names of their packages.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use stylus_upgrades::build::{Artifact, BuildError, Builder};
use stylus_upgrades_harness::{HarnessError, builder, home};

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

/// The same by the builder of this process, which reads the sources once.
///
/// # Errors
/// As [`contract`].
pub fn built(package: &str) -> Result<Artifact, HarnessError> {
    static BUILT: Mutex<BTreeMap<String, Artifact>> = Mutex::new(BTreeMap::new());
    let known = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(artifact) = known().get(package) {
        return Ok(artifact.clone());
    }
    let artifact = contract(builder()?, package)?;
    known().insert(package.into(), artifact.clone());
    Ok(artifact)
}
