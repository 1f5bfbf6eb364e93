//! The programs in EVM code, executed on the chain.

mod admin;
mod fixture;
mod layouts;
mod orders;
mod programs;
