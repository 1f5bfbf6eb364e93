//! A question that an endpoint failed to answer, asked again: what one lost connection must not end.

use super::{ChainError, Client, Unanswered};
use std::time::Duration;

/// How often it is sent.
const ATTEMPTS: usize = 4;
/// The pause in between.
const PAUSE: Duration = Duration::from_millis(250);

impl Client {
    /// The first answer. What took long, or is limited, was waited for already.
    pub(super) async fn answered<T>(
        &self,
        ask: impl AsyncFn() -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        for _ in 1..ATTEMPTS {
            match ask().await {
                Err(ChainError::Unreachable {
                    reason:
                        reason @ (Unanswered::Broken(_)
                        | Unanswered::Status { .. }
                        | Unanswered::Malformed { .. }),
                    ..
                }) if !reason.is_permanent() => tokio::time::sleep(PAUSE).await,
                answer => return answer,
            }
        }
        ask().await
    }
}
