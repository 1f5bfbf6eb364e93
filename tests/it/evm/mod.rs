//! The framework's contracts in EVM code, executed on a chain in this process.

mod admin;
mod fixture;
mod layouts;
mod orders;
mod programs;
