//! `run-migration`, run as a process.
//!
//! | module | holds |
//! |---|---|
//! | `collection` | tokens gathered from events |
//! | `foreign` | a program that was not written with our crates |
//! | `kills` | `kill -9` at any point |
//! | `proxy` | an endpoint that fails on request |
//! | `refusals` | what is refused before anything is sent |
//! | `scale` | ten thousand items, and more |
//! | `end_to_end` | from the first batch to the end, in every form |
//! | `unreliable_chain` | dropped, replaced, undone, priced out, unanswered |

mod collection;
mod end_to_end;
pub(crate) mod fixture;
mod foreign;
pub(crate) mod kills;
pub(crate) mod proxy;
mod refusals;
mod scale;
mod unreliable_chain;
