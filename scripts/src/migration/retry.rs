//! Asking again where the endpoint does not answer.

use crate::client::{ChainError, Unanswered};
use std::time::{Duration, Instant};

/// How long one answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);
/// First pause before asking again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause before asking again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long trouble is borne.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy(pub Duration);

impl RetryPolicy {
    /// Asks until there is an answer, or trouble has lasted too long. Refusals are answers.
    pub async fn run<T>(
        self,
        mut question: impl AsyncFnMut() -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = tokio::time::timeout(ANSWER.min(self.0), question()).await;
            let error = match answer {
                Ok(Err(error)) if is_trouble(&error) => error,
                Ok(answer) => return answer,
                Err(_) => ChainError::Unreachable {
                    endpoint: "the endpoint".into(),
                    reason: Unanswered::Deadline {
                        seconds: ANSWER.min(self.0).as_secs(),
                    },
                },
            };
            if begun.elapsed() + pause > self.0 {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Whether asking again may help.
fn is_trouble(error: &ChainError) -> bool {
    match error {
        ChainError::Unreachable { reason, .. } => !reason.is_permanent(),
        ChainError::Rpc { code, message, .. } => {
            let message = message.to_lowercase();
            // -32005: limit exceeded, the usual code of public endpoints for it
            matches!(code, -32005 | 429 | 502..=504)
                || [
                    "timeout",
                    "timed out",
                    "too many requests",
                    "rate limit",
                    "header not found",
                    "busy",
                    "temporarily",
                ]
                .iter()
                .any(|word| message.contains(word))
        }
        _ => false,
    }
}
