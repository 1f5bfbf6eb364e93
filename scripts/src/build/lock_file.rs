//! Cargo.lock, as far as a build of one contract reads it: an update of what only other packages
//! of the workspace use changes no contract's sources.
//!
//! Cargo writes the file in one form, line by line, so it is read line by line.

use super::error::BuildError;
use super::package::Package;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a package's entry begins with.
const HEADING: &str = "[[package]]";

/// A package's entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    source: Option<&'a str>,
    checksum: Option<&'a str>,
    dependencies: Vec<&'a str>,
}

/// The part of a lock file that `packages` lead to. Their features are not looked at, so it may
/// hold packages that cargo then leaves out. One of `packages` that it does not know yet, which
/// cargo would add, leads to what it depends on by name.
pub(super) fn reduce(text: &str, packages: &[Package]) -> String {
    let (preface, mut entries) = entries(text);
    let mut kept = BTreeSet::new();
    let mut left: Vec<String> = Vec::new();
    for package in packages {
        let used = package.dependency_names();
        let is_it = |entry: &Entry<'_>| entry.name == package.name && entry.source.is_none();
        let known = entries.iter().position(is_it);
        match known.and_then(|at| entries.get_mut(at).map(|entry| (at, entry))) {
            Some((at, entry)) => {
                entry
                    .dependencies
                    .retain(|dependency| used.contains(name_of(dependency)));
                left.extend(
                    entry
                        .dependencies
                        .iter()
                        .map(|&dependency| dependency.to_owned()),
                );
                kept.insert(at);
            }
            None => left.extend(used),
        }
    }
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        by_name.entry(entry.name).or_default().push(at);
    }
    while let Some(dependency) = left.pop() {
        let version = dependency.split(' ').nth(1);
        for at in by_name.get(name_of(&dependency)).into_iter().flatten() {
            let Some(entry) = entries.get(*at) else {
                continue;
            };
            if version.is_none_or(|version| entry.version == version) && kept.insert(*at) {
                left.extend(
                    entry
                        .dependencies
                        .iter()
                        .map(|&dependency| dependency.to_owned()),
                );
            }
        }
    }
    let kept = kept.iter().filter_map(|at| entries.get(*at));
    let kept: Vec<String> = kept.map(Entry::to_string).collect();
    format!("{preface}{}", kept.join("\n"))
}

/// Makes sure that `after`, which cargo wrote, names no package of a registry or a repository that
/// `before` does not name. Packages by path are part of the sources themselves.
///
/// # Errors
/// [`BuildError::LockFile`].
pub(super) fn require_covered(path: &Path, before: &str, after: &str) -> Result<(), BuildError> {
    let identity = |entry: Entry<'_>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (name, version) = (entry.name.to_owned(), entry.version.to_owned());
        (name, version, owned(entry.source), owned(entry.checksum))
    };
    let known: BTreeSet<_> = entries(before).1.into_iter().map(identity).collect();
    let remote = entries(after)
        .1
        .into_iter()
        .filter(|entry| entry.source.is_some());
    let mut all = remote.map(identity);
    match all.find(|package| !known.contains(package)) {
        Some((name, version, ..)) => {
            let reason = format!("it does not name {name} {version}, which the build needs");
            Err(outdated(path, reason))
        }
        None => Ok(()),
    }
}

/// The version of a package that the lock file names.
pub(super) fn version_of(text: &str, name: &str) -> Option<String> {
    let mut all = entries(text).1.into_iter();
    all.find(|entry| entry.name == name)
        .map(|entry| entry.version.to_owned())
}

/// Names and versions of the packages that come from a registry or a repository.
pub(super) fn remote(text: &str) -> BTreeSet<(String, String)> {
    let all = entries(text).1.into_iter();
    all.filter(|entry| entry.source.is_some())
        .map(|entry| (entry.name.to_owned(), entry.version.to_owned()))
        .collect()
}

/// What stands before the first entry, and every package's entry.
fn entries(text: &str) -> (&str, Vec<Entry<'_>>) {
    let begin = text.find(HEADING).unwrap_or(text.len());
    let (preface, rest) = text.split_at(begin);
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut is_package = false;
    for line in rest.lines() {
        if line.starts_with('[') {
            is_package = line.trim_end() == HEADING;
            if is_package {
                entries.push(Entry::default());
            }
            continue;
        }
        let Some(entry) = entries.last_mut().filter(|_| is_package) else {
            continue;
        };
        match line.split_once(" = ") {
            Some(("name", value)) => entry.name = unquoted(value),
            Some(("version", value)) => entry.version = unquoted(value),
            Some(("source", value)) => entry.source = Some(unquoted(value)),
            Some(("checksum", value)) => entry.checksum = Some(unquoted(value)),
            Some(("dependencies", value)) => {
                let inner = value.trim().trim_start_matches('[').trim_end_matches(']');
                let names = inner
                    .split(',')
                    .map(unquoted)
                    .filter(|name| !name.is_empty());
                entry.dependencies.extend(names);
            }
            _ if line.starts_with(' ') => {
                entry
                    .dependencies
                    .push(unquoted(line.trim().trim_end_matches(',')));
            }
            _ => {}
        }
    }
    (preface, entries)
}

impl std::fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{HEADING}\nname = \"{}\"\nversion = \"{}\"",
            self.name, self.version
        )?;
        if let Some(source) = self.source {
            writeln!(f, "source = \"{source}\"")?;
        }
        if let Some(checksum) = self.checksum {
            writeln!(f, "checksum = \"{checksum}\"")?;
        }
        if self.dependencies.is_empty() {
            return Ok(());
        }
        writeln!(f, "dependencies = [")?;
        for dependency in &self.dependencies {
            writeln!(f, " \"{dependency}\",")?;
        }
        writeln!(f, "]")
    }
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches('"')
}

/// `name`, `name version` and `name version (source)` all begin with the name.
fn name_of(dependency: &str) -> &str {
    dependency.split(' ').next().unwrap_or_default()
}

fn outdated(path: &Path, reason: String) -> BuildError {
    BuildError::LockFile {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::{entries, require_covered, version_of};
    use crate::error::Explain;
    use std::path::Path;

    const LOCK: &str = "# comment\nversion = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
        source = \"registry+https://x\"\nchecksum = \"00\"\ndependencies = [\n \"b 1.0.0\",\n \"c\",\n]\n\n\
        [[package]]\nname = \"b\"\nversion = \"1.0.0\"\n";

    #[test]
    fn a_lock_file_is_written_as_it_was_read() {
        let (preface, all) = entries(LOCK);
        let written: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(format!("{preface}{}", written.join("\n")), LOCK);
        let own = include_str!("../../../Cargo.lock");
        let (preface, all) = entries(own);
        let written: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(format!("{preface}{}", written.join("\n")), own);
        assert_eq!(version_of(LOCK, "b").as_deref(), Some("1.0.0"));
    }

    #[test]
    fn what_cargo_adds_to_the_lock_file_is_noticed() {
        let path = Path::new("Cargo.lock");
        require_covered(path, LOCK, LOCK).expect("nothing was added");
        let other = LOCK.replace("checksum = \"00\"", "checksum = \"01\"");
        let error = require_covered(path, LOCK, &other).expect_err("another package");
        assert_eq!(error.name(), "LockFile");
        assert!(error.to_string().contains("a 1.0.0"), "{error}");
    }
}
