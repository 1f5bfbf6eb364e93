//! The state in a file: always one complete document, never a torn one.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::Deserialize;
use stylus_chain::{ChainState, LAST_BLOCK, LAST_SECOND};

use crate::error::NodeError;
use crate::genesis::AnvilState;

/// How the name of a file that is being written ends, after the writer's process id.
const TEMPORARY: &str = ".tmp";
/// How bytes begin that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A compressed state has no more bytes than this: a few of them could say anything.
const MAX_STATE: usize = 256 << 20;

/// What a state file holds.
pub(crate) enum Saved {
    /// What [`save`] wrote.
    Own(Box<ChainState>),
    /// What anvil wrote.
    Anvil(AnvilState),
}

/// Reads a state that [`save`] wrote, or anvil.
///
/// # Errors
/// [`NodeError::File`] when the file cannot be read or holds something else.
pub(crate) fn load(path: &Path) -> Result<Saved, NodeError> {
    let fail = |reason: String| NodeError::File {
        what: "cannot load the state from",
        path: path.to_owned(),
        reason,
    };
    let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    parse(&bytes).map_err(fail)
}

/// A state as JSON, or as that compressed by gzip, as anvil gives it.
///
/// # Errors
/// What was expected and found.
pub(crate) fn parse(bytes: &[u8]) -> Result<Saved, String> {
    let text = match bytes.starts_with(&GZIP) {
        true => Cow::Owned(decompressed(bytes, MAX_STATE)?),
        false => Cow::Borrowed(bytes),
    };
    // Told apart by what every state of ours has, so that the error is that of its own form.
    #[derive(Deserialize)]
    struct Form {
        format: Option<u32>,
    }
    let form = serde_json::from_slice::<Form>(&text);
    let saved = form.and_then(|form| match form.format {
        Some(_) => serde_json::from_slice(&text).map(|state| Saved::Own(Box::new(state))),
        None => serde_json::from_slice(&text).map(Saved::Anvil),
    });
    let saved = saved.map_err(|error| {
        format!("expected a state written by this node or by anvil, found {error}")
    })?;
    match &saved {
        Saved::Own(_) => {} // the chain looks at it when it takes it
        Saved::Anvil(state) => in_bounds(state.block().unwrap_or_default())?,
    }
    Ok(saved)
}

/// Whether a chain can go on from a block of this number and time.
fn in_bounds((number, timestamp): (u64, u64)) -> Result<(), String> {
    for (field, found, most) in [
        ("block.number", number, LAST_BLOCK),
        ("block.timestamp", timestamp, LAST_SECOND),
    ] {
        if found > most {
            return Err(format!("{field}: expected at most {most}, found {found}"));
        }
    }
    Ok(())
}

fn decompressed(bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut reader = GzDecoder::new(bytes).take(most as u64 + 1);
    let read = reader.read_to_end(&mut text);
    read.map_err(|error| format!("expected a state compressed by gzip, found {error}"))?;
    match text.len() > most {
        true => Err(format!(
            "expected a state of at most {most} bytes, found more when it was decompressed; give one \
             that is not compressed to --load-state"
        )),
        false => Ok(text),
    }
}

/// Writes beside the file and renames, so that whoever reads `path`, even after a kill in the
/// middle, finds the old document or the new one.
///
/// # Errors
/// [`NodeError::File`] when the disk or the folder refuses.
pub(crate) fn save(path: &Path, state: &ChainState) -> Result<(), NodeError> {
    let fail = |reason: String| NodeError::File {
        what: "cannot save the state to",
        path: path.to_owned(),
        reason,
    };
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}{TEMPORARY}", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&beside)?);
        serde_json::to_writer(&mut out, state)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| fail(error.to_string()))
}

/// Removes the files beside `path` that processes were writing when they were killed. What cannot
/// be removed stays.
pub(crate) fn remove_leftovers(path: &Path) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let (Some(name), Ok(entries)) = (path.file_name(), std::fs::read_dir(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        if writer(&entry.file_name(), name).is_some_and(has_ended)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(%error, file = %entry.path().display(), "a left-over file stays");
        }
    }
}

/// The process that a temporary file for `name` belongs to.
fn writer(found: &OsStr, name: &OsStr) -> Option<Pid> {
    let rest = found.to_str()?.strip_prefix(name.to_str()?)?;
    let id = rest.strip_prefix('.')?.strip_suffix(TEMPORARY)?;
    Pid::from_raw(id.parse().ok().filter(|id| *id > 0)?)
}

fn has_ended(process: Pid) -> bool {
    test_kill_process(process) == Err(Errno::SRCH)
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
    fn what_a_few_bytes_decompress_to_is_bounded() {
        let bomb = compressed(&[b' '; 1 << 20]);
        assert!(bomb.len() < 1 << 14, "{}", bomb.len());
        assert_eq!(
            decompressed(&bomb, 1 << 20).map(|text| text.len()),
            Ok(1 << 20)
        );
        let refused = decompressed(&bomb, (1 << 20) - 1).expect_err("one byte more");
        assert!(refused.contains("at most 1048575 bytes"), "{refused}");
    }

    #[test]
    fn a_state_of_anvil_beyond_what_chains_have_is_refused_by_its_field() {
        let state = |number: &str, timestamp: &str| {
            let text = format!(
                r#"{{"accounts":{{}},"block":{{"number":"{number}","timestamp":"{timestamp}"}}}}"#
            );
            parse(text.as_bytes()).map(|_| ())
        };
        assert_eq!(state("0x20000000000000", "0x3afff4417f"), Ok(()));
        let most = "0xffffffffffffffff";
        for (number, timestamp, field) in [
            (most, "0x1", "block.number:"),
            ("0x20000000000001", "0x1", "block.number:"),
            ("0x1", most, "block.timestamp:"),
            ("0x1", "0x3afff44180", "block.timestamp:"),
        ] {
            let refused = state(number, timestamp).expect_err(field);
            assert!(refused.starts_with(field), "{refused}");
        }
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
}
