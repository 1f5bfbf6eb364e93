//! The state in a file: always one complete document, never a torn one, of one process at a time.

use std::borrow::Cow;
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde::Deserialize;
use stylus_chain::ChainState;

use crate::error::NodeError;
use crate::genesis::AnvilState;

/// How the name of a file that is being written ends. One that a killed node left is overwritten.
const TEMPORARY: &str = ".tmp";
/// How the name of the file ends by which a process owns a state file. It holds the process id.
const LOCK: &str = ".lock";
/// How long the lock is waited for: a process that is being started inherits it for a moment.
const LOCK_WAIT: Duration = Duration::from_millis(500);
/// Pause between two looks at it.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// How bytes begin that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes of a compressed state that are read: a short file can hold very many.
const MAX_STATE: u64 = 256 << 20;

/// What a state file holds.
pub(crate) enum Saved {
    /// What [`save`] wrote.
    Own(Box<ChainState>),
    /// What anvil wrote.
    Anvil(AnvilState),
}

/// A path with something after its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

/// A state file that this process saves to, and no other one as long as this is there.
pub(crate) struct Owned {
    _lock: File,
    path: PathBuf,
}

impl Owned {
    /// # Errors
    /// [`NodeError::StateInUse`] where another process owns it, [`NodeError::File`] when the folder refuses.
    pub(crate) fn take(file: &Path) -> Result<Self, NodeError> {
        let path = beside(file, LOCK);
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

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Reads a state that [`save`] wrote, or anvil.
///
/// # Errors
/// [`NodeError::File`] when the file cannot be read or holds something else.
pub(crate) fn load(path: &Path) -> Result<Saved, NodeError> {
    let fail = NodeError::file("cannot load the state from", path);
    let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    parse(&bytes).map_err(fail)
}

/// A state as JSON, or as that compressed by gzip, as anvil gives it.
///
/// # Errors
/// What was expected and found.
pub(crate) fn parse(bytes: &[u8]) -> Result<Saved, String> {
    let text = match bytes.starts_with(&GZIP) {
        true => Cow::Owned(decompressed(bytes)?),
        false => Cow::Borrowed(bytes),
    };
    // Every state that this node writes has `format`: so the error names the right form.
    #[derive(Deserialize)]
    struct Form {
        format: Option<u32>,
    }
    let form = serde_json::from_slice::<Form>(&text);
    let saved = form.and_then(|form| match form.format {
        Some(_) => serde_json::from_slice(&text).map(|state| Saved::Own(Box::new(state))),
        None => serde_json::from_slice(&text).map(Saved::Anvil),
    });
    saved.map_err(|error| {
        format!("expected a state written by this node or by anvil, found none: {error}")
    })
}

fn decompressed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = GzDecoder::new(bytes).take(MAX_STATE).read_to_end(&mut text);
    read.map_err(|error| format!("expected a state compressed by gzip, found {error}"))?;
    Ok(text)
}

/// Writes a second file and renames it. So a reader of `path` finds the old document or the new one,
/// even after the process was killed meanwhile.
///
/// # Errors
/// [`NodeError::File`] when the disk or the folder refuses.
pub(crate) fn save(path: &Path, state: &ChainState) -> Result<(), NodeError> {
    /// Held while a file is written.
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let fail = NodeError::file("cannot save the state to", path);
    let beside = beside(path, TEMPORARY);
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&beside)?);
        serde_json::to_writer(&mut out, state)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| fail(error.to_string()))
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

    #[test]
    fn a_compressed_state_that_is_cut_off_or_none_is_refused() {
        let whole = compressed(br#"{"accounts":{},"block":null}"#);
        assert!(matches!(parse(&whole), Ok(Saved::Anvil(_))));
        let end = whole.len() - 9;
        let refused = parse(&whole[..end]).map(|_| ()).expect_err("cut off");
        assert!(refused.contains("compressed by gzip"), "{refused}");
        let refused = parse(&compressed(b"[1]")).map(|_| ()).expect_err("a list");
        assert!(refused.contains("by this node or by anvil"), "{refused}");
    }

    #[test]
    fn what_a_few_bytes_decompress_to_is_bounded() {
        let bomb = compressed(&vec![b' '; 300 << 20]);
        let read = decompressed(&bomb).map(|text| text.len() as u64);
        assert_eq!(read, Ok(MAX_STATE));
    }
}
