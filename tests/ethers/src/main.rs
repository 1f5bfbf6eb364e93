//! The eight steps through ethers-rs: the same code spawns real anvil for the Solidity original and our chain for the
//! framework, and calls both through bindings. `tests/it/ethers.rs` says on stdin which, and brings the code of the
//! contracts.
#![forbid(unsafe_code)]

mod bindings;
mod client;
mod lifecycle;
mod original;
mod stylus;

use std::path::PathBuf;

use serde::Deserialize;

use crate::client::{Failure, Spawned};

/// What stands on stdin.
#[derive(Deserialize)]
struct Input {
    /// A program with anvil's command line, to be spawned.
    node: PathBuf,
    contracts: Contracts,
}

/// The code of the contracts.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Contracts {
    Solidity(original::Codes),
    Stylus(stylus::Codes),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let input: Input = serde_json::from_reader(std::io::stdin())?;
    let chain = Spawned::new(&input.node)?;
    match input.contracts {
        Contracts::Solidity(codes) => original::eight_steps(chain, codes).await,
        Contracts::Stylus(codes) => stylus::eight_steps(chain, codes).await,
    }
}
