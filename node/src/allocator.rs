//! The allocator of a program that serves a node.

use std::ffi::{c_int, c_long};

/// The allocator of a program that serves a node, where the program declares it as the global one. What callers made the
/// node hold goes back to the system once it is freed; glibc keeps it in an arena for each thread, and musl lets threads
/// wait for each other.
pub use mimalloc::MiMalloc as Allocator;

/// `mi_option_purge_delay` of mimalloc 3: how many milliseconds freed memory stays.
const FREED_STAYS: c_int = 15;
/// Its value where nobody has set it.
const USUAL: c_long = 1_000;
/// Long enough that small requests in a row take the same memory again.
const SHORT: c_long = 10;

unsafe extern "C" {
    fn mi_option_get(option: c_int) -> c_long;
    fn mi_option_set(option: c_int, value: c_long);
}

/// Lets memory go back to the system soon after it is freed. Answers grow by doubling: what they leave behind within the
/// usual delay is several times what they need.
pub(crate) fn give_back_soon() {
    // SAFETY: both functions are of the library that `mimalloc` links. They take any option, whether or not it is the
    // program's allocator, from any thread.
    unsafe {
        // Not where the environment sets it.
        if mi_option_get(FREED_STAYS) == USUAL {
            mi_option_set(FREED_STAYS, SHORT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        give_back_soon();
        // SAFETY: as above.
        assert_eq!(unsafe { mi_option_get(FREED_STAYS) }, SHORT);
    }
}
