//! A tree of files in memory: what is copied for a build, and nothing else. Its hash is taken over
//! the very bytes that are written.

use super::error::BuildError;
use crate::project_file;
use alloy::primitives::{B256, keccak256};
use std::collections::BTreeMap;
use std::fs::FileType;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Bytes that a tree may have: sources are smaller, and what is larger was not meant.
const BYTES_MAX: u64 = 256 << 20;
/// Owner's permission to execute.
const EXECUTABLE: u32 = 0o100;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its content.
    pub(super) bytes: Vec<u8>,
    /// True if its owner may execute it.
    pub(super) executable: bool,
    /// Its path on the disk, or what it was made from.
    pub(super) from: Option<PathBuf>,
}

/// Files by their relative paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    entries: BTreeMap<PathBuf, Entry>,
    bytes: u64,
}

impl Entry {
    /// A file that is not executed, made of the one at `from`.
    pub(super) fn text(content: impl Into<Vec<u8>>, from: Option<PathBuf>) -> Self {
        Self {
            bytes: content.into(),
            executable: false,
            from,
        }
    }

    /// Over kind and content.
    pub(super) fn hash(&self) -> B256 {
        // In one piece: a hasher that is fed in pieces is compiled here, without optimization in
        // the profile of development, and every command hashes a hundred files.
        keccak256([&[u8::from(self.executable)], self.bytes.as_slice()].concat())
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

    /// Takes out those entries, with their places.
    pub(super) fn take_out(&mut self, is_one: impl Fn(&Entry) -> bool) -> Vec<(PathBuf, Entry)> {
        let taken = self.entries.extract_if(.., |_, entry| is_one(entry));
        taken.collect()
    }

    /// Takes over all of another tree.
    pub(super) fn merge(&mut self, other: &Self) {
        let entries = other.entries.iter();
        self.entries
            .extend(entries.map(|(path, entry)| (path.clone(), entry.clone())));
    }

    /// Over every path and content: keccak256 of, for each file in the order of the paths, length
    /// of the path (8 bytes, the most significant first), path, keccak256(kind ++ content). Kind is
    /// 0 for a file, 1 for one that its owner may execute.
    pub(super) fn hash(&self) -> B256 {
        self.hash_of(|_| true)
    }

    /// The same over those of its files.
    pub(super) fn hash_of(&self, is_counted: impl Fn(&Path) -> bool) -> B256 {
        let mut text = Vec::new();
        for (path, entry) in self.entries.iter().filter(|(path, _)| is_counted(path)) {
            let path = path.as_os_str().as_bytes();
            text.extend((path.len() as u64).to_be_bytes());
            text.extend(path);
            text.extend(entry.hash());
        }
        keccak256(text)
    }

    /// Adds the file or the folder at `from` as `place`. `skip` says what is left out, by its path within `from`; so
    /// is what is neither: a link, a fifo, a device.
    ///
    /// # Errors
    /// `SourceFile` for what is too large, or has a name that the compiler cannot list.
    pub(super) fn add(
        &mut self,
        from: &Path,
        place: &Path,
        skip: &dyn Fn(&Path, &FileType) -> bool,
    ) -> Result<(), BuildError> {
        let mut left = vec![PathBuf::new()];
        while let Some(inside) = left.pop() {
            let path = join(from, &inside);
            let metadata = std::fs::symlink_metadata(&path);
            let metadata = metadata.map_err(BuildError::file("look at", &path))?;
            if skip(&inside, &metadata.file_type()) {
                continue;
            }
            if metadata.is_dir() {
                for entry in std::fs::read_dir(&path).map_err(BuildError::file("list", &path))? {
                    let entry = entry.map_err(BuildError::file("list", &path))?;
                    left.push(inside.join(entry.file_name()));
                }
            } else if metadata.is_file() {
                require_readable_name(&path)?;
                self.bytes += metadata.len();
                if self.bytes > BYTES_MAX {
                    let reason =
                        format!("too large: all sources together may have {BYTES_MAX} bytes");
                    return Err(BuildError::in_file(path, reason));
                }
                let bytes = project_file::read_bytes(&path)?.unwrap_or_default();
                let executable = metadata.permissions().mode() & EXECUTABLE != 0;
                let from = Some(path);
                let entry = Entry {
                    bytes,
                    executable,
                    from,
                };
                self.insert(join(place, &inside), entry);
            }
        }
        Ok(())
    }
}

/// Requires that the compiler's list of the files that it read says one thing. It escapes spaces, and neither the ends
/// of its lines nor the character that it escapes by.
///
/// # Errors
/// `SourceFile`.
fn require_readable_name(path: &Path) -> Result<(), BuildError> {
    let is_odd = |byte: &u8| byte.is_ascii_control() || *byte == b'\\';
    if path.as_os_str().as_bytes().iter().any(is_odd) {
        let reason = "its name has a control character or a backslash: rename it, or move it out of the crate";
        Err(BuildError::in_file(path, reason))
    } else {
        Ok(())
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
