//! Whether others can make the same code of the sources: who has cargo-stylus, by cloning the commit and running it in
//! its container, as explorers do. There the workspace is all that there is.

use super::cargo_stylus::{HOST, project_hash};
use super::committed::Committed;
use super::package::ELSEWHERE;
use super::procedure::STYLUS;
use super::source::Source;
use super::toolchain::Toolchain;
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// It reads the compiler's version in one of that name.
const TOOLCHAIN: &str = "rust-toolchain.toml";
const LOCK: &str = "Cargo.lock";
/// Channels that name another compiler each day.
const MOVING: [&str; 3] = ["stable", "beta", "nightly"];
/// Folders that cargo-stylus does not look into.
const NOT_HASHED: [&str; 2] = ["target", ".git"];

/// The hash of the sources that cargo-stylus has, or why others could not make the same code.
pub(super) fn project_hash_of(source: &Source, toolchain: &Toolchain) -> Result<B256, String> {
    let root = &source.package.root;
    let committed = Committed::of(source).ok_or("the sources are of no commit")?;
    let tracked = committed.below(root).map_err(|path| {
        let path = path.display();
        format!("{path} is a link or a repository of its own")
    })?;
    require_buildable(source, toolchain, &tracked)?;
    if committed.first_difference(source).is_some() {
        return Err(format!("the sources differ from {}", committed.id));
    }
    let mut files = BTreeMap::new();
    for path in tracked.into_iter().filter(|path| is_hashed(path)) {
        let file = root.join(&path);
        let bytes = std::fs::read(&file);
        let bytes = bytes.map_err(|error| format!("{}: {error}", path.display()))?;
        if !committed.has(&file, &bytes) {
            return Err(format!("{} differs from the commit", path.display()));
        }
        files.insert(path, bytes);
    }
    Ok(project_hash(&toolchain.cargo_version, &files))
}

/// That the container, which has the workspace and nothing else, builds this contract, and by what cargo builds here.
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
    let stylus = std::fs::read_to_string(package.folder.join(STYLUS)).unwrap_or_default();
    if stylus
        .parse::<toml::Table>()
        .is_ok_and(|table| table.contains_key("wasm-opt"))
    {
        return Err(format!("{STYLUS} asks for wasm-opt"));
    }
    let channel = &source.toolchain.channel;
    if MOVING.contains(&channel.as_str()) || channel.contains("nightly") {
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
    match package.compiled_with() {
        None => Err(
            "cargo does not compile it in the root of its workspace: add it to default-members"
                .into(),
        ),
        Some(others) if !others.is_empty() => Err(format!(
            "cargo-stylus compiles it together with {}, which may turn features on: name the contract alone as \
             default-members",
            others.join(", ")
        )),
        Some(_) => Ok(()),
    }
}

/// Whether cargo-stylus hashes a file of the workspace.
fn is_hashed(path: &Path) -> bool {
    let mut folders = path.parent().into_iter().flat_map(Path::components);
    let is_seen = !folders.any(|one| NOT_HASHED.iter().any(|name| one.as_os_str() == *name));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_source = name == "Cargo.toml" || name == LOCK || name.ends_with(".rs");
    (is_seen && is_source) || path == Path::new(TOOLCHAIN)
}

#[cfg(test)]
mod tests;
