//! Clients that others wrote, installed here at pinned versions, run unmodified on our chain, and
//! what they expect of it.

mod anvil_calls;
mod anvil_flags;
mod cache_manager;
mod forge;
mod fork;
mod hardhat;
mod libraries;
mod openzeppelin;

use stylus_upgrades_harness::home;

/// Compares a part of docs/anvil.md, which stands between two comments with its name, with what it
/// has to be, or writes it.
fn part_of_the_page(name: &str, expected: &str) {
    let path = home().join("docs/anvil.md");
    let _lock = LOCK
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let page = std::fs::read_to_string(&path).expect("docs/anvil.md");
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    );
    let (before, rest) = page.split_once(&begin).expect("where it begins");
    let (_, after) = rest.split_once(&end).expect("where it ends");
    let written = [before, &begin, expected, &end, after].concat();
    if stylus_upgrades_test_settings::update() {
        std::fs::write(&path, &written).expect("docs/anvil.md is written");
        return;
    }
    assert!(
        page == written,
        "docs/anvil.md is stale: run with STYLUS_UPGRADES_UPDATE=1"
    );
}

static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
