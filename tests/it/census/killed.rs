//! A census that is killed goes on where it was.

use std::path::Path;

use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades_harness::command_line;

use super::fixture::Fixture;
use crate::run_migration::proxy::{Failure, Proxy};

#[tokio::test]
async fn a_census_that_was_killed_goes_on_and_asks_for_no_page_twice() {
    let it = Fixture::of("Counter", "counter-v1", &["initialize(uint256)", "7"]).await;
    let block = it.mine().await.to_string();
    let url = it.project.node.endpoint();
    let mut command = command_line(Path::new(env!("CARGO_BIN_EXE_cli"))).expect("the workspace");
    let killed = command
        .args(["census", "it", "--rpc-url", &url, "--block", &block])
        .env("STYLUS_UPGRADES_STATE", it.project.path("state"))
        .env(VARIABLE, "gathered:1")
        .current_dir(it.project.folder.path())
        .output()
        .expect("it starts");
    assert_eq!(killed.status.code(), None, "{killed:?}");
    let without = Proxy::start(&url, |_, request| {
        match request.contains("debug_storageRangeAt") {
            true => Failure::Refused("it was asked for before"),
            false => Failure::None,
        }
    });
    let answer = it.census_at(&without.url(), &["--block", &block]);
    assert_eq!(answer.exit, Some(0), "{answer:?}");
    assert_eq!(answer.document["method"], "debug_storageRangeAt");
    assert_eq!(without.failures(), 0);
    // Of another block every page is asked for anew.
    let newest = it.mine().await.to_string();
    let answer = it.census_at(&without.url(), &["--block", &newest]);
    assert_eq!(answer.document["method"], "eth_getProof");
}
