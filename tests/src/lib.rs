//! Code that the tests and the benchmark share: the interfaces of contracts, the proxies under
//! comparison, the figures, and the book.
#![forbid(unsafe_code)]

pub mod abi;
pub mod book;
pub mod calls;
pub mod contracts;
pub mod examples;
pub mod figures;
pub mod guards;
pub mod hostile;
pub mod peers;
pub mod proxies;
pub mod scale;
pub mod snapshot;
