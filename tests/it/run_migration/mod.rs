//! `run-migration`, as a process of its own.
//!
//! | module | holds |
//! |---|---|
//! | `collection` | tokens gathered from events |
//! | `foreign` | a program that was not written with our crates |
//! | `kills` | `kill -9` at any point |
//! | `proxy` | an endpoint that fails as it is told to |
//! | `refusals` | what is refused before anything is sent |
//! | `scale` | ten thousand items, and more |
//! | `story` | from the first batch to the end, in every form |
//! | `trouble` | dropped, replaced, undone, priced out, unanswered |

mod collection;
mod foreign;
mod kills;
pub(crate) mod proxy;
mod refusals;
mod scale;
mod story;
mod trouble;
mod world;
