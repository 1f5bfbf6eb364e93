//! A panic ends the frame or the activation that met it, never the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; gives the message of a panic as an error.
///
/// What `work` was changing may be left half changed: the caller must not use it again.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "a panic without a message".into())
    })
}
