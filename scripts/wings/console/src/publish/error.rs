//! The reasons why an explorer has not verified something.

use crate::error::{Exit, Refusal};

/// The explorer's URL cannot be used.
pub(super) fn no_url() -> Refusal {
    let message = "the explorer's URL cannot be used";
    let refusal = Refusal::new("ExplorerUrl", message).with(
        "--explorer-api http(s)://…: for Blockscout the explorer's own URL",
        "another URL, or none",
        "give --explorer-api",
    );
    refusal.usage()
}

/// The explorer does not answer.
pub(super) fn unreachable(reason: String) -> Refusal {
    let message = format!("the explorer does not answer: {reason}");
    let next = "run the command again: it skips what is verified already";
    let refusal = Refusal::new("ExplorerUnreachable", message);
    let refusal = refusal.with("an answer in JSON", reason, next);
    refusal.exiting(Exit::Chain)
}

/// The explorer refuses, in these words.
pub(super) fn refused(words: String) -> Refusal {
    let message = format!("the explorer has not verified it: {words}");
    Refusal::new("ExplorerRefused", message).with(
        "a verified contract",
        words,
        "check repository, commit and path: cargo stylus verify --deployment-tx does the same here",
    )
}

/// The explorer has not decided in time; its last words.
pub(super) fn pending(words: String) -> Refusal {
    let refusal = Refusal::new("ExplorerPending", "the explorer has not decided yet");
    let refusal = refusal.with("a decision", words, "run the command again later");
    refusal.exiting(Exit::NotReady)
}
