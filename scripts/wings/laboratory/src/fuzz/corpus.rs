//! Sequences in a folder that version control can hold: one file each, named after its content.

use super::SequenceCall;
use super::sequence::{FuzzCall, TargetFunction};
use crate::client::ChainError;
use crate::error::Refusal;
use crate::own_file;
use alloy::primitives::{hex, keccak256};
use std::path::Path;

/// Files that are read, at most.
const FILES_MAX: usize = 4_096;
/// Bytes of a hash that a file is named after.
const NAME: usize = 8;

/// The sequences of a folder, in the order of their names; none where there is no such folder. Those with a function
/// that these versions do not have are left out.
pub(super) fn read(
    folder: &Path,
    targets: &[TargetFunction],
) -> Result<Vec<Vec<FuzzCall>>, ChainError> {
    let broken = |error: std::io::Error| corpus_file(folder, error);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(broken(error)),
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: Result<Vec<_>, std::io::Error> = paths.collect();
    let mut paths = paths.map_err(broken)?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths.into_iter().take(FILES_MAX) {
        let text = own_file::read(&path)?.unwrap_or_default();
        let written: Vec<SequenceCall> =
            serde_json::from_str(&text).map_err(|error| corpus_file(&path, error))?;
        let calls = written.into_iter().map(|written| {
            let call = FuzzCall::decode(written.from, written.value, &written.calldata, targets);
            call.map(|call| FuzzCall {
                seconds: written.seconds,
                blocks: written.blocks,
                ..call
            })
        });
        all.extend(calls.collect::<Option<Vec<_>>>());
    }
    Ok(all)
}

/// Writes a sequence that the folder does not have yet.
pub(super) fn write(
    folder: &Path,
    calls: &[FuzzCall],
    targets: &[TargetFunction],
) -> Result<(), ChainError> {
    own_file::folder(folder)?;
    let written = calls.iter().map(|call| SequenceCall::new(call, targets));
    let written: Vec<SequenceCall> = written.collect();
    let mut text = serde_json::to_string_pretty(&written).unwrap_or_default();
    text.push('\n');
    let hash = keccak256(&text);
    let name = hex::encode(hash.get(..NAME).unwrap_or_default());
    let path = folder.join(format!("{name}.json"));
    if !path.exists() {
        own_file::write(&path, text.as_bytes())?;
    }
    Ok(())
}

/// A file of the corpus holds no sequence.
fn corpus_file(path: &Path, reason: impl ToString) -> ChainError {
    let reason = reason.to_string();
    let message = format!("{path:?} holds no sequence of calls: {reason}");
    let refusal = Refusal::new("CorpusFile", message).with(
        "sequences as this command writes them",
        reason,
        "restore the file, or remove it",
    );
    refusal.usage().into()
}
