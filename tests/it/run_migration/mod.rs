//! `run-migration`, as a process of its own.
//!
//! | module | holds |
//! |---|---|
//! | `kills` | `kill -9` at any point |
//! | `proxy` | an endpoint that fails as it is told to |
//! | `story` | from the first batch to the end, in every form |
//! | `trouble` | dropped, replaced, undone, priced out, unanswered |

mod kills;
mod proxy;
mod story;
mod trouble;
mod world;
