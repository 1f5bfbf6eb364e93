//! A panic ends the frame or the activation that met it, never the process.

use std::cell::Cell;
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

thread_local! {
    static PANIC_IN: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Makes the next call of this host function on this thread panic in the middle of the program.
pub fn panic_in(host_function: &'static str) {
    PANIC_IN.set(Some(host_function));
}

/// Panics if a test requested it.
pub(crate) fn maybe_panic(host_function: &str) {
    if PANIC_IN.get() == Some(host_function) {
        PANIC_IN.set(None);
        panic!("a test asked for a panic in {host_function}");
    }
}
