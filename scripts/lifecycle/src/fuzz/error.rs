//! What keeps an upgrade from being fuzzed. What the fuzzer finds is no error but a finding of its report.

use crate::client::ChainError;
use crate::error::Refusal;
use std::path::Path;

/// What keeps an upgrade from being fuzzed.
pub type FuzzError = ChainError;

/// A file of the corpus holds no sequence.
pub(super) fn corpus_file(path: &Path, reason: impl ToString) -> FuzzError {
    let reason = reason.to_string();
    let message = format!("{path:?} holds no sequence of calls: {reason}");
    let refusal = Refusal::new("CorpusFile", message).with(
        "sequences as this command writes them",
        reason,
        "restore the file, or remove it",
    );
    refusal.usage().into()
}

/// What must hold is nothing that can be asked, or what is meant to differ nothing that is compared.
pub(super) fn nothing_compared(name: &str, expected: &str) -> FuzzError {
    let message = format!("{name} is nothing that is compared");
    let refusal = Refusal::new("NothingCompared", message).with(
        expected,
        name,
        "correct --differs and --holds, or [fuzz.NAME] in the manifest",
    );
    refusal.usage().into()
}
