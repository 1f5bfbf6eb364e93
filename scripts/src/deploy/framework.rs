//! The framework's shared programs onto a chain, once: each at the address that follows from its
//! bytes, so whoever deploys them first deploys them for everybody.

use super::{activate, require_code, was_not_done};
use crate::build::{Framework, evm};
use crate::client::{ChainError, Client, Sent};
use crate::ids::CodeHash;
use crate::progress::Progress;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::TransactionRequest;
use serde::Serialize;
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

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
    creation_code: Bytes,
    codehash: CodeHash,
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
            created = create2(client, &wanted).await?;
            progress.end("");
        }
        require_code(client, wanted.address, wanted.codehash).await?;
        let activated = match wanted.is_program {
            true => activate(client, wanted.name, wanted.address, bump_percent).await?,
            false => None,
        };
        ensured.programs.push(Shared {
            name: wanted.name.to_owned(),
            address: wanted.address,
            codehash: wanted.codehash,
            shared: created.is_none(),
            activated: activated.is_some(),
        });
        ensured.sent.extend(created);
        ensured.sent.extend(activated);
    }
    Ok(ensured)
}

/// `None` where somebody else was first, between the look and the block.
async fn create2(client: &Client, wanted: &Wanted<'_>) -> Result<Option<Sent>, ChainError> {
    if client.code(CREATE2_DEPLOYER).await?.is_empty() {
        return Err(ChainError::Missing {
            what: "CREATE2 deployer",
            account: CREATE2_DEPLOYER,
        });
    }
    let data = [B256::ZERO.as_slice(), &wanted.creation_code].concat();
    let request = TransactionRequest::default()
        .with_to(CREATE2_DEPLOYER)
        .with_input(data);
    let what = format!("deploy {}", wanted.name);
    match client.transact(&what, request).await {
        Ok(sent) => Ok(Some(sent)),
        Err(error)
            if was_not_done(&error)
                && client.codehash(wanted.address).await? == Some(wanted.codehash) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn wanted(framework: &Framework) -> Vec<Wanted<'_>> {
    let mut all = vec![Wanted {
        name: "pause stub",
        address: framework.stub_address,
        creation_code: evm::creation_code(&framework.stub),
        codehash: CodeHash::of(&framework.stub),
        is_program: false,
    }];
    all.extend(framework.shared().map(|part| Wanted {
        name: &part.artifact.name,
        address: part.address,
        creation_code: part.artifact.creation_code(),
        codehash: part.artifact.codehash(),
        is_program: true,
    }));
    all
}
