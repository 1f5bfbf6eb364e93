//! A tree of files in memory: what is copied for a build, and nothing else. Its hash is taken over
//! the very bytes that are written.

use super::error::BuildError;
use alloy::primitives::{B256, keccak256};
use rustix::fs::OFlags;
use std::collections::BTreeMap;
use std::fs::{FileType, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// Bytes that a tree may have: sources are smaller, and what is larger was not meant.
const BYTES_MAX: usize = 256 << 20;
/// Owner's permission to execute.
const EXECUTABLE: u32 = 0o100;

/// A file or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file.
    File {
        /// What it holds.
        bytes: Vec<u8>,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link that stays within the folder that was copied, with what it says.
    Link(PathBuf),
}

/// Files and links by their relative paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
    bytes: usize,
}

impl Entry {
    /// A file that is not executed.
    pub(super) fn text(content: impl Into<Vec<u8>>) -> Self {
        Self::File {
            bytes: content.into(),
            executable: false,
        }
    }

    /// Over kind and content.
    pub(super) fn hash(&self) -> B256 {
        let (kind, content): (u8, &[u8]) = match self {
            Self::File { bytes, executable } => (u8::from(*executable), bytes),
            Self::Link(to) => (2, to.as_os_str().as_bytes()),
        };
        // In one piece: a hasher that is fed in pieces is compiled here, without optimisation in
        // the profile of development, and every command hashes a hundred files.
        keccak256([&[kind], content].concat())
    }
}

impl Tree {
    /// Every entry, in the order of the paths.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Path, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_path(), entry))
    }

    /// The entry at `path`.
    pub(super) fn get(&self, path: &Path) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Puts an entry at `path`, in the place of what is there.
    pub(super) fn insert(&mut self, path: impl Into<PathBuf>, entry: Entry) {
        self.entries.insert(path.into(), entry);
    }

    /// Takes over all of another tree.
    pub(super) fn merge(&mut self, other: &Self) {
        let entries = other.entries.iter();
        self.entries
            .extend(entries.map(|(path, entry)| (path.clone(), entry.clone())));
    }

    /// Over every path and content: keccak256 of, for each file in the order of the paths, length
    /// of the path (8 bytes, the most significant first), path, keccak256(kind ++ content). Kind is
    /// 0 for a file, 1 for one that its owner may execute, 2 for a link.
    pub(super) fn hash(&self) -> B256 {
        let mut text = Vec::new();
        for (path, entry) in &self.entries {
            let path = path.as_os_str().as_bytes();
            text.extend((path.len() as u64).to_be_bytes());
            text.extend(path);
            text.extend(entry.hash());
        }
        keccak256(text)
    }

    /// Adds the file or the folder at `from` as `place`. `skip` says what is left out, by its path
    /// within `from`.
    ///
    /// # Errors
    /// [`BuildError::SpecialFile`] for what is neither file nor folder, for a link that leaves `within`,
    /// and for what is too large.
    pub(super) fn add(
        &mut self,
        from: &Path,
        place: &Path,
        within: &Path,
        skip: &dyn Fn(&Path, &FileType) -> bool,
    ) -> Result<(), BuildError> {
        let mut left = vec![PathBuf::new()];
        while let Some(inside) = left.pop() {
            let path = join(from, &inside);
            let kind = std::fs::symlink_metadata(&path)
                .map_err(BuildError::file("look at", &path))?
                .file_type();
            if skip(&inside, &kind) {
                continue;
            }
            if kind.is_dir() {
                for entry in std::fs::read_dir(&path).map_err(BuildError::file("list", &path))? {
                    let entry = entry.map_err(BuildError::file("list", &path))?;
                    left.push(inside.join(entry.file_name()));
                }
                continue;
            }
            let entry = if kind.is_symlink() {
                match link(&path, within)? {
                    Some(entry) => entry,
                    None => continue,
                }
            } else if kind.is_file() {
                self.read(&path)?
            } else {
                return Err(special(&path));
            };
            self.insert(join(place, &inside), entry);
        }
        Ok(())
    }

    /// Reads a file, and nothing that took its place since it was looked at.
    fn read(&mut self, path: &Path) -> Result<Entry, BuildError> {
        let refused = |source| BuildError::File {
            action: "read",
            path: path.to_owned(),
            source,
        };
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags.cast_signed());
        let file = options.open(path).map_err(refused)?;
        let metadata = file.metadata().map_err(refused)?;
        if !metadata.is_file() {
            return Err(special(path));
        }
        let left = BYTES_MAX.saturating_sub(self.bytes);
        let mut bytes = Vec::new();
        file.take(left as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(refused)?;
        if bytes.len() > left {
            return Err(BuildError::SpecialFile {
                path: path.to_owned(),
                kind: format!("too large: all sources may have {BYTES_MAX} bytes"),
            });
        }
        self.bytes += bytes.len();
        Ok(Entry::File {
            bytes,
            executable: metadata.permissions().mode() & EXECUTABLE != 0,
        })
    }
}

/// A relative link that stays in the folder `within`, by its words and in fact; `None` for one that
/// leads nowhere: in the copy it might lead somewhere.
fn link(path: &Path, within: &Path) -> Result<Option<Entry>, BuildError> {
    let to = std::fs::read_link(path).map_err(BuildError::file("read", path))?;
    let from = path.parent().unwrap_or(within);
    let leaves = BuildError::SpecialFile {
        path: path.to_owned(),
        kind: format!(
            "a link to {}, which leaves {}",
            to.display(),
            within.display()
        ),
    };
    if to.is_absolute() || !normal(&from.join(&to)).starts_with(within) {
        return Err(leaves);
    }
    match std::fs::canonicalize(path) {
        Ok(end) if !end.starts_with(within) => Err(leaves),
        Ok(_) => Ok(Some(Entry::Link(to))),
        Err(_) => Ok(None),
    }
}

/// A path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// `base` and what lies in it; `base` itself where that is nothing.
pub(super) fn join(base: &Path, inside: &Path) -> PathBuf {
    if inside.as_os_str().is_empty() {
        return base.to_owned();
    }
    base.join(inside)
}

fn special(path: &Path) -> BuildError {
    BuildError::SpecialFile {
        path: path.to_owned(),
        kind: "neither a file nor a folder nor a link".into(),
    }
}
