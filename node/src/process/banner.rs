//! The start-up lines, in anvil's order: spawn wrappers read keys and chain id from them.

use alloy::primitives::{U256, utils::format_ether};

use super::output::Output;
use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::handle::NodeHandle;

const RULE: &str = "==================";

/// Prints everything before the ready line.
///
/// # Errors
/// [`NodeError::Chain`] when the node ended meanwhile.
pub(super) fn print(
    output: &Output,
    config: &NodeConfig,
    node: &NodeHandle,
) -> Result<(), NodeError> {
    let accounts = node.accounts();
    let balance = format_ether(config.accounts.balance);
    let chain = config.chain_here();
    output.line(&format!("stylus-devnode {}", env!("CARGO_PKG_VERSION")));
    output.line(&format!(
        "A local Arbitrum chain with Stylus, ArbOS {}",
        node.with_chain(|chain| chain.arbos_version())?
    ));

    heading(output, "Available Accounts");
    for (index, signer) in accounts.mnemonic().iter().enumerate() {
        output.line(&format!("({index}) {} ({balance} ETH)", signer.address()));
    }

    heading(output, "Private Keys");
    for (index, signer) in accounts.mnemonic().iter().enumerate() {
        output.line(&format!("({index}) {}", signer.to_bytes()));
    }

    heading(output, "Wallet");
    output.line(&format!("Mnemonic:          {}", config.accounts.mnemonic));
    output.line(&format!(
        "Derivation path:   {}",
        config.accounts.derivation_path
    ));
    // Not in the list of keys: wrappers count them.
    output.line(&format!(
        "Nitro dev account: {} ({} ETH)",
        accounts.nitro().address(),
        format_ether(chain.dev_balance)
    ));

    output.line("");
    // On one line: wrappers take the word after `Chain ID:` and assume 31337 without it.
    output.line(&format!("Chain ID: {}", chain.chain_id));

    heading(output, "Base Fee");
    output.line(&U256::from(chain.base_fee).to_string());
    heading(output, "Gas Limit");
    output.line(&chain.gas_limit.to_string());
    heading(output, "Genesis Timestamp");
    output.line(&chain.timestamp.unwrap_or_default().to_string());
    if let Some(fork) = &config.fork {
        let head = fork.head();
        heading(output, "Fork");
        output.line(&format!("Endpoint:       {}", fork.shown()));
        output.line(&format!("Block number:   {}", head.number));
        output.line(&format!("Block hash:     {}", head.hash));
        // Not `Chain ID:`: wrappers look for that line, which is above.
        output.line(&format!("Forked chain:   {}", head.chain_id));
    }
    output.line("");
    Ok(())
}

fn heading(output: &Output, title: &str) {
    for line in ["", title, RULE, ""] {
        output.line(line);
    }
}
