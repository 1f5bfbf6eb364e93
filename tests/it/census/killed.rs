//! A census that is killed continues where it was.

use crate::prelude::*;
use stylus_upgrades::kill_point::VARIABLE;

use super::fixture::Fixture;
use crate::run_migration::proxy::{Failure, Proxy};

#[tokio::test]
async fn a_census_that_was_killed_continues_and_asks_for_no_page_twice() {
    let it = Fixture::of("Counter", "counter-v1", "initialize(uint256) 7").await;
    let block = it.mine().await.to_string();
    let url = it.project.node.endpoint();
    let mut command = it.command(&url, &["--block", &block]);
    let killed = command.env(VARIABLE, "gathered:1").output();
    let killed = Answer::from(killed.expect("it starts"));
    assert_eq!(killed.exit, None, "{killed:?}");
    let refused = Failure::Refused("it was asked for before");
    let without = Proxy::failing(&url, ["debug_storageRangeAt"], refused);
    let answer = it.census_at(&without.url(), &["--block", &block]);
    answer.ends_with(0);
    assert_eq!(answer.document["method"], "debug_storageRangeAt");
    assert_eq!(without.failures(), 0);
    // Of another block every page is asked for again.
    let newest = it.mine().await.to_string();
    let answer = it.census_at(&without.url(), &["--block", &newest]);
    assert_eq!(answer.document["method"], "eth_getProof");
}
