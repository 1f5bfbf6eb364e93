//! Packages of registries as they lie on the disk. Cargo compares an archive with the lock file when it downloads it,
//! and neither that nor what it unpacked ever again. So each build unpacks anew ([`CargoHome`]) what this compared.

use super::cargo_home::{CACHE, CargoHome, UNPACKED};
use super::error::BuildError;
use super::lock_file::LockFile;
use crate::error::Refusal;
use cargo_metadata::{Artifact, TargetKind};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the id of a package begins with that comes from a registry.
const REGISTRY: &str = "registry+";

/// What was compiled of registries and is not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unproven {
    /// Packages that come from a folder in the place of a registry: nothing says which files they have.
    pub(super) folders: BTreeSet<String>,
    /// Packages with macros that neither SDK nor framework brings: they may write anything.
    pub(super) macros: BTreeSet<String>,
}

impl Unproven {
    /// Of what cargo compiled.
    ///
    /// # Errors
    /// `PackageDiffers` if an archive is another than the lock file names.
    pub(super) fn of(
        made: &[&Artifact],
        lock: &LockFile,
        home: &CargoHome,
    ) -> Result<Self, BuildError> {
        let mut found = Self::default();
        let known = lock.below_sdk();
        let mut seen = BTreeSet::new();
        for one in made {
            if !one.package_id.repr.starts_with(REGISTRY) {
                continue;
            }
            let folder = one.manifest_path.as_std_path().parent();
            let folder = folder.unwrap_or(Path::new(""));
            let name = named(&one.package_id.repr);
            let package = name.split(' ').next().unwrap_or_default();
            if one.target.is_kind(TargetKind::ProcMacro) && !known.contains(package) {
                found.macros.insert(format!("macros of {name}"));
            }
            if !seen.insert(folder.to_owned()) {
                continue;
            }
            match archive(&home.folder, folder) {
                Some(archive) => require_named(&name, &archive, lock)?,
                None => drop(found.folders.insert(format!("{name} in a folder"))),
            }
        }
        Ok(found)
    }
}

/// `quote 1.0.45` of `registry+https://…#quote@1.0.45`.
fn named(id: &str) -> String {
    let (url, end) = id.rsplit_once('#').unwrap_or(("", id));
    match end.split_once('@') {
        Some((name, version)) => format!("{name} {version}"),
        None => {
            let name = url.rsplit('/').next().unwrap_or_default();
            format!("{name} {end}")
        }
    }
}

/// Where the archive lies that cargo unpacked into `folder`.
fn archive(home: &Path, folder: &Path) -> Option<PathBuf> {
    let inside = folder.strip_prefix(home.join(UNPACKED)).ok()?;
    let mut parts = inside.iter();
    let (registry, package) = (parts.next()?, parts.next()?);
    let name = format!("{}.crate", package.to_string_lossy());
    Some(home.join(CACHE).join(registry).join(name))
}

/// That the archive is the one whose checksum the lock file has.
fn require_named(name: &str, archive: &Path, lock: &LockFile) -> Result<(), BuildError> {
    let bytes = std::fs::read(archive).map_err(BuildError::file("read", archive))?;
    let found = hex::encode(Sha256::digest(&bytes));
    let expected = lock.checksum_of(name);
    if expected == Some(found.as_str()) {
        return Ok(());
    }
    let path = archive.display();
    let message = format!("the archive of {name} is not the one that Cargo.lock names: {path}");
    let refusal = Refusal::new("PackageDiffers", message).with(
        format!("the SHA-256 {}", expected.unwrap_or("of the lock file")),
        found,
        format!("remove {path}: cargo downloads it again. Somebody changed it on this machine"),
    );
    Err(refusal.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain;
    use serde_json::json;

    fn made(id: &str, folder: &Path, kind: &str) -> Artifact {
        let made = json!({
            "package_id": id,
            "manifest_path": folder.join("Cargo.toml"),
            "target": { "name": "a", "kind": [kind], "crate_types": [kind], "src_path": folder.join("src/lib.rs") },
            "profile": { "opt_level": "0", "debug_assertions": false, "overflow_checks": false, "test": false },
            "features": [], "filenames": [], "executable": null, "fresh": true,
        });
        serde_json::from_value(made).expect("an artifact")
    }

    #[test]
    fn what_a_registry_sent_is_compared_with_the_lock_file_and_a_folder_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().join("real");
        let cache = real.join(CACHE).join("index");
        std::fs::create_dir_all(&cache).expect("a folder");
        std::fs::write(cache.join("quote-1.0.0.crate"), "archive").expect("written");
        let home = CargoHome::prepare(folder.path().join("home"), &real).expect("a home");
        let checksum = hex::encode(Sha256::digest("archive"));
        let entry = |name: &str, checksum: &str, needs: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://x/index\"\n\
                 checksum = \"{checksum}\"\ndependencies = [{needs}]\n"
            )
        };
        let lock = |checksum: &str| -> LockFile {
            let sdk = entry("stylus-sdk", checksum, "\"quote\"");
            let text = format!("version = 4\n{}{sdk}", entry("quote", checksum, ""));
            toml::from_str(&text).expect("a lock file")
        };
        let id = "registry+https://x/index#quote@1.0.0";
        let there = home.folder.join(UNPACKED).join("index/quote-1.0.0");
        let fetched = made(id, &there, "lib");
        let found = Unproven::of(&[&fetched], &lock(&checksum), &home).expect("the archive");
        assert_eq!(found, Unproven::default());

        let error = Unproven::of(&[&fetched], &lock("00"), &home).expect_err("another");
        assert_eq!(error.name(), "PackageDiffers", "{error}");

        let vendored = made(id, Path::new("/vendor/quote"), "lib");
        let found = Unproven::of(&[&vendored], &lock(&checksum), &home).expect("compared");
        assert_eq!(
            found.folders,
            BTreeSet::from(["quote 1.0.0 in a folder".to_owned()])
        );

        // Macros of the SDK, and of nobody.
        let macros = made(id, &there, "proc-macro");
        let found = Unproven::of(&[&macros], &lock(&checksum), &home).expect("compared");
        assert_eq!(found.macros, BTreeSet::new());
        let other = "registry+https://x/index#other@1.0.0";
        let macros = made(other, Path::new("/vendor/other"), "proc-macro");
        let found = Unproven::of(&[&macros], &lock(&checksum), &home).expect("compared");
        assert_eq!(
            found.macros,
            BTreeSet::from(["macros of other 1.0.0".to_owned()])
        );
    }

    #[test]
    fn what_was_unpacked_before_is_unpacked_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (own, real) = (folder.path().join("home"), folder.path().join("real"));
        let prepare = || CargoHome::prepare(own.clone(), &real).expect("a home");
        // A home of before: one link.
        std::fs::create_dir_all(real.join("registry/src/index")).expect("a folder");
        std::fs::create_dir_all(&own).expect("a folder");
        std::os::unix::fs::symlink(real.join("registry"), own.join("registry")).expect("a link");
        prepare();
        let changed = own.join(UNPACKED).join("index/quote-1.0.0/src/lib.rs");
        std::fs::create_dir_all(changed.parent().expect("a folder")).expect("made");
        std::fs::write(&changed, "changed").expect("written");
        prepare();
        assert!(!changed.exists() && real.join("registry/src/index").is_dir());
        assert!(own.join(CACHE).is_dir());
    }
}
