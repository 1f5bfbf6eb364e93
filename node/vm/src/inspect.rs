//! What tests need to look at or to break. Nothing else uses it.

use std::cell::Cell;

pub use crate::activation::{activate_unrewritten, metered_module};

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
