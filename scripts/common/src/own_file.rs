//! Files that nobody but this user can have written: what a fork has read, and what the command line
//! keeps. What others own or may write is refused, as git and ssh refuse it. Links, fifos, devices
//! and folders in a file's place are neither read nor written through.

#[cfg(test)]
mod tests;

use crate::error::Refusal;
use crate::text::shell_word;
use rustix::fs::OFlags;
use rustix::process::geteuid;
use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// The environment variable with user ids, separated by commas, whose files count as this user's:
/// for a container that runs as another user than the one who checked the repository out.
pub const TRUSTED_UIDS: &str = "STYLUS_UPGRADES_TRUSTED_UIDS";
/// Bytes of a file that is read as a whole, at most.
const LENGTH_MAX: u64 = 64 << 20;
/// Between two looks whether a lock is free.
const LOCK_PAUSE: Duration = Duration::from_millis(1);
/// Everybody may write the file.
const WRITE_OTHERS: u32 = 0o002;
/// Its group may.
const WRITE_GROUP: u32 = 0o020;
/// In such a folder users can remove and rename only their own files.
const STICKY: u32 = 0o1000;
/// The name of a refusal of the system: the file may be harmless and cannot be had.
const IO: &str = "Io";

/// The reason why a file is not used.
pub type FileError = Refusal;

/// The system refuses what was attempted: read, written.
pub fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> FileError + use<> {
    let path = path.display().to_string();
    move |source| {
        Refusal::new(IO, format!("{path} cannot be {action}: {source}"))
            .with(
                "a file that can be read and written",
                source.to_string(),
                "check the path and its permissions",
            )
            .usage()
    }
}

/// Returns true if the file may be harmless and cannot be had; anything else is distrust.
pub fn is_io(error: &FileError) -> bool {
    error.is(IO)
}

/// Something else is there than what the same command wrote.
pub fn exists(path: &Path) -> FileError {
    Refusal::new(
        "FileExists",
        format!(
            "{} exists, and this command did not write it",
            path.display()
        ),
    )
    .with(
        "no file, or an earlier one of the same command",
        "another file",
        "nothing was written; choose another name, or remove the file",
    )
    .usage()
}

/// Something else than a file is there, or than a folder where there should be one.
fn other_kind(path: &Path, found: &'static str) -> FileError {
    let path = path.display();
    Refusal::new("Kind", format!("{path} is {found}"))
        .with(
            "a regular file in a folder, without links",
            found,
            format!("check who put it there; put the file itself at {path}"),
        )
        .usage()
}

/// The whole of a text file; `None` where there is none.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    let Some(bytes) = read_bytes(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map(Some);
    text.map_err(|_| unreadable(path, "it is not text in UTF-8"))
}

/// The whole of a file; `None` where there is none.
///
/// # Errors
/// [`FileError`].
pub fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let file = open(path)?;
    file.map(|file| read_whole(file, path)).transpose()
}

/// The whole of an open file.
pub(crate) fn read_whole(file: File, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(LENGTH_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(io("read", path))?;
    if bytes.len() as u64 > LENGTH_MAX {
        return Err(unreadable(path, "it is too large"));
    }
    Ok(bytes)
}

pub(crate) fn unreadable(path: &Path, reason: &str) -> FileError {
    io("read", path)(io::Error::other(reason))
}

/// Opens a file for reading; `None` where there is none.
///
/// # Errors
/// [`FileError`].
pub fn open(path: &Path) -> Result<Option<File>, FileError> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            require_folder(path)?;
            Ok(None)
        }
        _ => with(OpenOptions::new().read(true), path).map(Some),
    }
}

/// Opens a file for adding to its end; made if there is none.
///
/// # Errors
/// [`FileError`].
pub fn append(path: &Path) -> Result<File, FileError> {
    with(OpenOptions::new().append(true).create(true), path)
}

/// Makes a new file for writing.
///
/// # Errors
/// [`exists`] where there is one; [`FileError`].
pub fn create(path: &Path) -> Result<File, FileError> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(exists(path));
    }
    with(OpenOptions::new().write(true).create_new(true), path)
}

/// Opens a file for reading and writing anywhere in it; made if there is none.
///
/// # Errors
/// [`FileError`].
pub fn open_or_create(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    with(options, path)
}

/// Writes the whole file or none of it: beside the old one, which is then replaced.
///
/// # Errors
/// [`FileError`].
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let beside = write_beside(path, content)?;
    let replaced = beside.persist(path).map_err(|refused| refused.error);
    replaced.map(drop).map_err(io("written", path))
}

/// Writes a file. What is there is replaced only if `is_own` says that the same command wrote it.
///
/// # Errors
/// [`exists`], and as [`write()`].
pub fn replace(
    path: &Path,
    content: &[u8],
    is_own: impl Fn(&str) -> bool,
) -> Result<(), FileError> {
    require_replaceable(path, is_own)?;
    write(path, content)
}

/// Requires that [`replace`] would write there.
///
/// # Errors
/// [`FileError`].
pub fn require_replaceable(path: &Path, is_own: impl Fn(&str) -> bool) -> Result<(), FileError> {
    let there = read_bytes(path)?;
    if there.is_none_or(|there| std::str::from_utf8(&there).is_ok_and(is_own)) {
        Ok(())
    } else {
        Err(exists(path))
    }
}

/// Tries whether [`write()`] could write that content: it is written beside the file, and removed.
///
/// # Errors
/// As [`write()`].
pub fn try_write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    write_beside(path, content).map(drop)
}

/// Writes a new file beside the one that it is meant for. It is removed unless it is kept.
fn write_beside(path: &Path, content: &[u8]) -> Result<NamedTempFile, FileError> {
    let mode = match open(path)? {
        Some(file) => file.metadata().map_or(0o644, |found| found.mode() & 0o777),
        None => 0o644,
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let made = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".new")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder_of(path).unwrap_or(Path::new(".")));
    made.and_then(|mut file| {
        file.write_all(content)?;
        file.as_file().sync_all()?;
        Ok(file)
    })
    .map_err(io("written", path))
}

/// Makes a folder for this user alone, or checks the one that is there.
///
/// # Errors
/// [`FileError`].
pub fn folder(path: &Path) -> Result<(), FileError> {
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io("written", path)(error))?,
        _ => {}
    }
    let found = std::fs::symlink_metadata(path).map_err(io("read", path))?;
    require_kind(&found, path, FOLDER)?;
    require_own(&found, path)
}

/// Waits until nobody else holds the lock of a folder; `None` where there is none. It is held as long as the value
/// lasts.
///
/// # Errors
/// Where the system has no such locks, or somebody holds it for longer than `timeout`.
pub fn lock_folder(path: &Path, timeout: Duration) -> io::Result<Option<File>> {
    let begun = Instant::now();
    loop {
        let folder = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match folder.try_lock() {
            Ok(()) => {
                let (held, there) = (folder.metadata()?, std::fs::metadata(path));
                // Who held it may have removed the folder, and somebody else made another one.
                if there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())) {
                    return Ok(Some(folder));
                }
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if begun.elapsed() > timeout {
            return Err(ErrorKind::TimedOut.into());
        }
        std::thread::sleep(LOCK_PAUSE);
    }
}

/// Refuses a link: what is read or written there is what it leads to.
///
/// # Errors
/// [`FileError`].
pub fn require_no_link(path: &Path) -> Result<(), FileError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_symlink() => Err(other_kind(path, kind(&found))),
        _ => Ok(()),
    }
}

/// Opens a path that is no link, and checks what is there.
fn with(options: &OpenOptions, path: &Path) -> Result<File, FileError> {
    require_folder(path)?;
    let file = open_unlinked(options, path)?;
    let found = file.metadata().map_err(io("read", path))?;
    require_own(&found, path)?;
    Ok(file)
}

/// Opens a regular file that is no link, whoever owns it.
pub(crate) fn open_unlinked(options: &OpenOptions, path: &Path) -> Result<File, FileError> {
    // Without O_NONBLOCK, opening a fifo would wait for its other end.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let opened = options.clone().mode(0o600).custom_flags(flags).open(path);
    let file = opened.map_err(|source| {
        match std::fs::symlink_metadata(path).map(|found| kind(&found)) {
            // A link, a fifo that nobody reads, a folder.
            Ok(found) if found != REGULAR => other_kind(path, found),
            _ => io("opened", path)(source),
        }
    })?;
    let found = file.metadata().map_err(io("read", path))?;
    require_kind(&found, path, REGULAR)?;
    Ok(file)
}

/// The folder that holds `path`; none of a file in the current folder.
fn folder_of(path: &Path) -> Option<&Path> {
    let folder = path.parent();
    folder.filter(|folder| !folder.as_os_str().is_empty())
}

/// The folder that holds `path` decides what is at `path`, so it is checked too. In one that is
/// sticky, such as /tmp, others can make files, but cannot replace this user's.
fn require_folder(path: &Path) -> Result<(), FileError> {
    let folder = folder_of(path).unwrap_or(Path::new("."));
    let Ok(found) = std::fs::metadata(folder) else {
        return Ok(()); // then there is no file either
    };
    if found.mode() & STICKY != 0 && is_trusted(found.uid()) {
        return Ok(());
    }
    require_own(&found, folder)
}

fn require_own(found: &Metadata, path: &Path) -> Result<(), FileError> {
    let (owner, mode) = (found.uid(), found.mode() & 0o777);
    let shown = path.display();
    if !is_trusted(owner) {
        let user = geteuid().as_raw();
        return Err(Refusal::new(
            "Owner",
            format!("{shown} belongs to the user {owner}, and this program runs as {user}"),
        )
        .with(
            "a file and a folder that this user or root owns",
            format!("the owner {owner}"),
            format!(
                "check what is in {shown}; then change its owner (chown), \
                 or set {TRUSTED_UIDS}={owner}"
            ),
        )
        .usage());
    }
    if others_may_write(mode, owner, found.gid()) {
        let word = shell_word(&shown.to_string());
        return Err(Refusal::new(
            "Writable",
            format!("others may change {shown}: its mode is {mode:03o}"),
        )
        .with(
            "a file and a folder that only their owner may write",
            format!("mode {mode:03o}"),
            format!("check what is in it; then: chmod go-w {word}"),
        )
        .usage());
    }
    Ok(())
}

/// Returns true if others than the owner may write what has this mode. Where each user has a group of their own, it has
/// the user's number, and what is made there may be written by it.
fn others_may_write(mode: u32, owner: u32, group: u32) -> bool {
    mode & WRITE_OTHERS != 0 || (mode & WRITE_GROUP != 0 && group != owner)
}

/// This user, root, who became root by sudo, and who was named.
fn is_trusted(owner: u32) -> bool {
    let user = geteuid();
    let is_in = |name: &str| {
        let listed = std::env::var(name).unwrap_or_default();
        listed.split(',').any(|uid| uid.trim().parse() == Ok(owner))
    };
    owner == user.as_raw()
        || owner == 0
        || (user.is_root() && is_in("SUDO_UID"))
        || is_in(TRUSTED_UIDS)
}

const REGULAR: &str = "a regular file";
const FOLDER: &str = "a folder";

fn require_kind(found: &Metadata, path: &Path, wanted: &str) -> Result<(), FileError> {
    match kind(found) {
        found if found == wanted => Ok(()),
        found => Err(other_kind(path, found)),
    }
}

fn kind(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    match () {
        () if kind.is_file() => REGULAR,
        () if kind.is_dir() => FOLDER,
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_fifo() => "a fifo",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}
