//! The start-up lines, in anvil's order: spawn wrappers read keys and chain id from them.

use alloy::primitives::{U256, utils::format_ether};

use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::handle::NodeHandle;

const RULE: &str = "==================";

/// Everything before the line with the address.
///
/// # Errors
/// [`NodeError::Chain`] when the node ended meanwhile.
pub(super) fn lines(config: &NodeConfig, node: &NodeHandle) -> Result<Vec<String>, NodeError> {
    let accounts = node.accounts();
    let balance = format_ether(config.accounts.balance);
    let chain = config.chain_here();
    let version = node.with_chain(|chain| chain.arbos_version())?;
    let mut lines = vec![
        format!("stylus-devnode {}", env!("CARGO_PKG_VERSION")),
        format!(
            "A local Arbitrum chain with Stylus, ArbOS {version} with the rules of {}",
            stylus_chain::hardfork(version)
        ),
    ];

    heading(&mut lines, "Available Accounts");
    for (index, signer) in accounts.mnemonic().iter().enumerate() {
        lines.push(format!("({index}) {} ({balance} ETH)", signer.address()));
    }

    heading(&mut lines, "Private Keys");
    for (index, signer) in accounts.mnemonic().iter().enumerate() {
        lines.push(format!("({index}) {}", signer.to_bytes()));
    }

    heading(&mut lines, "Wallet");
    let mnemonic = &config.accounts.mnemonic;
    lines.push(format!("Mnemonic:          {mnemonic}"));
    let path = &config.accounts.derivation_path;
    lines.push(format!("Derivation path:   {path}"));
    // Not in the list of keys: wrappers count them.
    lines.push(format!(
        "Nitro dev account: {} ({} ETH)",
        accounts.nitro().address(),
        format_ether(chain.dev_balance)
    ));

    lines.push(String::new());
    // On one line: wrappers take the word after `Chain ID:` and assume 31337 without it.
    lines.push(format!("Chain ID: {}", chain.chain_id));

    heading(&mut lines, "Base Fee");
    lines.push(U256::from(chain.base_fee).to_string());
    heading(&mut lines, "Gas Limit");
    lines.push(chain.gas_limit.to_string());
    heading(&mut lines, "Genesis Timestamp");
    lines.push(chain.timestamp.unwrap_or_default().to_string());
    if let Some(fork) = &config.fork {
        let head = fork.head();
        heading(&mut lines, "Fork");
        lines.push(format!("Endpoint:       {}", fork.shown()));
        lines.push(format!("Block number:   {}", head.number));
        lines.push(format!("Block hash:     {}", head.hash));
        // Not `Chain ID:`: wrappers look for that line, which is above.
        lines.push(format!("Forked chain:   {}", head.chain_id));
    }
    lines.push(String::new());
    Ok(lines)
}

fn heading(lines: &mut Vec<String>, title: &str) {
    lines.extend(["", title, RULE, ""].map(str::to_owned));
}
