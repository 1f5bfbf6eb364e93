//! Layouts: compared, planned and generated from.
#![allow(dead_code, missing_docs, unexpected_cfgs, unreachable_pub)]

extern crate alloc;

mod carried;
mod cases;
mod declared;
mod derive;
mod generated;
mod host;
mod migration;
mod namespaces;
mod pairs;
mod paths;
mod peers;
mod random;
mod report;
mod solidity;
mod values;
