//! The eight steps through ethers-rs: the same code spawns real anvil for the Solidity original
//! and our chain for ours, and calls both through bindings.
#![forbid(unsafe_code)]

mod bindings;
mod client;
mod lifecycle;
mod original;
mod stylus;
