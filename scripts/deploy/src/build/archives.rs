//! Packages of registries as they lie on the disk. Cargo compares an archive with the lock file when it downloads it,
//! and neither that nor what it unpacked ever again. So builds have a folder for that of their own ([`CargoHome`]), and
//! this compares the archives.

use super::cargo_home::{CACHE, CargoHome, UNPACKED};
use super::error::BuildError;
use super::lock_file::LockFile;
use crate::error::Refusal;
use cargo_metadata::{Artifact, TargetKind};
use proc_macro2::{TokenStream, TokenTree};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The module of the chain's functions.
const HOST: &str = "vm_hooks";
/// The prefix of the id of a package that comes from a registry.
const REGISTRY: &str = "registry+";

/// Code compiled from registries that is not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unproven {
    /// Packages that come from a folder in the place of a registry: nothing says which files they have.
    pub(super) folders: BTreeSet<String>,
    /// Packages that neither SDK nor framework brings, and that may write or link anything: those with macros or a
    /// build script, and those that name the chain's functions.
    pub(super) others: BTreeSet<String>,
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
            let is_known = known.contains(package);
            let runs = [TargetKind::ProcMacro, TargetKind::CustomBuild];
            let is_run = runs.iter().any(|kind| one.target.is_kind(kind.clone()));
            if is_run && !is_known {
                found.others.insert(name.clone());
            }
            if !seen.insert(folder.to_owned()) {
                continue;
            }
            match archive(&home.folder, folder) {
                Some(archive) => require_named(&name, &archive, lock)?,
                None => drop(found.folders.insert(format!("{name} in a folder"))),
            }
            if !is_known && names_host(folder)? {
                found.others.insert(name);
            }
        }
        Ok(found)
    }
}

/// Returns true if a file below `folder` names the module of the chain's functions, which who declares one has to. Code
/// may include a file of any name.
fn names_host(folder: &Path) -> Result<bool, BuildError> {
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        let entries = std::fs::read_dir(&folder).map_err(BuildError::file("read", &folder))?;
        for entry in entries {
            let path = entry.map_err(BuildError::file("read", &folder))?.path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let text = text.trim_start_matches('\u{feff}');
            let tokens = text.parse::<TokenStream>();
            // The compiler leaves out a first line that names an interpreter.
            let rest = || text.strip_prefix("#!")?.split_once('\n')?.1.parse().ok();
            // What is no Rust is compiled by nobody; tests of parsers have such files.
            if tokens.ok().or_else(rest).is_some_and(has_host) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn has_host(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_host(group.stream()),
        TokenTree::Literal(literal) => {
            let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
            text.is_ok_and(|text| text.value() == HOST)
        }
        _ => false,
    })
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

/// Returns the path of the archive that cargo unpacked into `folder`.
fn archive(home: &Path, folder: &Path) -> Option<PathBuf> {
    let inside = folder.strip_prefix(home.join(UNPACKED)).ok()?;
    let mut parts = inside.iter();
    let (registry, package) = (parts.next()?, parts.next()?);
    let name = format!("{}.crate", package.to_string_lossy());
    Some(home.join(CACHE).join(registry).join(name))
}

/// Requires the archive to be the one whose checksum the lock file has.
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
        let home = CargoHome::prepare(folder.path().join("home"), &real, true).expect("a home");
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

        let vendored = folder.path().join("vendor/quote");
        std::fs::create_dir_all(&vendored).expect("a folder");
        let vendored = made(id, &vendored, "lib");
        let found = Unproven::of(&[&vendored], &lock(&checksum), &home).expect("compared");
        assert_eq!(
            found.folders,
            BTreeSet::from(["quote 1.0.0 in a folder".to_owned()])
        );

        // Macros of the SDK, and of nobody.
        let macros = made(id, &there, "proc-macro");
        let found = Unproven::of(&[&macros], &lock(&checksum), &home).expect("compared");
        assert_eq!(found.others, BTreeSet::new());
        for (kind, text, is_named) in [
            ("proc-macro", "", true),
            ("custom-build", "", true),
            ("lib", "fn a() {}", false),
            (
                "lib",
                "#[link(wasm_import_module = \"vm_h\\u{6f}oks\")] extern \"C\" {}",
                true,
            ),
        ] {
            let other = folder.path().join("other");
            std::fs::create_dir_all(other.join("src")).expect("a folder");
            std::fs::write(other.join("src/lib.rs"), text).expect("written");
            let other = made("registry+https://x/index#other@1.0.0", &other, kind);
            let found = Unproven::of(&[&other], &lock(&checksum), &home).expect("compared");
            assert_eq!(
                found.others.contains("other 1.0.0"),
                is_named,
                "{kind} {text}"
            );
        }
    }

    /// A package of a registry names the chain's functions where the compiler finds them, and a search for words of Rust
    /// files does not: in a file of another name, and behind a line for an interpreter.
    #[test]
    fn the_chains_functions_are_found_in_whatever_the_compiler_reads() {
        const IMPORT: &str = "#[link(wasm_import_module = \"vm_hooks\")] extern \"C\" {}";
        for (name, text) in [
            ("src/lib.rs", IMPORT.to_owned()),
            ("src/host.in", IMPORT.to_owned()),
            ("src/lib.rs", format!("#!/usr/bin/env \"\n{IMPORT}")),
            ("src/lib.rs", format!("#![no_std] {IMPORT}\n")),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::create_dir_all(folder.path().join("src")).expect("a folder");
            std::fs::write(folder.path().join(name), &text).expect("written");
            assert!(names_host(folder.path()).expect("read"), "{name}: {text}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("README.md"), "It's about vm_hooks.").expect("written");
        assert!(!names_host(folder.path()).expect("read"));
    }

    #[test]
    fn what_was_unpacked_before_is_unpacked_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (own, real) = (folder.path().join("home"), folder.path().join("real"));
        let prepare = |anew| CargoHome::prepare(own.clone(), &real, anew).expect("a home");
        // A home of before: one link.
        std::fs::create_dir_all(real.join("registry/src/index")).expect("a folder");
        std::fs::create_dir_all(&own).expect("a folder");
        std::os::unix::fs::symlink(real.join("registry"), own.join("registry")).expect("a link");
        prepare(false);
        let changed = own.join(UNPACKED).join("index/quote-1.0.0/src/lib.rs");
        std::fs::create_dir_all(changed.parent().expect("a folder")).expect("made");
        std::fs::write(&changed, "changed").expect("written");
        prepare(false);
        assert!(changed.exists());
        prepare(true);
        assert!(!changed.exists() && real.join("registry/src/index").is_dir());
        assert!(own.join(CACHE).is_dir());
    }
}
