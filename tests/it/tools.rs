//! Programs of others that a test installs, what a chain for tests does on request, and the tests of this program.

use crate::authors::home;
use crate::prelude::*;

/// The folder of the programs of a package of crates.io, installed on first use: that takes minutes.
pub(crate) fn installed(package: &str, version: &str, program: &str) -> PathBuf {
    let root = home().join("target").join(package);
    let folder = root.join("bin");
    if !folder.join(program).is_file() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["install", package, "--version", version, "--locked"]);
        cargo.args(["--debug", "--root"]).arg(&root);
        let output = cargo.output().expect("cargo");
        assert!(output.status.success(), "{output:?}");
    }
    folder
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

/// Lets seconds pass.
pub(crate) async fn pass(chain: &Chain, seconds: u64) -> Result<(), HarnessError> {
    let wait = chain.request::<_, Value>("evm_increaseTime", (seconds,));
    wait.await?;
    chain.request::<_, Value>("evm_mine", ()).await.map(drop)
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
