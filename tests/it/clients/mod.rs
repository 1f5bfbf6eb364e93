//! Clients that others wrote, installed here at pinned versions, run unmodified on our chain, and
//! what they expect of it.

mod anvil_calls;
mod anvil_flags;
mod cache_manager;
mod cast;
mod forge;
mod fork;
mod hardhat;
mod libraries;
mod openzeppelin;
mod origins;
mod suites;
mod table;

use std::io::Write;

use stylus_upgrades_harness::{Chain, HarnessError, RPC_URL, home};
use stylus_upgrades_test_support::page::compare_part;

/// Others use a given chain too, so a suite that changes its settings takes that back.
struct Kept<'c> {
    chain: &'c Chain,
    snapshot: Option<String>,
}

impl<'c> Kept<'c> {
    async fn of(chain: &'c Chain) -> Result<Self, HarnessError> {
        let snapshot = match chain.is_remote() && chain.is_test_chain().await {
            true => Some(chain.request("evm_snapshot", ()).await?),
            false => None,
        };
        Ok(Self { chain, snapshot })
    }

    async fn end(self) -> Result<(), HarnessError> {
        if let Some(snapshot) = self.snapshot {
            // Gone where the suite has loaded a state.
            let _: bool = self.chain.request("evm_revert", (snapshot,)).await?;
        }
        Ok(())
    }
}

/// As [`left_out_where`] for a test that cannot use the chain in `RPC_URL`.
fn is_left_out(test: &str, reason: &str) -> Result<bool, HarnessError> {
    let reason = format!("{RPC_URL} is set, and {reason}");
    left_out_where(Chain::given()?.is_some(), test, &reason)
}

/// Says, past what a test's output is held back by, that a test is left out, by its name.
fn left_out_where(is_left_out: bool, test: &str, reason: &str) -> Result<bool, HarnessError> {
    if is_left_out {
        let _ = writeln!(std::io::stderr(), "{test}: left out: {reason}");
    }
    Ok(is_left_out)
}

/// Compares a part of docs/evidence/anvil.md with what it has to be, or writes it.
fn part_of_the_page(name: &str, expected: &str) {
    compare_part(&home().join("docs/evidence/anvil.md"), name, expected);
}
