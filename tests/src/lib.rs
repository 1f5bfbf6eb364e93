//! What the scenarios and the [tools] share: the interfaces of contracts, the examples, the proxies under comparison, and
//! the figures in git.
#![forbid(unsafe_code)]

pub mod abi;
pub mod calls;
pub mod contracts;
pub mod examples;
pub mod hostile;
pub mod peers;
pub mod proxies;
pub mod snapshot;
#[path = "../tools/mod.rs"]
pub mod tools;
