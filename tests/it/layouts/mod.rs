//! Storage layouts, from the source to the migrated storage.
//!
//! | module | holds |
//! |---|---|
//! | `commands` | the commands that look at layouts, as processes |
//! | `property` | random pairs of versions, migrated by generated Rust on the chain |

mod commands;
mod property;
