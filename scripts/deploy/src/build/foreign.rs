//! Sources of others, such as a proposal's: their build scripts and macros run on this machine when they are built.

use super::cargo_home::{CargoHome, UNPACKED};
use super::config;
use super::error::BuildError;
use super::lock_file::LockFile;
use super::sandbox;
use super::source::Source;
use crate::error::Refusal;
use crate::keys;
use std::collections::BTreeSet;

/// The author of what is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The user, or somebody whose work the user has checked out.
    Own,
    /// Somebody who proposes it.
    Other,
}

/// One line that says what runs when `source` is built, by name. `lock` names the packages of the build.
pub(super) fn line(source: &Source, home: &CargoHome, lock: &LockFile) -> String {
    let fetched = fetched(home).unwrap_or_default().into_iter();
    let fetched: BTreeSet<String> = fetched.map(|one| one.folder).collect();
    let own = source.runs.iter().cloned();
    let elsewhere = lock.of_elsewhere();
    let elsewhere = elsewhere.map(|one| format!("what {one} brings"));
    let names: Vec<String> = own.chain(elsewhere).chain(fetched).collect();
    let name = &source.package.name;
    if names.is_empty() {
        format!("building {name} runs no code of its own on this machine")
    } else {
        format!(
            "building {name} runs code of others on this machine: {}",
            names.join(", ")
        )
    }
}

/// Returns true if code runs in the build that neither SDK nor framework brings, nor what many contracts use beside
/// them.
pub(super) fn runs_unknown(source: &Source, home: &CargoHome, lock: &LockFile) -> bool {
    let known = lock.below_sdk();
    let is_unknown = |name: &str| !known.contains(name) && lock.fetched(name).next().is_some();
    let fetched = fetched(home).unwrap_or_default();
    let is_elsewhere = lock.of_elsewhere().next().is_some();
    !source.runs.is_empty() || is_elsewhere || fetched.iter().any(|one| is_unknown(&one.name))
}

/// A package that was fetched, and the name of its folder.
struct Fetched {
    name: String,
    folder: String,
}

/// The fetched packages with macros or a build script.
fn fetched(home: &CargoHome) -> std::io::Result<Vec<Fetched>> {
    let mut found = Vec::new();
    for registry in std::fs::read_dir(home.folder.join(UNPACKED))? {
        for package in std::fs::read_dir(registry?.path())? {
            let folder = package?.path();
            let Ok(manifest) = config::parse(&folder.join("Cargo.toml")) else {
                continue;
            };
            let of = |table: &str, key: &str| Some(manifest.get(table)?.get(key)?.clone());
            let is_on = |value: toml::Value| value.as_bool() != Some(false);
            let is_macro = of("lib", "proc-macro").is_some_and(is_on);
            let is_script = match of("package", "build") {
                Some(build) => is_on(build),
                None => folder.join("build.rs").is_file(),
            };
            if is_macro || is_script {
                let name = of("package", "name");
                let name = name.as_ref().and_then(toml::Value::as_str);
                let folder = folder.file_name().unwrap_or_default();
                found.push(Fetched {
                    name: name.unwrap_or_default().to_owned(),
                    folder: folder.to_string_lossy().into_owned(),
                });
            }
        }
    }
    Ok(found)
}

/// Refuses to run code of others where it could read the user's key.
///
/// # Errors
/// `KeyInSight`.
pub(super) fn require_hidden_key() -> Result<(), BuildError> {
    if sandbox::kept().files {
        return Ok(());
    }
    match keys::in_sight() {
        None => Ok(()),
        Some(place) => {
            let message = format!("what runs in the build could read the key in {place}");
            let refusal = Refusal::new("KeyInSight", message).with(
                "a key in a keystore or a file of its own while sources of others are built",
                place,
                "give --keystore, --account or --private-key-path, and unset the variable; or use a kernel with Landlock",
            );
            Err(refusal.usage().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CargoHome, LockFile, line, runs_unknown};
    use crate::build::lock_file::REGISTRY;
    use crate::build::source::tests::Project;

    /// A package of a repository or of another registry may be called like one that everybody uses.
    #[test]
    fn what_comes_from_elsewhere_is_named_and_built_apart() {
        let project = Project::new();
        let source = project.source();
        let (own, real) = (project.path("own"), project.path("real"));
        let home = CargoHome::prepare(own, &real, false).expect("a home");
        for (from, is_unknown) in [
            (REGISTRY, false),
            ("registry+https://example.org/index", true),
            ("git+https://example.org/serde#0123", true),
        ] {
            let lock = format!(
                "version = 4\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"{from}\"\nchecksum = \"00\"\n"
            );
            let lock: LockFile = toml::from_str(&lock).expect("a lock file");
            assert_eq!(runs_unknown(&source, &home, &lock), is_unknown, "{from}");
            let line = line(&source, &home, &lock);
            assert_eq!(line.contains("serde 1.0.0"), is_unknown, "{line}");
        }
    }
}
