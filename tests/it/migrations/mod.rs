//! Migrations that take more than one transaction.
//!
//! | module | holds |
//! |---|---|
//! | `lazy` | a ledger whose accounts are converted when they are written or swept |
//! | `cursor` | a complex migration from start to end, whose items the contract knows |
//! | `batches` | one whose items the handler supplies, and what he may not supply |
//! | `bytes` | what a migration adds to a contract
//! | `abort` | turning back, another handler: what the registry governs |
//! | `old`, `traces` | binaries of before, and random things that users do |
//! | `paths` | what a path with a complex step wants and refuses |
//! | `scripts` | what a migration script may not do |
//! | `attacks` | programs and implementations that would like to leave a step by themselves |
//! | `conditions` | what a step declares to hold after it |
//! | `forward_and_back` | forward and back, on data that an old binary wrote |
//! | `graphs` | random graphs of versions against the rule of paths |
//! | `full` | a collection that becomes enumerable, from its events |

mod abort;
mod attacks;
mod batches;
mod bytes;
pub(crate) mod chance;
mod conditions;
mod cursor;
mod forward_and_back;
mod full;
mod graphs;
mod lazy;
mod lazy_chain;
mod old;
mod paths;
mod points;
mod scripts;
mod traces;
