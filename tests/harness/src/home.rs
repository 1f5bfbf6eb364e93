//! The workspace whose tests run, and the builder of its contracts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use stylus_upgrades_common::manifest::Manifest;
use stylus_upgrades_deploy::build::{Artifact, Builder, is_framework, workspace_of};
use stylus_upgrades_deploy::versions::Versions;

use crate::error::HarnessError;
use crate::lines::Lines;

/// The root of the workspace whose test or program this is: `STYLUS_UPGRADES_HOME` if it is set,
/// else the one that cargo runs it for, else the one that the current folder lies in.
pub fn home() -> PathBuf {
    if let Some(home) = std::env::var_os("STYLUS_UPGRADES_HOME") {
        return home.into();
    }
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    let home = HOME.get_or_init(|| {
        let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
        let crate_folder = PathBuf::from(crate_folder);
        workspace_of(&crate_folder).unwrap_or(crate_folder)
    });
    home.clone()
}

/// The builder of that workspace's contracts, one for the whole process; what it builds goes into
/// the workspace's target folder. The framework is the pinned one; in a clone of the framework, it
/// is that of the clone's sources.
///
/// # Errors
/// [`HarnessError::Build`] if there is no workspace.
pub fn builder() -> Result<&'static Builder, HarnessError> {
    static BUILDER: OnceLock<Builder> = OnceLock::new();
    match BUILDER.get() {
        Some(builder) => Ok(builder),
        None => {
            let builder = make(&home())?;
            Ok(BUILDER.get_or_init(|| builder))
        }
    }
}

/// What the contract crate in `folder` builds to. One of this workspace is read once per process: no test changes the
/// workspace that it runs in.
pub(crate) fn built(folder: &Path) -> Result<Artifact, HarnessError> {
    static BUILT: Mutex<BTreeMap<PathBuf, Artifact>> = Mutex::new(BTreeMap::new());
    let known = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
    let folder = real(folder);
    if let Some(artifact) = known().get(&folder) {
        return Ok(artifact.clone());
    }
    let artifact = builder()?.path(&folder)?;
    if folder.starts_with(real(&home())) {
        known().insert(folder, artifact.clone());
    }
    Ok(artifact)
}

fn make(home: &Path) -> Result<Builder, HarnessError> {
    let builder = Builder::at(home, Arc::new(Lines))?;
    Ok(match is_framework(home) {
        true => builder.framework_as_in(home)?,
        false => builder,
    })
}

/// `program`, a build of the command line, as a command that knows this workspace's contracts by
/// their names and deploys the framework that [`builder`] has.
///
/// # Errors
/// As [`builder`]; whatever keeps the framework from being built.
pub fn command_line(program: &Path) -> Result<Command, HarnessError> {
    let mut command = Command::new(program);
    command.env("STYLUS_UPGRADES_HOME", home());
    // What a test meets is none of the user's business.
    command.env("STYLUS_UPGRADES_STATE", target("state"));
    command.env("XDG_CACHE_HOME", target("cache"));
    // Nor is its folder that of a pull request, where a workflow runs the test.
    command.env_remove("CI");
    if !builder()?.framework()?.is_pinned() {
        command.env("STYLUS_UPGRADES_FRAMEWORK_FROM", home());
    }
    Ok(command)
}

/// What was registered from this project: beside its manifest, else in the workspace's root.
pub(crate) fn versions() -> Versions {
    let home = home();
    let manifest = Manifest::nearest(&home);
    let folder = manifest.as_deref().and_then(Path::parent);
    Versions::beside(folder.unwrap_or(&home))
}

/// The folder `name` below the workspace's `target`.
pub(crate) fn target(name: &str) -> PathBuf {
    home().join("target").join(name)
}
