//! The framework's shared programs onto a chain, once: each at the address that follows from its
//! bytes, so whoever deploys them first deploys them for everybody.

use super::{activate, require_code};
use crate::build::{Framework, evm};
use crate::client::{ChainError, Client, Sent};
use crate::progress::Progress;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

/// One shared program.
struct Shared<'a> {
    name: &'a str,
    address: Address,
    creation_code: Bytes,
    codehash: B256,
    is_program: bool,
}

/// Deploys and activates what is missing of the framework; does nothing where it is all there.
/// Returns the transactions it took.
pub async fn ensure_framework(
    client: &Client,
    framework: &Framework,
    bump_percent: u32,
    progress: &dyn Progress,
) -> Result<Vec<Sent>, ChainError> {
    let mut sent = Vec::new();
    for shared in shared(framework) {
        if client.codehash(shared.address).await?.is_none() {
            progress.begin(&format!("deploying {}", shared.name));
            sent.extend(create2(client, &shared).await?);
            progress.end(&format!("{} at {}", shared.name, shared.address));
        }
        require_code(client, shared.address, shared.codehash).await?;
        if shared.is_program {
            sent.extend(activate(client, shared.name, shared.address, bump_percent).await?);
        }
    }
    Ok(sent)
}

/// `None` where somebody else was first, between the look and the block.
async fn create2(client: &Client, shared: &Shared<'_>) -> Result<Option<Sent>, ChainError> {
    if client.code(CREATE2_DEPLOYER).await?.is_empty() {
        return Err(ChainError::Missing {
            what: "CREATE2 deployer",
            account: CREATE2_DEPLOYER,
        });
    }
    let data = [B256::ZERO.as_slice(), &shared.creation_code].concat();
    let request = TransactionRequest::default()
        .with_to(CREATE2_DEPLOYER)
        .with_input(data);
    let what = format!("deploy {}", shared.name);
    match client.transact(&what, request).await {
        Ok(sent) => Ok(Some(sent)),
        Err(ChainError::Refused { .. })
            if client.codehash(shared.address).await? == Some(shared.codehash) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn shared(framework: &Framework) -> Vec<Shared<'_>> {
    let mut all = vec![Shared {
        name: "pause stub",
        address: framework.stub_address,
        creation_code: evm::creation_code(&framework.stub),
        codehash: keccak256(&framework.stub),
        is_program: false,
    }];
    all.extend(framework.shared().map(|part| Shared {
        name: &part.artifact.name,
        address: part.address,
        creation_code: part.artifact.creation_code(),
        codehash: part.artifact.codehash(),
        is_program: true,
    }));
    all
}
