//! Programs of others that a test installs, what a chain for tests does on request, and the tests of this program.

use crate::prelude::*;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use stylus_upgrades_harness::{Anvil, home, launcher};
use stylus_upgrades_test_support::{sources_below, tests_of};

use crate::command::program;

/// The folder of the programs of a package of crates.io, installed on first use: that takes minutes.
pub(crate) fn installed(package: &str, version: &str, program: &str) -> PathBuf {
    let root = home().join("target").join(package);
    let folder = root.join("bin");
    if !folder.join(program).is_file() {
        let mut cargo = Command::new(env!("CARGO"));
        // Packages with a file for rustup are built by the same compiler, whatever started this program.
        cargo.envs(option_env!("RUSTUP_TOOLCHAIN").map(|name| ("RUSTUP_TOOLCHAIN", name)));
        cargo.args(["install", package, "--version", version, "--locked"]);
        cargo.args(["--debug", "--root"]).arg(&root);
        let output = cargo.output().expect("cargo");
        assert!(output.status.success(), "{output:?}");
    }
    folder
}

/// The program's own chain as a process, on a free port.
pub(crate) fn node(flags: &[&str]) -> Result<Anvil, HarnessError> {
    let words = [&["node", "--port", "0"], flags].concat();
    Anvil::start_program(&launcher(program())?, &words)
}

/// What cargo prints, from the lock file as it is.
pub(crate) fn cargo(workspace: &Path, words: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // Packages with a file for rustup are built by the same compiler, whatever started this program.
    cargo.envs(option_env!("RUSTUP_TOOLCHAIN").map(|name| ("RUSTUP_TOOLCHAIN", name)));
    cargo.args(words).arg("--locked").current_dir(workspace);
    let output = cargo.output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {words:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// The packages of a workspace, as cargo reads their manifests.
pub(crate) fn cargo_packages(workspace: &Path) -> Vec<Value> {
    let words = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let metadata: Value = serde_json::from_str(&cargo(workspace, &words)).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Gives an account other code.
pub(crate) async fn set_code(
    chain: &Chain,
    account: Address,
    code: impl Into<Bytes>,
) -> Result<(), HarnessError> {
    let parameters = (account, code.into());
    let set = chain.request::<_, Value>("anvil_setCode", parameters);
    set.await.map(drop)
}

/// Unix seconds of the newest block.
pub(crate) async fn now(provider: &impl Provider) -> u64 {
    let block = provider.get_block_by_number(BlockNumberOrTag::Latest).await;
    block.expect("an answer").expect("a block").header.timestamp
}

/// Lets seconds pass.
pub(crate) async fn pass(chain: &Chain, seconds: u64) -> Result<(), HarnessError> {
    let wait = chain.request::<_, Value>("evm_increaseTime", (seconds,));
    wait.await?;
    chain.request::<_, Value>("evm_mine", ()).await.map(drop)
}

alloy::sol! {
    interface ArbOs {
        function becomeChainOwner() external;
        function scheduleArbOSUpgrade(uint64 version, uint64 timestamp) external;
    }
}

/// A chain that starts at that version of ArbOS.
pub(crate) fn chain_at(arbos: u64) -> Result<Chain, HarnessError> {
    let mut config = NodeConfig::default();
    config.chain.arbos_version = arbos;
    Chain::embedded_with(config)
}

/// A chain whose transactions pay that many wei for each unit of data on L1.
pub(crate) fn chain_with_l1_price(wei: u64) -> Result<Chain, HarnessError> {
    let mut config = NodeConfig::default();
    config.chain.l1_price = wei;
    Chain::embedded_with(config)
}

/// Account 0 becomes an owner of the chain, and schedules a version of ArbOS.
pub(crate) async fn schedule(
    chain: &Chain,
    version: u64,
    timestamp: u64,
) -> Result<(), HarnessError> {
    let (owner, debug) = (chain.account(0), Address::with_last_byte(0xff));
    let become_owner = ArbOs::becomeChainOwnerCall {};
    chain.execute(owner, debug, &become_owner).await?;
    let upgrade = ArbOs::scheduleArbOSUpgradeCall { version, timestamp };
    let precompile = Address::with_last_byte(0x70);
    chain.execute(owner, precompile, &upgrade).await.map(drop)
}

/// The names of all tests of this program.
pub(crate) fn tests() -> BTreeSet<String> {
    let it = std::env::current_exe().expect("the running program");
    let listed = Command::new(it).arg("--list").output().expect("the tests");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let names = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    names.map(str::to_owned).collect()
}

/// The names of all tests in the sources that pages name tests of, without their modules.
pub(crate) fn tests_in_sources() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for folder in [
        "tests/it",
        "tests/model",
        "interface",
        "layout",
        "scripts",
        "registry",
        "proxy",
        "migratable",
        "node",
    ] {
        for file in sources_below(&home().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("a source");
            known.extend(tests_of(&text).into_iter().map(str::to_owned));
        }
    }
    known
}
