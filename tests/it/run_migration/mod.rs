//! `run-migration`, as a process of its own.
//!
//! | module | holds |
//! |---|---|
//! | `kills` | `kill -9` at any point |
//! | `story` | from the first batch to the end, in every form |

mod kills;
mod story;
mod world;
