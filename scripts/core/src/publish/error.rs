//! Why an explorer has not verified something.

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

/// The repository's URL is not one that everybody may read.
pub(super) fn not_public() -> Refusal {
    let message = "the repository's URL must not be published";
    let refusal = Refusal::new("RepositoryUrl", message).with(
        "https://host/path of a public repository",
        "another URL, or one with a user, a password, a query or a fragment",
        "give --repository without them; replace a token that was in it",
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
