//! Cargo.lock, as far as a build of one contract reads it: an update of what only other packages
//! of the workspace use changes no contract's sources.

use super::error::BuildError;
use super::package::{FRAMEWORK, Package};
use crate::project_file;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The first form of the file in which every package has its checksum with it.
const VERSION_MIN: u32 = 3;

/// The public registry, as cargo names it in the file, whatever mirror it comes from.
pub(super) const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages by which a contract reaches its storage, and whose macros make its functions.
pub(super) const SDK: [&str; 3] = ["stylus-core", "stylus-proc", "stylus-sdk"];
/// Crates that are made with them and keep their storage in fields.
const KNOWN: [&str; 6] = [
    "openzeppelin-stylus",
    "openzeppelin-stylus-proc",
    "stylus-core",
    "stylus-proc",
    "stylus-sdk",
    "stylus-test",
];

/// Packages that many contracts use beside them, whose macros write nothing about storage.
const USUAL: [&str; 9] = [
    "alloy-primitives",
    "alloy-sol-types",
    "derive_more",
    "hex-literal",
    "num-derive",
    "serde",
    "serde_derive",
    "strum_macros",
    "thiserror",
];

/// A lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LockFile {
    version: u32,
    #[serde(default)]
    package: Vec<Locked>,
}

/// A package in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
}

impl LockFile {
    /// The file at `path`.
    ///
    /// # Errors
    /// `SourceFile` if it is of a form without checksums.
    pub(super) fn read(path: &Path) -> Result<Self, BuildError> {
        let text = project_file::read(path)?.unwrap_or_default();
        let lock: Self =
            toml::from_str(&text).map_err(|error| BuildError::not_toml(path, &text, &error))?;
        let version = lock.version;
        if version >= VERSION_MIN {
            Ok(lock)
        } else {
            Err(BuildError::in_file(
                path,
                format!("it is of version {version}: run cargo generate-lockfile there"),
            ))
        }
    }

    /// The file, as cargo reads it.
    pub(super) fn to_text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The part that `packages` lead to. Their features are not looked at, so it may hold packages that
    /// cargo then leaves out. One of `packages` that it does not know yet, which cargo would add, leads
    /// to what it depends on by name.
    pub(super) fn reduced(&self, packages: &[Package]) -> Self {
        let mut all = self.package.clone();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, one) in self.package.iter().enumerate() {
            by_name.entry(&one.name).or_default().push(at);
        }
        let mut kept = BTreeSet::new();
        let mut left: Vec<String> = Vec::new();
        for package in packages {
            let used = package.dependency_names();
            let mut own = all.iter_mut().enumerate();
            match own.find(|(_, one)| one.name == package.name && one.source.is_none()) {
                Some((at, own)) => {
                    own.dependencies
                        .retain(|dependency| used.contains(name_of(dependency)));
                    left.extend(own.dependencies.iter().cloned());
                    kept.insert(at);
                }
                None => left.extend(used.into_iter().map(str::to_owned)),
            }
        }
        while let Some(dependency) = left.pop() {
            for at in by_name.get(name_of(&dependency)).into_iter().flatten() {
                if all[*at].is(&dependency) && kept.insert(*at) {
                    left.extend(all[*at].dependencies.iter().cloned());
                }
            }
        }
        let kept = kept.iter().filter_map(|at| all.get(*at).cloned());
        Self {
            version: self.version,
            package: kept.collect(),
        }
    }

    /// Makes sure that `after`, which cargo wrote, names no package of a registry or a repository that
    /// this, the file at `path`, does not name. Packages by path are part of the sources themselves.
    ///
    /// # Errors
    /// `SourceFile`.
    pub(super) fn require_covers(&self, path: &Path, after: &Self) -> Result<(), BuildError> {
        let known: BTreeSet<_> = self.package.iter().map(Locked::identity).collect();
        let mut remote = after.package.iter().filter(|one| one.source.is_some());
        match remote.find(|one| !known.contains(&one.identity())) {
            Some(one) => Err(BuildError::in_file(
                path,
                format!(
                    "it does not name {}, which the build needs: run cargo update there",
                    one.words()
                ),
            )),
            None => Ok(()),
        }
    }

    /// Packages that may keep storage at any slot and are not searched: of a repository or another registry, without
    /// a checksum, called like the framework's, or made with one of [`SDK`] and not of those that are known to keep it
    /// where their fields are.
    pub(super) fn unsearched(&self) -> Vec<String> {
        let is_hidden = |one: &&Locked| match one.source.as_deref() {
            Some(REGISTRY) if one.checksum.is_some() && !FRAMEWORK.contains(&one.name.as_str()) => {
                let mut used = one
                    .dependencies
                    .iter()
                    .map(|dependency| name_of(dependency));
                used.any(|name| SDK.contains(&name)) && !KNOWN.contains(&one.name.as_str())
            }
            other => other.is_some(),
        };
        let hidden = self.package.iter().filter(is_hidden);
        hidden.map(Locked::words).collect()
    }

    /// Packages of folders that packages use which are known as they are: those that were fetched, and those in `known`,
    /// the framework's. What is known trusts them: a library below a macro decides what the macro writes.
    pub(super) fn below_known(&self, known: &BTreeSet<&str>) -> BTreeSet<String> {
        let is_known = |one: &&Locked| one.source.is_some() || known.contains(&*one.name);
        let is_anybodys = |one: &&Locked| one.source.is_none() && !known.contains(&*one.name);
        let users = self.package.iter().filter(is_known);
        let used = users.flat_map(|user| &user.dependencies);
        let used = used.flat_map(|used| self.package.iter().filter(|one| one.is(used)));
        used.filter(is_anybodys).map(Locked::words).collect()
    }

    /// The names of SDK, framework and what else authors build on, and of all below them.
    pub(super) fn below_sdk(&self) -> BTreeSet<&str> {
        let roots = SDK.iter().chain(&KNOWN).chain(&FRAMEWORK).chain(&USUAL);
        let mut left: Vec<&str> = roots.copied().collect();
        let mut found = BTreeSet::new();
        while let Some(name) = left.pop() {
            if found.insert(name) {
                left.extend(self.used_by(name));
            }
        }
        found
    }

    /// The checksum of a package of a registry, as [`words`](Locked::words) name it.
    pub(super) fn checksum_of(&self, words: &str) -> Option<&str> {
        let mut all = self.package.iter().filter(|one| one.source.is_some());
        all.find(|one| one.words() == words)?.checksum.as_deref()
    }

    /// Packages that come neither from a folder nor from the public registry. Nobody knows what runs when they are
    /// built, whatever they are called.
    pub(super) fn of_elsewhere(&self) -> impl Iterator<Item = String> {
        let is_elsewhere = |one: &&Locked| one.source.as_ref().is_some_and(|one| one != REGISTRY);
        self.package.iter().filter(is_elsewhere).map(Locked::words)
    }

    /// The packages of that name that cargo fetches, as they are named to people.
    pub(super) fn fetched(&self, name: &str) -> impl Iterator<Item = String> {
        let all = self.package.iter();
        all.filter(move |one| one.name == name && one.source.is_some())
            .map(Locked::words)
    }

    /// The names of what packages of that name depend on.
    pub(super) fn used_by(&self, name: &str) -> impl Iterator<Item = &str> {
        let all = self.package.iter().filter(move |one| one.name == name);
        all.flat_map(|one| {
            one.dependencies
                .iter()
                .map(|dependency| name_of(dependency))
        })
    }

    /// The first of the packages of a workspace that it does not know as it is: cargo would change the file, and does
    /// not build where it may not.
    pub(super) fn first_stale<'p>(
        &self,
        mut members: impl Iterator<Item = &'p cargo_metadata::Package>,
    ) -> Option<&'p str> {
        let is_stale = |told: &&cargo_metadata::Package| {
            let version = told.version.to_string();
            let is_it = |one: &&Locked| {
                one.source.is_none() && one.name == *told.name && one.version == version
            };
            let Some(own) = self.package.iter().find(is_it) else {
                return true;
            };
            let mut used = told
                .dependencies
                .iter()
                .filter(|dependency| dependency.name != *told.name);
            used.any(|used| {
                !own.dependencies
                    .iter()
                    .any(|dependency| name_of(dependency) == used.name)
            })
        };
        members.find(is_stale).map(|told| told.name.as_str())
    }

    /// The version of a package that it names.
    pub(super) fn version_of(&self, name: &str) -> Option<String> {
        let mut all = self.package.iter();
        all.find(|one| one.name == name)
            .map(|one| one.version.clone())
    }
}

impl Locked {
    /// Returns its name and its version.
    fn words(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn identity(&self) -> [Option<&str>; 4] {
        [
            Some(&self.name),
            Some(&self.version),
            self.source.as_deref(),
            self.checksum.as_deref(),
        ]
    }

    /// Returns true if it is what `name`, `name version` or `name version (source)` stands for.
    fn is(&self, dependency: &str) -> bool {
        let mut words = dependency.split(' ');
        words.next() == Some(&self.name)
            && words.next().is_none_or(|version| version == self.version)
    }
}

fn name_of(dependency: &str) -> &str {
    dependency.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::LockFile;
    use crate::error::Explain;
    use std::path::Path;

    const LOCK: &str = "# comment\nversion = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
        source = \"registry+https://x\"\nchecksum = \"00\"\ndependencies = [\n \"b 1.0.0\",\n \"c\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n";

    fn read(text: &str) -> LockFile {
        toml::from_str(text).expect("a lock file")
    }

    #[test]
    fn a_lock_file_is_written_as_it_was_read() {
        for text in [LOCK, include_str!("../../../../Cargo.lock")] {
            let lock = read(text);
            assert_eq!(read(&lock.to_text()), lock);
        }
        assert_eq!(read(LOCK).version_of("b").as_deref(), Some("1.0.0"));
    }

    #[test]
    fn what_cargo_adds_to_the_lock_file_is_noticed() {
        let (path, lock) = (Path::new("Cargo.lock"), read(LOCK));
        lock.require_covers(path, &lock).expect("nothing was added");
        let other = read(&LOCK.replace("checksum = \"00\"", "checksum = \"01\""));
        let error = lock
            .require_covers(path, &other)
            .expect_err("another package");
        assert_eq!(error.name(), "SourceFile");
        assert!(error.to_string().contains("a 1.0.0"), "{error}");
    }

    #[test]
    fn a_lock_file_without_checksums_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Cargo.lock");
        for text in [
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n",
            "version = 2\n",
        ] {
            std::fs::write(&path, text).expect("written");
            let error = LockFile::read(&path).expect_err(text);
            assert_eq!(error.name(), "SourceFile", "{error}");
        }
    }
}
