//! Everything that runs on a chain, in one binary: a module per subject.
#![forbid(unsafe_code)]

mod proxy;
mod registry;
mod spec;
mod upgrade;
