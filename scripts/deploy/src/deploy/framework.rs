//! The framework's shared programs onto a chain, once: each at the address that follows from its
//! bytes, so the first to deploy them deploys them for everybody.

use super::{activate, create2, require_code};
use crate::build::Framework;
use crate::client::{ChainError, Client, Sent};
use crate::ids::CodeHash;
use crate::program_code::is_program;
use crate::progress::Progress;
use alloy::primitives::Address;
use serde::Serialize;

/// The framework's shared programs on a chain, and the transactions that it took to have them there.
#[derive(Debug, Clone, Default)]
pub struct Ensured {
    /// The transactions.
    pub sent: Vec<Sent>,
    /// The programs, in the order of deployment: first what is EVM code.
    pub programs: Vec<Shared>,
}

/// A program that everybody on a chain shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// keccak256 of its code, as the chain reports it.
    pub codehash: CodeHash,
    /// True if it was there before, deployed by whomever.
    pub shared: bool,
    /// True if it was activated now.
    pub activated: bool,
}

/// Deploys and activates what is missing of the framework; does nothing where it is all there.
/// What is there already is shared if its code hash is right, no matter who deployed it.
///
/// # Errors
/// If other code lies where a program belongs; whatever the chain refuses.
pub async fn ensure_framework(
    client: &Client,
    framework: &Framework,
    bump_percent: u32,
    progress: &dyn Progress,
) -> Result<Ensured, ChainError> {
    let mut ensured = Ensured::default();
    let contracts = framework.contracts().into_iter();
    let contracts = contracts.map(|contract| (contract.name, contract.address, &contract.code));
    let shared = framework.shared().map(|part| {
        let artifact = &part.artifact;
        (artifact.name.as_str(), part.address, &artifact.code)
    });
    for (name, address, code) in contracts.chain(shared) {
        let was_there = client.codehash(address).await?.is_some();
        let mut created = None;
        if !was_there {
            progress.begin(&format!("deploying {name}"));
            (_, created) = create2(client, name, code).await?;
            progress.end("");
        }
        let codehash = CodeHash::of(code);
        require_code(client, address, codehash).await?;
        let activated = if is_program(code) {
            activate(client, name, address, bump_percent).await?
        } else {
            None
        };
        ensured.programs.push(Shared {
            name: name.to_owned(),
            address,
            codehash,
            shared: created.is_none(),
            activated: activated.is_some(),
        });
        ensured.sent.extend(created);
        ensured.sent.extend(activated);
    }
    Ok(ensured)
}
