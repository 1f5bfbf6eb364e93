//! Processes that a test starts end with it, and tests run on any endpoint.

use crate::prelude::*;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use alloy::providers::Provider;
use stylus_upgrades_harness::{Anvil, launcher};

use crate::command::program;
use crate::tools::node;
use crate::upgrade::counter_at_version_2;

/// Whether somebody listens there.
fn listens(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

/// Waits until nobody listens there any more; a bound for a process that is being killed.
fn ends(address: &str) -> bool {
    (0..1_200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        !listens(address)
    })
}

#[test]
fn dropping_a_node_ends_its_process() -> Result<(), HarnessError> {
    let anvil = Anvil::start(&Lines)?;
    let address = anvil.endpoint().trim_start_matches("http://").to_owned();
    assert!(listens(&address));
    drop(anvil);
    assert!(!listens(&address));
    Ok(())
}

#[test]
fn a_node_ends_when_its_starter_is_killed() -> Result<(), HarnessError> {
    let anvil = launcher(&Npm::install(&Lines)?.anvil())?;
    let cli = program();
    for (program, arguments) in [
        (anvil, "-p 0"),
        (launcher(cli)?, "node --port 0"),
        (cli.to_owned(), "node --port 0 --until-parent-exits"),
    ] {
        // A shell stands for the test runner: it starts the node and is killed with SIGKILL.
        let script = format!("'{}' {arguments} & wait", program.display());
        let mut runner = Command::new("sh")
            .args(["-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let output = BufReader::new(runner.stdout.take().expect("its output"));
        let address = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()))
            .expect("the node says where it listens");
        assert!(listens(&address));
        runner.kill().expect("the shell runs");
        runner.wait().expect("the shell ends");
        assert!(ends(&address), "{program:?} is still there");
    }
    Ok(())
}

#[tokio::test]
async fn two_chains_run_side_by_side() -> Result<(), HarnessError> {
    let (first, second) = (Chain::embedded()?, Chain::embedded()?);
    assert_ne!(first.url(), second.url());
    let gift = alloy::rpc::types::TransactionRequest::default();
    first
        .send(gift.to(first.account(1)).value(U256::from(5)))
        .await?;
    assert_eq!(first.provider().get_block_number().await.ok(), Some(1));
    assert_eq!(second.provider().get_block_number().await.ok(), Some(0));
    Ok(())
}

#[tokio::test]
async fn the_harness_works_on_an_endpoint_that_others_run() -> Result<(), HarnessError> {
    let node = node(&[])?;
    let chain = Chain::at(node.endpoint()).await?;
    assert!(chain.is_remote());
    let harness = Harness::on(chain).await?;
    counter_at_version_2(&harness).await?;
    // A second registry on the same chain, as the next test would make it.
    let harness = Harness::on(Chain::at(node.endpoint()).await?).await?;
    let definition = harness.define("Counter").await?;
    let program = harness.build_and_deploy("contracts/counter_v1").await?;
    assert_eq!(program.activate_gas, None, "it is active already");
    definition.add_first(&program).await?;
    Ok(())
}
