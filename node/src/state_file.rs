//! The state in a file: always one complete document, never a torn one, of one process at a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use stylus_chain::ChainState;

use crate::error::NodeError;
use crate::genesis::AnvilState;
use crate::limits::STATE;

/// The end of the name of a file that is being written. One that a killed node left is overwritten.
const TEMPORARY: &str = ".tmp";
/// The end of the name of the file by which a process owns a state file. It holds the process id.
const LOCK: &str = ".lock";
/// The time for which the lock is waited for: a process that is being started inherits it for a moment.
const LOCK_WAIT: Duration = Duration::from_millis(500);
/// Pause between two looks at it.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// The first bytes of data that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The content of a state file.
pub(crate) enum SavedState {
    /// The state that [`save`] wrote.
    Own(Box<ChainState>),
    /// The state that anvil wrote.
    Anvil(AnvilState),
}

/// A path with something after its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

/// The file that a path leads to: two paths that lead to one file have the same.
fn target(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    match std::fs::read_link(path) {
        // A link whose file is not there yet. One that leads to itself cannot be opened.
        Ok(next) if std::fs::read_link(folder.join(&next)).is_err() => target(&folder.join(next)),
        _ => match (folder.canonicalize(), path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path.to_owned(),
        },
    }
}

/// A place in the order of what is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SaveTurn(u64);

impl SaveTurn {
    /// The next place, for the state as it is now.
    pub(crate) fn take() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A state file that this process saves to, and no other one as long as this is there.
pub(crate) struct OwnedStateFile {
    _lock: File,
    path: PathBuf,
}

impl OwnedStateFile {
    /// # Errors
    /// [`NodeError::StateInUse`] where another process owns it, [`NodeError::File`] when the folder refuses, or something
    /// else is there.
    pub(crate) fn take(file: &Path) -> Result<Self, NodeError> {
        let target = target(file);
        if std::fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
            let fail = NodeError::file("cannot save the state to", file);
            let reason = "expected a file or nothing there, found something else, which saving would replace: give the \
                          path of a file";
            return Err(fail(reason.into()));
        }
        let path = beside(&target, LOCK);
        let fail = NodeError::file("cannot lock the state file with", &path);
        let begun = Instant::now();
        loop {
            match Self::attempt(&path).map_err(|error| fail(error.to_string()))? {
                Some(owned) => return Ok(owned),
                None if begun.elapsed() < LOCK_WAIT => std::thread::sleep(LOCK_PAUSE),
                None => {
                    let process = std::fs::read_to_string(&path).unwrap_or_default();
                    return Err(NodeError::StateInUse {
                        path: file.to_owned(),
                        process: process.chars().filter(char::is_ascii_digit).collect(),
                    });
                }
            }
        }
    }

    fn attempt(path: &Path) -> io::Result<Option<Self>> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let mut lock = options.open(path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Who held it may have removed it, and somebody else made another one.
        let (held, there) = (lock.metadata()?, std::fs::metadata(path));
        if !there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())) {
            return Ok(None);
        }
        lock.set_len(0)?;
        lock.rewind()?;
        write!(lock, "{}", std::process::id())?;
        let path = path.to_owned();
        Ok(Some(Self { _lock: lock, path }))
    }
}

impl Drop for OwnedStateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Reads a state that [`save`] wrote, or anvil.
///
/// # Errors
/// [`NodeError::File`] when the file cannot be read or holds something else.
pub(crate) fn load(path: &Path) -> Result<SavedState, NodeError> {
    let fail = NodeError::file("cannot load the state from", path);
    let unread = |error: io::Error| fail(error.to_string());
    let mut file = File::open(path).map_err(unread)?;
    let mut first = Vec::new();
    let mut beginning = (&mut file).take(GZIP.len() as u64);
    beginning.read_to_end(&mut first).map_err(unread)?;
    file.rewind().map_err(unread)?;
    if first == GZIP {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unread)?;
        let text = unpacked(&bytes).map_err(&fail)?;
        return parse(Cursor::new(text)).map_err(fail);
    }
    parse(file).map_err(fail)
}

/// A state as JSON, which anvil compresses by gzip.
///
/// # Errors
/// What was expected and found.
pub(crate) fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if !bytes.starts_with(&GZIP) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut text = Vec::new();
    // A short file can hold very much.
    let mut read = GzDecoder::new(bytes).take(STATE.most as u64 + 1);
    read.read_to_end(&mut text)
        .map_err(|error| format!("expected a state compressed by gzip, found {error}"))?;
    STATE.check(text.len()).map_err(|error| error.to_string())?;
    Ok(Cow::Owned(text))
}

/// Reads a state as it comes, so that its text is never in memory: this node's has `format`, and what anvil writes has
/// none.
///
/// # Errors
/// What was expected and found.
pub(crate) fn parse(mut text: impl Read + Seek) -> Result<SavedState, String> {
    #[derive(Deserialize)]
    struct StateForm {
        format: Option<IgnoredAny>,
    }
    let none = |error: &dyn std::fmt::Display| {
        format!("expected a state written by this node or by anvil, found none: {error}")
    };
    let form = serde_json::from_reader(BufReader::new(&mut text));
    let form: StateForm = form.map_err(|error| none(&error))?;
    text.rewind().map_err(|error| none(&error))?;
    let text = BufReader::new(text);
    match form.format {
        Some(_) => {
            let state = ChainState::from_json(text).map_err(|error| none(&error))?;
            Ok(SavedState::Own(Box::new(state)))
        }
        None => {
            let state = AnvilState::from_json(text).map_err(|error| none(&error))?;
            Ok(SavedState::Anvil(state))
        }
    }
}

/// Writes a second file and renames it. So a reader of `path` finds the old document or the new one,
/// even after the process was killed meanwhile. A state whose turn was before the newest saved one is left out.
///
/// # Errors
/// [`NodeError::File`] when the disk or the folder refuses.
pub(crate) fn save(path: &Path, turn: SaveTurn, state: &ChainState) -> Result<(), NodeError> {
    /// The newest turn of each file. Held while a file is written.
    static WRITTEN: Mutex<BTreeMap<PathBuf, SaveTurn>> = Mutex::new(BTreeMap::new());
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let fail = NodeError::file("cannot save the state to", path);
    let path = target(path);
    if written.get(&path).is_some_and(|newest| *newest > turn) {
        return Ok(());
    }
    let beside = beside(&path, TEMPORARY);
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&beside)?);
        serde_json::to_writer(&mut out, state)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&beside, &path)
    };
    write().map_err(|error| fail(error.to_string()))?;
    written.insert(path, turn);
    Ok(())
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn compressed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("a vector takes it");
        encoder.finish().expect("a vector takes it")
    }

    fn read(bytes: &[u8]) -> Result<SavedState, String> {
        parse(Cursor::new(unpacked(bytes)?))
    }

    #[test]
    fn a_compressed_state_that_is_cut_off_or_none_is_refused() {
        let whole = compressed(br#"{"accounts":{},"block":null}"#);
        assert!(matches!(read(&whole), Ok(SavedState::Anvil(_))));
        let end = whole.len() - 9;
        let refused = read(&whole[..end]).map(|_| ()).expect_err("cut off");
        assert!(refused.contains("compressed by gzip"), "{refused}");
        let refused = read(&compressed(b"[1]")).map(|_| ()).expect_err("a list");
        assert!(refused.contains("by this node or by anvil"), "{refused}");
    }

    #[test]
    fn what_a_few_bytes_decompress_to_is_bounded() {
        let bomb = compressed(&vec![b' '; STATE.most + 1]);
        let refused = unpacked(&bomb).expect_err("too much");
        assert!(refused.contains("bytes of an unpacked state"), "{refused}");
    }
}
