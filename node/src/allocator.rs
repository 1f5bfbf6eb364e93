//! The allocator of a program that serves a node.

use std::ffi::{c_int, c_long};

/// The allocator of a program that serves a node, where the program declares it as the global one. What callers made the
/// node hold goes back to the system once it is freed; glibc keeps it in an arena for each thread, and musl lets threads
/// wait for each other.
pub use mimalloc::MiMalloc as Allocator;

/// `mi_option_arena_purge_mult` of mimalloc 2: how many times the usual delay a large part stays after it was freed.
const LARGE_PARTS_STAY: c_int = 24;
/// Its value where nobody has set it.
const USUAL: c_long = 10;

unsafe extern "C" {
    fn mi_option_get(option: c_int) -> c_long;
    fn mi_option_set(option: c_int, value: c_long);
}

/// Lets large parts go back to the system as soon as they are freed. Answers grow by doubling: what they leave behind within
/// the usual delay is several times what they need.
pub(crate) fn give_large_parts_back() {
    // SAFETY: both functions are of the library that `mimalloc` links. They take any option, whether or not it is the
    // program's allocator, from any thread.
    unsafe {
        // Not where the environment sets it.
        if mi_option_get(LARGE_PARTS_STAY) == USUAL {
            mi_option_set(LARGE_PARTS_STAY, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        give_large_parts_back();
        // SAFETY: as above.
        assert_eq!(unsafe { mi_option_get(LARGE_PARTS_STAY) }, 0);
    }
}
