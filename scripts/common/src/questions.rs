//! Questions that are asked together. The transport bounds the requests in flight and fills each with questions; here
//! memory is bounded.

use futures::stream::{self, StreamExt, TryStreamExt};

/// Questions that wait for their answers, at most.
const WAITING_MAX: usize = 4_096;

/// Asks all of these questions together. Returns the answers in the order of the questions.
///
/// # Errors
/// The first error among the answers.
pub async fn ask_all<T, E>(
    questions: impl IntoIterator<Item = impl Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
    stream::iter(questions)
        .buffered(WAITING_MAX)
        .try_collect()
        .await
}
