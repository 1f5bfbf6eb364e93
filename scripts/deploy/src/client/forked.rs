//! Finds out whether an endpoint is a development node that forked another chain: it has that chain's id, and
//! nothing that is done there is done on that chain.

use super::{ChainError, Client, HICCUP, Unanswered};
use alloy::providers::Provider;
use serde_json::Value;
use std::time::Duration;

/// The method by which anvil, Hardhat and this program's node answer about themselves.
const METADATA: &str = "hardhat_metadata";
/// The field that says which chain was forked; null where none was.
const FORKED: &str = "forkedNetwork";

impl Client {
    /// Returns true if the endpoint says that it forked another chain. An endpoint without this method counts as not
    /// forked: ordinary nodes do not have it.
    ///
    /// # Errors
    /// Where there is no answer, so that it may be one.
    pub async fn is_fork(&self) -> Result<bool, ChainError> {
        let asked = self.bearing(HICCUP.max(self.patience()), Duration::MAX);
        let request = asked.provider.raw_request::<_, Value>(METADATA.into(), ());
        let error = match request.await {
            Ok(answer) => return Ok(answer.get(FORKED).is_some_and(|one| !one.is_null())),
            Err(error) => error,
        };
        if error.is_error_resp() {
            return Ok(false); // the method is unknown there
        }
        match self.error(METADATA, error) {
            // A gateway that lets known methods through alone.
            ChainError::Unreachable {
                reason: Unanswered::Status { status, .. },
                ..
            } if (400..500).contains(&status) => Ok(false),
            error => Err(error),
        }
    }
}
