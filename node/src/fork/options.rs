//! Options of a fork, and reasons why there cannot be one.

use std::path::PathBuf;
use std::time::Duration;

/// The block to fork, and the settings with which its endpoint is asked.
#[derive(Clone, Debug)]
pub struct ForkOptions {
    /// `http://` or `https://` endpoint of the chain.
    pub url: String,
    /// The block.
    pub block: ForkBlock,
    /// Refuse a chain with another id.
    pub expected_chain_id: Option<u64>,
    /// The id of the chain here; the forked chain's when absent.
    pub chain_id: Option<u64>,
    /// The gas limit of blocks here; the forked block's when absent.
    pub gas_limit: Option<u64>,
    /// Headers that go along with each request, as `Name: value`.
    pub headers: Vec<String>,
    /// The number of retries of a request that was refused because of a limit, or was not answered.
    pub retries: u32,
    /// Pause before that, where the endpoint names none.
    pub backoff: Duration,
    /// The time that one request may take.
    pub timeout: Duration,
    /// Compute units that the endpoint gives per second, of which a request takes 20: the more requests
    /// wait, the longer is the pause after a limit. `None` without such a limit.
    pub compute_units: Option<u64>,
    /// Folder where what was read is kept for the next start; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// The rule that says whether accounts and storage are believed without proofs.
    pub verify: VerifyMode,
}

/// A rule that says whether accounts and storage count only with proofs (`eth_getProof`, EIP-1186) against the state
/// root of the block, whose header must have the block's hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerifyMode {
    /// Verifies where the endpoint gives proofs, unless it is on this machine: there it may be a development node
    /// whose state was changed outside of blocks. The log names an endpoint without proofs, and its answers are
    /// believed.
    #[default]
    WhereProven,
    /// An endpoint without proofs is refused.
    Always,
    /// The endpoint is believed.
    Never,
}

impl ForkOptions {
    /// The newest block of an endpoint, as anvil asks it; nothing is kept on disk.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            block: ForkBlock::Latest,
            expected_chain_id: None,
            chain_id: None,
            gas_limit: None,
            headers: Vec::new(),
            retries: 8,
            backoff: Duration::from_secs(1),
            timeout: Duration::from_secs(45),
            compute_units: Some(330),
            cache: None,
            verify: VerifyMode::default(),
        }
    }

    /// Returns true if the endpoint is on this machine: a chain that is restarted, and changed outside of blocks.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.url.split_once("://");
        let host = host.map_or(self.url.as_str(), |(_, rest)| rest);
        let local = ["localhost", "127.", "[::1]", "0.0.0.0"];
        local.iter().any(|name| host.starts_with(name))
    }

    /// The same for another URL. Headers, and the folder of what was read, belong to the URL that they
    /// were given for.
    pub(crate) fn at(self, url: String) -> Self {
        if url == self.url {
            return self;
        }
        Self {
            url,
            headers: Vec::new(),
            cache: None,
            ..self
        }
    }
}

/// The block that is forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkBlock {
    /// The newest one.
    Latest,
    /// The block with this number.
    Number(u64),
    /// So many blocks before the newest one.
    Before(u64),
}

/// The reason why a fork cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// Requests cannot be sent to the URL.
    #[error("the fork's URL: {0}; expected http:// or https:// and a host")]
    Url(String),
    /// A header is not of the form.
    #[error("--fork-header: expected `Name: value` of visible ASCII")]
    Header,
    /// The endpoint does not answer, not as a chain does, or with another block than the one that is wanted.
    #[error("{endpoint}: {reason}")]
    Endpoint {
        /// Its readable part.
        endpoint: String,
        /// The words of the endpoint, or the reason why nothing arrived.
        reason: String,
    },
    /// A part of the block's state could not be read.
    #[error("{0}")]
    Unread(String),
    /// It was to be verified, and there are no proofs.
    #[error(
        "{endpoint} gives no proofs of block {block} (eth_getProof): {reason}; ask an endpoint that does; \
         --fork-verify false believes it"
    )]
    NoProofs {
        /// The readable part of the URL.
        endpoint: String,
        /// The block.
        block: u64,
        /// The words of the endpoint.
        reason: String,
    },
}

impl ForkError {
    /// Makes errors of an endpoint, by its readable part, from its words or the reason why nothing arrived.
    pub(super) fn endpoint(shown: &str) -> impl Fn(String) -> Self + Copy + '_ {
        |reason| Self::Endpoint {
            endpoint: shown.to_owned(),
            reason,
        }
    }
}
