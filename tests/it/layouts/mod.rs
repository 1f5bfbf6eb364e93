//! Storage layouts, from the source to the migrated storage.
//!
//! | module | holds |
//! |---|---|
//! | `property` | random pairs of versions, migrated by generated Rust on the chain |

mod property;
