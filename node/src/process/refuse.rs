//! Flags of anvil that this node understands and refuses, each with the reason. Starting an
//! empty chain where somebody requested a fork would be worse than not starting.

use super::flags::Flags;

/// The reason to exit with code 2, if there is one.
pub(super) fn check(flags: &Flags) -> Result<(), String> {
    let fork = &flags.fork;
    let forking = [
        ("--fork-url", fork.fork_url.is_some()),
        ("--fork-block-number", fork.fork_block_number.is_some()),
        (
            "--fork-transaction-hash",
            fork.fork_transaction_hash.is_some(),
        ),
        ("--fork-chain-id", fork.fork_chain_id.is_some()),
        ("--fork-header", !fork.fork_header.is_empty()),
    ];
    if let Some((flag, _)) = forking.into_iter().find(|(_, given)| *given) {
        return Err(format!(
            "{flag}: this node cannot fork another chain; start without it for an empty chain"
        ));
    }
    if flags.optimism {
        return Err("--optimism: this is an Arbitrum chain; use anvil for Optimism".into());
    }
    if flags.disable_default_create2_deployer {
        return Err(
            "--disable-default-create2-deployer: the deployer is part of this chain's genesis"
                .into(),
        );
    }
    Ok(())
}
