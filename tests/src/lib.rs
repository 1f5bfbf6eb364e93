//! What the tests and the benchmark share: the proxies they compare, and the figures they take.
#![forbid(unsafe_code)]

pub mod figures;
pub mod guards;
pub mod proxies;
pub mod scale;
pub mod snapshot;
