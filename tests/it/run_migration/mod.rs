//! `run-migration`, as a process of its own.
//!
//! | module | holds |
//! |---|---|
//! | `story` | from the first batch to the end, in every form |

mod story;
mod world;
