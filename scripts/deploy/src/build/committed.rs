//! The files of a commit, as git keeps them, compared with the bytes that are built. `git status` shows less: marks in
//! the index, filters, ends of lines and settings of the repository hide what differs, and filters are programs.

use super::config;
use super::copied::is_copied;
use super::procedure::STYLUS;
use super::revision::{git, top_of};
use super::source::{Source, is_code};
use super::toolchain;
use crate::project_file;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The modes that git writes for a file, and for one that its owner may execute, in the list of a commit.
const FILE: &str = "100644";
const EXECUTABLE: &str = "100755";
/// The mode that it writes for a link.
const LINK: &str = "120000";
/// Beginnings of the attributes by which git writes other bytes than a commit has.
const CONVERSIONS: [&str; 4] = ["eol=crlf", "filter=", "working-tree-encoding=", "[attr]"];
/// One without a value.
const IDENT: &str = "ident";
/// Digits of an object's name by SHA-1.
const SHA1_DIGITS: usize = 40;

/// The files of a commit.
pub(super) struct Committed {
    /// The commit.
    pub(super) id: String,
    /// The root of the working tree.
    top: PathBuf,
    files: BTreeMap<PathBuf, Object>,
}

/// A file as a commit names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    mode: String,
    name: String,
}

impl Committed {
    /// The files of the commit that `source` was written from, or that is checked out where it lies; `None` where git
    /// knows none.
    pub(super) fn of(source: &Source) -> Option<Self> {
        let root = &source.package.root;
        let (id, repository, top) = match &source.checkout {
            Some(one) => (one.id.clone(), one.repository.clone(), one.folder.clone()),
            None => {
                let id = git(root, &["rev-parse", "--verify", "HEAD"]).ok()?;
                let top = top_of(root).ok()?;
                (id, top.clone(), top)
            }
        };
        let top = std::fs::canonicalize(top).ok()?;
        let listed = git(&repository, &["ls-tree", "-r", "-z", "--full-tree", &id]);
        // Nothing equals a commit that git cannot list.
        let listed = listed.unwrap_or_default();
        let files = listed.split('\0').filter_map(|line| {
            let (object, path) = line.split_once('\t')?;
            let mut words = object.split(' ');
            let (mode, _, name) = (words.next()?, words.next()?, words.next()?);
            let (mode, name) = (mode.to_owned(), name.to_owned());
            Some((top.join(path), Object { mode, name }))
        });
        Some(Self {
            files: files.collect(),
            id,
            top,
        })
    }

    /// The files in a folder, by their paths there, or the path of what is a link or a repository of its own.
    pub(super) fn below(&self, folder: &Path) -> Result<Vec<PathBuf>, PathBuf> {
        let inside = |path: &Path| Some(path.strip_prefix(folder).ok()?.to_owned());
        let all = self.files.iter();
        let all = all.filter_map(|(path, object)| Some((inside(path)?, object)));
        all.map(|(path, object)| match object.mode.as_str() {
            FILE | EXECUTABLE => Ok(path),
            _ => Err(path),
        })
        .collect()
    }

    /// Returns true if the commit has a file with these bytes.
    pub(super) fn has(&self, path: &Path, bytes: &[u8]) -> bool {
        self.files
            .get(path)
            .is_some_and(|object| object.mode != LINK && object.name == name_of(bytes, &self.id))
    }

    /// The first file that has git write other bytes than the commit's into a folder below which `root` lies, or into
    /// one in it: who clones the repository has those.
    pub(super) fn first_conversion(&self, root: &Path) -> Option<&Path> {
        let converts = |path: &&PathBuf| {
            let bytes = bytes_of(path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let mut words = text.split_whitespace();
            let is_one =
                |word: &str| word == IDENT || CONVERSIONS.iter().any(|name| word.starts_with(name));
            !self.has(path, &bytes) || words.any(is_one)
        };
        let folder = |path: &Path| path.parent().unwrap_or(path).to_owned();
        let concerns = |path: &&PathBuf| {
            let folder = folder(path);
            path.ends_with(".gitattributes")
                && (root.starts_with(&folder) || folder.starts_with(root))
        };
        let found = self.files.keys().filter(concerns).find(converts)?;
        found.strip_prefix(&self.top).ok()
    }

    /// Takes out of `source` what the commit does not have, where nothing else differs: who checks the commit out builds
    /// without it. Code and what a package declares stay, as the next commit may have them.
    pub(super) fn leave_out_others(&self, source: &mut Source) {
        let parts = &source.parts;
        let taken = source.tree.take_out(|entry| {
            entry.from.as_ref().is_some_and(|path| {
                let mut declared = parts.iter().flat_map(|part| &part.declared);
                let is_needed = is_code(path) || declared.any(|one| path.starts_with(one));
                !is_needed && !self.files.contains_key(path)
            })
        });
        if taken.is_empty() {
            return;
        }
        if self.first_difference(source).is_none() {
            source.left_out = taken.into_iter().map(|(place, _)| place).collect();
        } else {
            for (place, entry) in taken {
                source.tree.insert(place, entry);
            }
        }
    }

    /// The first file of which `source` has another one than the commit, or that one of them has alone.
    pub(super) fn first_difference(&self, source: &Source) -> Option<PathBuf> {
        let entries = source.tree.entries();
        let entries = entries.filter_map(|(_, entry)| Some((entry.from.as_ref()?, entry)));
        let mut built = BTreeSet::new();
        for (path, entry) in entries {
            // What cargo reads itself is written anew in the copy.
            let bytes = if is_rewritten(path) {
                bytes_of(path).unwrap_or_default()
            } else {
                entry.bytes.clone()
            };
            let mode = if entry.executable { EXECUTABLE } else { FILE };
            let is_same_kind = |object: &Object| is_rewritten(path) || object.mode == mode;
            if !self.has(path, &bytes) || !self.files.get(path).is_some_and(is_same_kind) {
                return Some(path.clone());
            }
            built.insert(path);
        }
        let settings = settings(source, &self.top);
        let differs = |path: &&PathBuf| match bytes_of(path) {
            Some(bytes) => !self.has(path, &bytes),
            None => self.files.contains_key(*path),
        };
        let is_missing = |(path, object): &(&PathBuf, &Object)| {
            object.mode.starts_with("100") && self.is_source(source, path) && !built.contains(path)
        };
        let missing = || self.files.iter().find(is_missing).map(|(path, _)| path);
        settings.iter().find(differs).or_else(missing).cloned()
    }

    /// Returns true if a file of the commit is one that is copied.
    fn is_source(&self, source: &Source, path: &Path) -> bool {
        let is_package = |folder: &Path| self.files.contains_key(&folder.join("Cargo.toml"));
        source.parts.iter().any(|part| {
            let mut declared = part.declared.iter();
            is_copied(path, &part.folder, &is_package) || declared.any(|one| path.starts_with(one))
        })
    }
}

/// The bytes of a file of the project; `None` where there is no file that is read.
fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    project_file::read_bytes(path).ok().flatten()
}

/// Returns true if the copy has a file of that name that was made of it.
fn is_rewritten(path: &Path) -> bool {
    ["Cargo.toml", "Cargo.lock"]
        .iter()
        .any(|name| path.ends_with(name))
}

/// Files that decide how `source` is built, where they are there. None is copied from its place.
fn settings(source: &Source, top: &Path) -> Vec<PathBuf> {
    let package = &source.package;
    let above = package.folder.ancestors();
    let toolchains = above.take_while(|folder| folder.starts_with(top));
    let toolchains = toolchains.flat_map(|folder| toolchain::FILES.map(|name| folder.join(name)));
    let nearest = source.procedure.settings_from(package);
    let configs = config::places(nearest, &package.root);
    toolchains
        .chain(configs)
        .chain([package.root.join(STYLUS)])
        .collect()
}

/// The name that git gives to a file with these bytes, where it gives a commit the name `id`.
fn name_of(bytes: &[u8], id: &str) -> String {
    let head = format!("blob {}\0", bytes.len());
    let whole = [head.as_bytes(), bytes].concat();
    match id.len() {
        SHA1_DIGITS => hex::encode(Sha1::digest(&whole)),
        _ => hex::encode(Sha256::digest(&whole)),
    }
}
