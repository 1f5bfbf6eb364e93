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
mod states;
mod table;

use std::io::Write;

use stylus_upgrades_harness::{Chain, HarnessError, RPC_URL, home};

/// A given chain is not theirs alone, so a suite that changes how it goes on takes that back.
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

/// Compares a part of docs/evidence/anvil.md, which stands between two comments with its name, with what it
/// has to be, or writes it.
fn part_of_the_page(name: &str, expected: &str) {
    let path = home().join("docs/evidence/anvil.md");
    let _lock = LOCK
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let page = std::fs::read_to_string(&path).expect("docs/evidence/anvil.md");
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    );
    let (before, rest) = page.split_once(&begin).expect("where it begins");
    let (_, after) = rest.split_once(&end).expect("where it ends");
    let written = [before, &begin, expected, &end, after].concat();
    if stylus_upgrades_test_support::update() {
        std::fs::write(&path, &written).expect("docs/evidence/anvil.md is written");
        return;
    }
    assert!(
        page == written,
        "docs/evidence/anvil.md is stale: run with STYLUS_UPGRADES_UPDATE=1"
    );
}

static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
