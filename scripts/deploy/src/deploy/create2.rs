//! Code at the address that follows from its bytes. The CREATE2 deployer puts it there, once for everybody.

use super::require_code;
use crate::build::evm;
use crate::client::{ChainError, Client, Sent};
use crate::ids::CodeHash;
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

/// Puts `code` there, with salt 0. Without a transaction where somebody else was first, between the look and the
/// block.
///
/// # Errors
/// If other code lies there; whatever the chain refuses.
pub async fn create2(
    client: &Client,
    name: &str,
    code: &[u8],
) -> Result<(Address, Option<Sent>), ChainError> {
    if client.code(CREATE2_DEPLOYER).await?.is_empty() {
        return Err(ChainError::missing("CREATE2 deployer", CREATE2_DEPLOYER));
    }
    let address = evm::create2_address(&evm::creation_code(code));
    let request = TransactionRequest::default()
        .with_to(CREATE2_DEPLOYER)
        .with_input(evm::create2_input(code));
    let codehash = CodeHash::of(code);
    let sent = match client.transact(&format!("deploy {name}"), request).await {
        Ok(sent) => Some(sent),
        Err(error) if error.was_not_done() && client.codehash(address).await? == Some(codehash) => {
            None
        }
        Err(error) => return Err(error),
    };
    require_code(client, address, codehash).await?;
    Ok((address, sent))
}
