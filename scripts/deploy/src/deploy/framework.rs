//! The framework's shared programs onto a chain, once: each at the address that follows from its
//! bytes, so whoever deploys them first deploys them for everybody.

use super::{activate, create2, require_code};
use crate::build::Framework;
use crate::client::{ChainError, Client, Sent};
use crate::ids::CodeHash;
use crate::progress::Progress;
use alloy::primitives::Address;
use serde::Serialize;

/// What it took to have the framework's shared programs on a chain.
#[derive(Debug, Clone, Default)]
pub struct Ensured {
    /// The transactions.
    pub sent: Vec<Sent>,
    /// The programs, in the order of deployment.
    pub programs: Vec<Shared>,
}

/// A program that everybody on a chain shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub address: Address,
    /// keccak256 of its code, as the chain reports it.
    pub codehash: CodeHash,
    /// Whether it was there before, deployed by whomever.
    pub shared: bool,
    /// Whether it was activated now.
    pub activated: bool,
}

/// One shared program.
struct Wanted<'a> {
    name: &'a str,
    address: Address,
    code: &'a [u8],
    is_program: bool,
}

/// Deploys and activates what is missing of the framework; does nothing where it is all there.
/// What is there already is shared if its code hash is right, whoever deployed it.
///
/// # Errors
/// [`ChainError::OtherCode`] if other code lies where a program belongs; whatever the chain refuses.
pub async fn ensure_framework(
    client: &Client,
    framework: &Framework,
    bump_percent: u32,
    progress: &dyn Progress,
) -> Result<Ensured, ChainError> {
    let mut ensured = Ensured::default();
    for wanted in wanted(framework) {
        let was_there = client.codehash(wanted.address).await?.is_some();
        let mut created = None;
        if !was_there {
            progress.begin(&format!("deploying {}", wanted.name));
            (_, created) = create2(client, wanted.name, wanted.code).await?;
            progress.end("");
        }
        let codehash = CodeHash::of(wanted.code);
        require_code(client, wanted.address, codehash).await?;
        let activated = match wanted.is_program {
            true => activate(client, wanted.name, wanted.address, bump_percent).await?,
            false => None,
        };
        ensured.programs.push(Shared {
            name: wanted.name.to_owned(),
            address: wanted.address,
            codehash,
            shared: created.is_none(),
            activated: activated.is_some(),
        });
        ensured.sent.extend(created);
        ensured.sent.extend(activated);
    }
    Ok(ensured)
}

fn wanted(framework: &Framework) -> Vec<Wanted<'_>> {
    let mut all = vec![Wanted {
        name: "pause stub",
        address: framework.stub_address,
        code: &framework.stub,
        is_program: false,
    }];
    all.extend(framework.shared().map(|part| Wanted {
        name: &part.artifact.name,
        address: part.address,
        code: &part.artifact.code,
        is_program: true,
    }));
    all
}
