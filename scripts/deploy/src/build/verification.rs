//! Checks whether others can make the same code of the sources: who has cargo-stylus, by cloning the commit and running
//! it in its container, as explorers do. There the workspace is all that there is.

use super::cargo_stylus::{HOST, project_hash};
use super::committed::Committed;
use super::config;
use super::package::{ELSEWHERE, Package};
use super::procedure::STYLUS;
use super::source::Source;
use super::toolchain::{Toolchain, ToolchainFile};
use crate::project_file;
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// It reads the compiler's version in one of that name.
const TOOLCHAIN: &str = "rust-toolchain.toml";
const LOCK: &str = "Cargo.lock";
/// Folders that cargo-stylus does not look into.
const NOT_HASHED: [&str; 2] = ["target", ".git"];

/// The hash of the sources that cargo-stylus has, or why others could not make the same code.
pub(super) fn project_hash_of(
    source: &Source,
    toolchain: &Toolchain,
    committed: Option<&Committed>,
) -> Result<B256, String> {
    let root = &source.package.root;
    let committed = committed.ok_or("the sources are of no commit")?;
    let tracked = committed.below(root).map_err(|path| {
        let path = path.display();
        format!("{path} is a link or a repository of its own")
    })?;
    if let Some(path) = committed.first_conversion(root) {
        return Err(format!(
            "{} has git change files that it writes",
            path.display()
        ));
    }
    require_buildable(source, toolchain, &tracked)?;
    if let Some(path) = committed.first_difference(source) {
        let path = path.strip_prefix(root).unwrap_or(&path).display();
        return Err(format!("{path} differs from commit {}", committed.id));
    }
    let mut files = BTreeMap::new();
    for path in tracked.into_iter().filter(|path| is_hashed(path)) {
        let file = root.join(&path);
        let bytes = project_file::read_bytes(&file).map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or_else(|| format!("{} is not there", path.display()))?;
        if !committed.has(&file, &bytes) {
            return Err(format!("{} differs from the commit", path.display()));
        }
        files.insert(path, bytes);
    }
    Ok(project_hash(&toolchain.cargo_version, &files))
}

/// Requires that the container, which has the workspace and nothing else, builds this contract, and by what cargo
/// builds here.
fn require_buildable(
    source: &Source,
    toolchain: &Toolchain,
    tracked: &[PathBuf],
) -> Result<(), String> {
    let package = &source.package;
    let inside = package.folder.strip_prefix(&package.root);
    let inside = inside.map_err(|_| "the crate lies outside its workspace".to_owned())?;
    for file in [
        Path::new(STYLUS),
        Path::new(TOOLCHAIN),
        Path::new(LOCK),
        &inside.join(STYLUS),
    ] {
        if !tracked.iter().any(|path| path == file) {
            return Err(format!("{} is not in the commit", file.display()));
        }
    }
    let stylus_of = |folder: &Path| {
        let text = project_file::read(&folder.join(STYLUS)).map_err(|error| error.to_string())?;
        let text = text.unwrap_or_default();
        let table = text.parse::<toml::Table>();
        table.map_err(|_| format!("{STYLUS} is not TOML"))
    };
    if stylus_of(&package.folder)?.contains_key("wasm-opt") {
        return Err(format!(
            "{STYLUS} asks for wasm-opt, and is compared with no container"
        ));
    }
    let workspace = stylus_of(&package.root)?;
    if workspace
        .get("workspace")
        .and_then(|one| one.get("networks"))
        .is_none()
    {
        return Err(format!(
            "{STYLUS} of the workspace has no table workspace.networks"
        ));
    }
    // The container runs cargo in the root of the workspace.
    let of_root = ToolchainFile::of(&package.root).map_err(|error| error.to_string())?;
    if of_root.path.as_ref() != Some(&package.root.join(TOOLCHAIN)) {
        return Err(format!(
            "another file than {TOOLCHAIN} of the workspace names the compiler"
        ));
    }
    let channel = &source.toolchain.channel;
    if of_root.channel != *channel {
        return Err(format!(
            "{TOOLCHAIN} of the workspace names {}, and the file of the crate {channel}: name one version",
            of_root.channel
        ));
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if channel.split('.').count() != 3 || !channel.split('.').all(is_number) {
        return Err(format!("{TOOLCHAIN} names {channel}: name one version"));
    }
    let of_host = format!("host: {HOST}");
    if !toolchain.version.lines().any(|line| line == of_host) {
        return Err(format!("the compiler here is none for {HOST}"));
    }
    if let Some(part) = source
        .parts
        .iter()
        .find(|part| part.place.starts_with(ELSEWHERE))
    {
        return Err(format!("{} lies outside the workspace", part.name));
    }
    if let Some(name) = source.constants.first() {
        return Err(format!("{name} of the framework is compiled in"));
    }
    require_settings(package)?;
    if let Some(name) = source.lock.first_stale(package.members()) {
        return Err(format!(
            "{LOCK} does not know {name} as it is: run cargo update --workspace"
        ));
    }
    if !package.has_findable_library() {
        return Err(format!(
            "cargo-stylus looks for a module called {}: call the library so, or add \"lib\" to its crate-type",
            package.name
        ));
    }
    match package.compiled_with().map_err(|error| error.to_string())? {
        None => Err(
            "cargo does not compile it in the root of its workspace: add it to default-members"
                .into(),
        ),
        Some(others) if !others.is_empty() => Err(format!(
            "cargo-stylus compiles it together with what {} depends on, which may turn features on: name the contract \
             alone as default-members, and resolver 2 or newer",
            others.join(", ")
        )),
        Some(_) => Ok(()),
    }
}

/// Requires that cargo's settings in the root of the workspace, which hold in the container, hold here too.
fn require_settings(package: &Package) -> Result<(), String> {
    let places = config::places(&package.root, &package.root);
    for path in places.iter().filter(|path| path.is_file()) {
        let found = config::first_without_effect(path).map_err(|error| error.to_string())?;
        if let Some(setting) = found {
            return Err(format!(
                "{setting} of .cargo/config.toml has no effect here: leave it out"
            ));
        }
    }
    Ok(())
}

/// Returns true if cargo-stylus hashes a file of the workspace.
fn is_hashed(path: &Path) -> bool {
    let mut folders = path.parent().into_iter().flat_map(Path::components);
    let is_seen = !folders.any(|folder| NOT_HASHED.iter().any(|name| folder.as_os_str() == *name));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_source = name == "Cargo.toml" || name == LOCK || name.ends_with(".rs");
    (is_seen && is_source) || path == Path::new(TOOLCHAIN)
}

#[cfg(test)]
mod tests;
