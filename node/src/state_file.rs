//! The state in a file: always one complete document, never a torn one.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use stylus_chain::ChainState;

use crate::error::NodeError;
use crate::genesis::AnvilState;

/// How the name of a file that is being written ends, after the writer's process id.
const TEMPORARY: &str = ".tmp";

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
    let text = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    serde_json::from_slice(&text)
        .map(|state| Saved::Own(Box::new(state)))
        .or_else(|error| {
            let anvil = serde_json::from_slice(&text).map(Saved::Anvil);
            anvil.map_err(|_| error)
        })
        .map_err(|error| {
            fail(format!(
                "expected a state written by this node or by anvil, found {error}"
            ))
        })
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
