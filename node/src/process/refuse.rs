//! Flags of anvil that this node understands and refuses, each with the reason.

use super::flags::Flags;

/// The reason to exit with code 2, if there is one.
pub(super) fn check(flags: &Flags) -> Result<(), String> {
    if flags.fork.fork_transaction_hash.is_some() {
        return Err(
            "--fork-transaction-hash: only whole blocks can be forked; give --fork-block-number"
                .into(),
        );
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
