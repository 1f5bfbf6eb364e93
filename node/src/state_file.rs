//! The state in a file: always one complete document, never a torn one.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use stylus_chain::ChainState;

use crate::error::NodeError;

/// Reads a state that [`save`] wrote.
///
/// # Errors
/// [`NodeError::File`] when the file cannot be read or holds something else.
pub(crate) fn load(path: &Path) -> Result<ChainState, NodeError> {
    let fail = |reason: String| NodeError::File {
        what: "cannot load the state from",
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| {
        fail(format!(
            "expected a state written by this node, found {error}"
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
    beside.push(format!(".{}.tmp", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&beside)?);
        serde_json::to_writer(&mut out, state)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| fail(error.to_string()))
}
