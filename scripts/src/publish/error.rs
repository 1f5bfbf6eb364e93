//! Why an explorer has not verified something.

use crate::error::{Exit, Explain};
use thiserror::Error;

/// Why an explorer has not verified something.
#[derive(Debug, Error, Explain)]
pub enum PublishError {
    /// The explorer's URL cannot be used.
    #[error("the explorer's URL is none that can be asked")]
    #[explain(
        name = "ExplorerUrl",
        expected = "--explorer-api http(s)://…: for Blockscout the explorer's own URL",
        found = "another one, or none",
        next = "give --explorer-api",
        exit = Exit::Usage
    )]
    Url,
    /// The explorer's key would be readable on its way.
    #[error("the explorer's key is not sent without encryption")]
    #[explain(
        name = "ExposedKey",
        expected = "--explorer-api https://…, or this machine",
        found = "http to another machine, and a key",
        next = "use https, or unset ETHERSCAN_API_KEY",
        exit = Exit::Usage
    )]
    ExposedKey,
    /// The repository's URL is none that everybody may read.
    #[error("the repository's URL is none that may be published")]
    #[explain(
        name = "RepositoryUrl",
        expected = "https://host/path of a public repository",
        found = "another one, or one with a user, a password, a query or a fragment",
        next = "give --repository without them; a token that stands in it should be replaced",
        exit = Exit::Usage
    )]
    Repository,
    /// The explorer does not answer.
    #[error("the explorer does not answer: {reason}")]
    #[explain(
        name = "ExplorerUnreachable",
        expected = "an answer in JSON",
        found = "{reason}",
        next = "run the command again: what is verified already is not asked for twice",
        exit = Exit::Chain
    )]
    Unreachable {
        /// Why not.
        reason: String,
    },
    /// The explorer refuses.
    #[error("the explorer has not verified it: {reason}")]
    #[explain(
        name = "ExplorerRefused",
        expected = "a verified contract",
        found = "{reason}",
        next = "check repository, commit and path: cargo stylus verify --deployment-tx does the same here"
    )]
    Refused {
        /// Its words.
        reason: String,
    },
    /// The explorer has not decided in time.
    #[error("the explorer has not decided yet")]
    #[explain(
        name = "ExplorerPending",
        expected = "a decision",
        found = "{answer}",
        next = "run the command again later",
        exit = Exit::NotReady
    )]
    Pending {
        /// Its last words.
        answer: String,
    },
    /// The code was not built by a recipe that explorers know.
    #[error("{what} was not built so that others can verify it")]
    #[explain(
        name = "NotPublishable",
        expected = "an implementation that was deployed from here with --verifiable, from a clean commit",
        found = "{found}",
        next = "register a version with --verifiable from a clean commit",
        exit = Exit::Usage
    )]
    NotPublishable {
        /// Which version.
        what: String,
        /// What is known of it.
        found: String,
    },
}
