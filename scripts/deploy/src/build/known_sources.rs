//! The packages of the framework: those whose files are byte for byte the ones that this program was built with.
//! The name proves nothing. Anybody can give it to a package, in a folder, a repository or a registry.

use super::copied;
use super::lock_file::LockFile;
use super::package::FRAMEWORK;
use super::package::is_library;
use super::tree::{Tree, join};
use alloy::primitives::{B256, keccak256};
use cargo_metadata::{Artifact, Target, TargetKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use stylus_upgrades_framework::SOURCES;

/// The file that decides what else of a package is compiled.
const MANIFEST: &str = "Cargo.toml";
/// The same as its author wrote it, where cargo wrote another to publish it.
const ORIGINAL: &str = "Cargo.toml.orig";

/// Files that may be a package of the framework.
pub(super) struct Candidate<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its folder on the disk.
    pub(super) folder: &'a Path,
    /// Its files, at `place`.
    pub(super) files: &'a Tree,
    /// Their place in the tree.
    pub(super) place: &'a Path,
}

impl Candidate<'_> {
    /// Returns true if every file that may be compiled is known, and nothing else is made or used by it.
    pub(super) fn is_framework<'t>(
        &self,
        targets: impl Iterator<Item = &'t Target>,
        lock: &LockFile,
    ) -> bool {
        let own = |inside: &str| join(self.place, Path::new(inside));
        let is_published = self.files.get(&own(ORIGINAL)).is_some();
        let known = sources(self.name).map(|(inside, bytes)| match inside {
            MANIFEST if is_published => (own(ORIGINAL), bytes),
            inside => (own(inside), bytes),
        });
        let known: Vec<(PathBuf, &[u8])> = known.collect();
        let is_there = |(path, known): &(PathBuf, &[u8])| {
            let file = self.files.get(path);
            file.is_some_and(|file| file.bytes == *known)
        };
        let is_known = |path: &Path| known.iter().any(|(one, _)| one == path);
        let tests = own("tests");
        let mut paths = self.files.entries().map(|(path, _)| path);
        let makes_code = |one: &&Target| {
            let mut kinds = one.kind.iter();
            kinds.any(|kind| is_library(kind) || *kind == TargetKind::CustomBuild)
        };
        let library = self.folder.join("src/lib.rs");
        !known.is_empty()
            && known.iter().all(is_there)
            && paths.all(|path| !is_rust(path) || is_known(path) || path.starts_with(&tests))
            && targets
                .filter(makes_code)
                .all(|target| target.src_path == library)
            && self.uses_its_own(lock)
    }

    /// Returns true if all that it depends on has the name of a dependency of it. Its workspace may point one at
    /// anything.
    fn uses_its_own(&self, lock: &LockFile) -> bool {
        let manifest = sources(self.name).find(|(inside, _)| *inside == MANIFEST);
        let text = manifest.map(|(_, bytes)| String::from_utf8_lossy(bytes));
        let manifest = text.and_then(|text| text.parse::<toml::Table>().ok());
        let is_named = |table: &toml::Table, used: &str| {
            let mut all = ["dependencies", "dev-dependencies"].iter();
            all.any(|kind| table.get(*kind).is_some_and(|all| all.get(used).is_some()))
        };
        let mut used = lock.used_by(self.name);
        manifest.is_some_and(|manifest| used.all(|used| is_named(&manifest, used)))
    }
}

/// The files of one of the framework's packages.
fn sources(package: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let own = SOURCES.iter().filter(move |(name, ..)| *name == package);
    own.map(|(_, inside, bytes)| (*inside, *bytes))
}

/// The packages that cargo fetched and that are the framework's, as they are named to people, by what cargo compiled:
/// `copy` holds what was not fetched.
pub(super) fn proven(lock: &LockFile, made: &[&Artifact], copy: &Path) -> BTreeSet<String> {
    let is_proven = |name: &str| {
        let library = name.replace('-', "_");
        let is_it = |one: &&&Artifact| one.target.name == library;
        let folders: BTreeSet<_> = made
            .iter()
            .filter(is_it)
            .filter_map(|one| one.manifest_path.parent())
            .collect();
        let mut folders = folders.into_iter();
        let (Some(folder), None) = (folders.next(), folders.next()) else {
            return false;
        };
        let is_here = |one: &&&Artifact| one.manifest_path.parent() == Some(folder);
        let targets = made.iter().filter(is_here).map(|one| &one.target);
        let (folder, place) = (folder.as_std_path(), Path::new(""));
        let files = copied::of_package(folder, place);
        files.is_ok_and(|files| {
            let candidate = Candidate {
                name,
                folder,
                files: &files,
                place,
            };
            !folder.starts_with(copy) && candidate.is_framework(targets, lock)
        })
    };
    let all = FRAMEWORK.iter().filter_map(|name| {
        let mut named = lock.fetched(name);
        let (Some(one), None) = (named.next(), named.next()) else {
            return None;
        };
        is_proven(name).then_some(one)
    });
    all.collect()
}

/// Over all that is known: what was proven by it holds as long as that is the same.
pub(super) static HASH: LazyLock<B256> = LazyLock::new(|| {
    let hash_of = |(name, inside, bytes): &(&str, &str, &[u8])| {
        keccak256([name.as_bytes(), &[0], inside.as_bytes(), &[0], *bytes].concat()).0
    };
    keccak256(SOURCES.iter().flat_map(hash_of).collect::<Vec<u8>>())
});

/// Returns true if it is a file of Rust.
pub(super) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A change to a package that was fetched.
    type Change = fn(&Path);

    fn write(path: &Path, text: &[u8]) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// Returns true if the package of macros is proven in a folder where `change` was made, used with `used`.
    fn is_proven(library: &str, used: &str, change: Change) -> bool {
        const NAME: &str = "stylus-upgrades-macros";
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for (inside, bytes) in sources(NAME) {
            write(&folder.join(inside), bytes);
        }
        change(folder);
        let source = "source = \"git+file:///framework#0\"";
        let lock = format!(
            "version = 4\n[[package]]\nname = \"{NAME}\"\nversion = \"0.1.0\"\n{source}\ndependencies = [\"{used}\"]\n"
        );
        let lock: LockFile = toml::from_str(&lock).expect("a lock file");
        let made = json!({
            "package_id": "git+file:///framework#stylus-upgrades-macros@0.1.0",
            "manifest_path": folder.join("Cargo.toml"),
            "target": {
                "name": "stylus_upgrades_macros",
                "kind": ["proc-macro"],
                "crate_types": ["proc-macro"],
                "src_path": folder.join(library),
            },
            "profile": { "opt_level": "0", "debug_assertions": false, "overflow_checks": false, "test": false },
            "features": [], "filenames": [], "executable": null, "fresh": true,
        });
        let made: Artifact = serde_json::from_value(made).expect("an artifact");
        let proven = proven(&lock, &[&made], Path::new("/copy"));
        !proven.is_empty()
    }

    #[test]
    fn a_package_that_was_fetched_is_the_frameworks_if_no_byte_of_it_is_another() {
        let same: Change = |_| {};
        let published: Change = |folder| {
            std::fs::rename(folder.join(MANIFEST), folder.join(ORIGINAL)).expect("renamed");
            write(&folder.join(MANIFEST), b"# as cargo wrote it");
        };
        let other: Change = |folder| {
            let path = folder.join("src/lib.rs");
            let text = std::fs::read(&path).expect("it");
            write(&path, &[&text[..], b"\n"].concat());
        };
        let more: Change = |folder| write(&folder.join("build.rs"), b"fn main() {}");
        let manifest: Change = |folder| write(&folder.join(MANIFEST), b"[package]");
        for (library, used, change, expected) in [
            ("src/lib.rs", "syn 2.0.0", same, true),
            ("src/lib.rs", "syn", published, true),
            ("src/lib.rs", "syn", other, false),
            ("src/lib.rs", "syn", more, false),
            ("src/lib.rs", "syn", manifest, false),
            ("src/other.txt", "syn", same, false),
            ("src/lib.rs", "other", same, false),
        ] {
            assert_eq!(
                is_proven(library, used, change),
                expected,
                "{library} {used}"
            );
        }
    }
}
