//! `--config-out FILE`: what the banner says, as JSON.

use std::path::Path;

use serde_json::json;

use crate::accounts::DevAccounts;
use crate::config::NodeConfig;
use crate::error::NodeError;

/// Writes the file.
///
/// # Errors
/// [`NodeError::File`] when it cannot be written.
pub(super) fn write(
    path: &Path,
    config: &NodeConfig,
    accounts: &DevAccounts,
) -> Result<(), NodeError> {
    let signers = accounts.mnemonic();
    let chain = config.chain_here();
    let gas_price = config.min_gas_price.unwrap_or(chain.base_fee.into());
    let document = json!({
        "available_accounts": signers.iter().map(|signer| signer.address()).collect::<Vec<_>>(),
        "private_keys": signers.iter().map(|signer| signer.to_bytes()).collect::<Vec<_>>(),
        "wallet": {
            "mnemonic": config.accounts.mnemonic,
            "derivation_path": config.accounts.derivation_path,
        },
        "base_fee": chain.base_fee.to_string(),
        "gas_price": gas_price.to_string(),
        "gas_limit": chain.gas_limit.to_string(),
        "genesis_timestamp": chain.timestamp.unwrap_or_default().to_string(),
        "chain_id": chain.chain_id,
    });
    let fail = NodeError::file("cannot write the configuration to", path);
    std::fs::write(path, format!("{document:#}\n")).map_err(|error| fail(error.to_string()))
}
