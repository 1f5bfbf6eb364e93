//! The data that an explorer gets about an implementation, and its answers. The console submits it; see its `publish`.

use crate::error::Refusal;
use crate::ids::TxHash;
use crate::output::shortened;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use clap::{Args, ValueEnum};
use serde::Serialize;

/// Characters of an answer that are shown.
const SHOWN: usize = 500;

/// The arguments for the explorer that verifies an implementation.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Publish to an explorer (ETHERSCAN_API_KEY has the key)")]
pub struct PublishArgs {
    /// Have an explorer verify the implementation, and link the instances with it
    #[arg(
        long,
        value_enum,
        value_name = "INTERFACE",
        requires = "name",
        requires = "repository"
    )]
    pub publish: Option<Interface>,
    /// The API URL of the explorer [default: Etherscan, for every chain]
    #[arg(long, value_name = "URL", requires = "publish")]
    pub explorer_api: Option<String>,
    /// The public repository that holds the sources
    #[arg(long, value_name = "URL", requires = "publish")]
    pub repository: Option<String>,
    /// The crate's folder in the repository [default: its root]
    #[arg(long, value_name = "PATH", requires = "publish")]
    pub repository_path: Option<String>,
    /// Etherscan's number of the license: 1 none, 3 MIT, 12 Apache-2.0
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "publish")]
    pub license_type: u8,
}

/// The explorer's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    /// Etherscan's, version 2: Arbiscan
    Etherscan,
    /// Blockscout's, version 2
    Blockscout,
}

/// The sources that an explorer builds from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sources {
    /// The public repository.
    pub repository: String,
    /// The commit.
    pub commit: String,
    /// The crate's folder in it; empty for its root.
    pub path: String,
    /// The crate.
    pub contract: String,
    /// The version of cargo-stylus that built it.
    pub cargo_stylus: String,
    /// The number of its license, as Etherscan counts them.
    pub license: u8,
}

impl Sources {
    /// The URL of a public repository: an explorer gets it, and shows it to everybody.
    ///
    /// # Errors
    /// `RepositoryUrl` where a key is in it, or may be.
    pub fn public(repository: &str) -> Result<&str, Refusal> {
        let url: Url = repository.parse().map_err(|_| not_public())?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if is_plain && matches!(url.scheme(), "https" | "http") {
            Ok(repository)
        } else {
            Err(not_public())
        }
    }
}

/// The repository's URL is not one that everybody may read.
fn not_public() -> Refusal {
    let message = "the repository's URL must not be published";
    let refusal = Refusal::new("RepositoryUrl", message).with(
        "https://host/path of a public repository",
        "another URL, or one with a user, a password, a query or a fragment",
        "give --repository without them; replace a token that was in it",
    );
    refusal.usage()
}

/// The explorer's answer for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The account.
    pub address: Address,
    /// The explorer's words.
    pub answer: String,
}

impl Published {
    /// A line for people. What comes from outside is quoted.
    pub fn line(&self) -> String {
        let answer = shortened(&self.answer, SHOWN);
        format!("{}  the explorer says: {answer:?}", self.address)
    }
}

/// The accounts that were submitted to an explorer, and its answers.
#[derive(Serialize)]
pub struct Publication {
    /// The implementation.
    pub implementation: Published,
    /// The instances, as far as the explorer is told of them.
    pub proxies: Vec<Published>,
    /// The sources that the explorer builds from.
    pub sources: Sources,
    /// The transaction that created the implementation.
    pub deployment_tx: TxHash,
}

impl Publication {
    /// A line for each account.
    pub fn lines(&self) -> Vec<String> {
        let all = [&self.implementation].into_iter().chain(&self.proxies);
        all.map(Published::line).collect()
    }
}
