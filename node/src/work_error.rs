//! Reasons why work was not done: the thread that does it has stopped, or it panicked.

/// The reason why the worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    /// The node has stopped.
    #[error("the node is stopping")]
    Stopped,
    /// A bug: the chain panicked. The node keeps running.
    #[error("the chain panicked: {0}")]
    Panicked(String),
}

/// Returns the words of a panic.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
