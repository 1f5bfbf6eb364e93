//! The command line and the library beneath it: build, deploy, govern, upgrade.
//!
//! | module | holds |
//! |---|---|
//! | [`build`] | from source to the bytes that go on chain |
//! | [`error`] | how a failure is told |
//! | [`progress`] | how long work tells what it is doing |
#![forbid(unsafe_code)]

pub mod build;
pub mod error;
pub mod progress;
