//! viem, ethers 6 and web3.py: the same program in EVM code and in WASM is deployed, read, written and
//! refused by each, on a fresh chain or the one in `RPC_URL`.

use crate::prelude::*;
use alloy::providers::Provider;
use stylus_upgrades_harness::{Python, Report, builder, home};
use tempfile::NamedTempFile;

use super::{Kept, table};

/// A chain, and the file that tells a suite about it.
struct Suite {
    chain: Chain,
    file: NamedTempFile,
}

impl Suite {
    async fn new() -> Result<Self, HarnessError> {
        let chain = Chain::start().await?;
        let solidity = Solidity::compile(&Lines)?;
        let probe = solidity.contract("Probe")?;
        let program = builder()?.path(&home().join("tests/fixtures/probes/probe"))?;
        let chain_id = chain.provider().get_chain_id().await.expect("a chain id");
        let url = chain.url();
        let document = json!({
            "url": url,
            "ws": url.replacen("http", "ws", 1),
            "chainId": chain_id,
            "remote": chain.is_remote(),
            "testChain": chain.is_test_chain().await,
            "key": chain.signer().to_bytes(),
            "evm": { "abi": probe.abi, "creation": probe.creation, "runtime": probe.runtime },
            "stylus": { "creation": program.creation_code() },
        });
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), document.to_string()).expect("written");
        Ok(Self { chain, file })
    }

    /// Runs it. The chain lives until it ends.
    async fn run(self, what: &str, command: &mut Command) -> Result<Report, HarnessError> {
        let kept = Kept::of(&self.chain).await?;
        let report = Report::of(what, command.env("SUITE", self.file.path()));
        kept.end().await?;
        report
    }

    /// A suite of `tests/libraries`.
    async fn node(self, what: &str, script: &str) -> Result<Report, HarnessError> {
        let packages = Npm::install_libraries(&Lines)?;
        packages.copy(&[
            "libraries/viem.mjs",
            "libraries/viem-events.mjs",
            "libraries/viem-test-client.mjs",
            "libraries/ethers.mjs",
            "clients/report.cjs",
        ])?;
        let mut node = Command::new("node");
        let command = node.arg(script).current_dir(packages.folder());
        self.run(what, command).await
    }
}

#[tokio::test]
async fn viem_does_with_both_kinds_of_contracts_what_people_do() -> Result<(), HarnessError> {
    let report = Suite::new().await?.node("viem", "viem.mjs").await?;
    table::assert_passed("viem", &report);
    Ok(())
}

#[tokio::test]
async fn ethers_6_does_with_both_kinds_of_contracts_what_people_do() -> Result<(), HarnessError> {
    let report = Suite::new().await?.node("ethers 6", "ethers.mjs").await?;
    table::assert_passed("ethers 6", &report);
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: installs packages of Python, about 25 s"]
async fn web3_py_does_with_both_kinds_of_contracts_what_people_do() -> Result<(), HarnessError> {
    let suite = Suite::new().await?;
    let python = Python::install(&Lines)?;
    let mut script = Command::new(python.program());
    // Nothing is written beside the sources.
    script.arg("-B").arg(home().join("tests/python/web3py.py"));
    let report = suite.run("web3.py", &mut script).await?;
    table::assert_passed("web3.py", &report);
    Ok(())
}
