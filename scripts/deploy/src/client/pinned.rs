//! Reads at one block. An endpoint may be several nodes, of which some lag: what is judged by several
//! answers is read as of one block, and a node that does not have it is asked again.

use super::{Backoff, ChainError, Client};
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::transports::TransportResult;
use std::time::{Duration, Instant};

/// The time for which a node may not have the block.
const BEHIND_MAX: Duration = Duration::from_secs(30);
/// First pause between two questions, since another node may answer the next; doubled each time.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest pause between two questions.
const PAUSE_LONGEST: Duration = Duration::from_secs(1);

impl Client {
    /// The same, reading as of the block that is the newest now.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn pinned(&self) -> Result<Self, ChainError> {
        let free = self.unpinned();
        let block = free.newest_block().await?;
        Ok(Self {
            pinned: Some(block),
            ..free
        })
    }

    /// The same, reading as of one block: the one that it reads, or the newest.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn at_one_block(&self) -> Result<Self, ChainError> {
        match self.pinned {
            Some(_) => Ok(self.clone()),
            None => self.pinned().await,
        }
    }

    /// The same, reading as of that block.
    pub fn at(&self, block: u64) -> Self {
        Self {
            pinned: Some(block),
            ..self.clone()
        }
    }

    /// The same, reading as of whatever block is the newest then.
    pub fn unpinned(&self) -> Self {
        Self {
            pinned: None,
            ..self.clone()
        }
    }

    /// The number of the block that is read; `None` where that is the newest.
    pub const fn pinned_block(&self) -> Option<u64> {
        self.pinned
    }

    /// The block that is read.
    pub fn block(&self) -> BlockNumberOrTag {
        self.pinned
            .map_or(BlockNumberOrTag::Latest, BlockNumberOrTag::Number)
    }

    /// Asks the endpoint as of the block that is read. A node that does not have the block yet is asked again.
    ///
    /// # Errors
    /// What the endpoint says.
    pub async fn read<T>(
        &self,
        what: &str,
        ask: impl AsyncFn(BlockId) -> TransportResult<T>,
    ) -> Result<T, ChainError> {
        let answer = async || {
            let block = match self.seen {
                Some(_) => BlockNumberOrTag::Number(self.newest_block().await?),
                None => self.block(),
            };
            let answer = ask(block.into()).await;
            answer.map_err(|error| self.error(what, error))
        };
        if self.seen.is_some() || self.pinned.is_some() {
            once_there(answer).await
        } else {
            answer().await
        }
    }
}

/// Asks a question that names blocks which were seen. A node that does not have them yet is asked again.
///
/// # Errors
/// What the endpoint says.
pub async fn once_there<T>(ask: impl AsyncFn() -> Result<T, ChainError>) -> Result<T, ChainError> {
    let begun = Instant::now();
    let mut pauses = Backoff::new(PAUSE, PAUSE_LONGEST);
    loop {
        match ask().await {
            Err(error) if is_behind(&error) && begun.elapsed() <= BEHIND_MAX => {
                pauses.pause().await;
            }
            other => return other,
        }
    }
}

/// JSON-RPC's error code of what is not there (EIP-1474).
const NOT_FOUND: i64 = -32_001;

/// Returns true if a node says that it does not have the block, in the words of geth's family and of others.
pub fn is_behind(error: &ChainError) -> bool {
    let ChainError::Rpc(error) = error else {
        return false;
    };
    if error.code == NOT_FOUND {
        return true;
    }
    let message = error.message.to_lowercase();
    let words = [
        "header not found",
        "unknown block",
        "block not found",
        "could not find block",
        "future block",
        "block is not available",
        // Of logs up to a block that it does not have.
        "invalid block range params",
    ];
    words.iter().any(|word| message.contains(word))
}
