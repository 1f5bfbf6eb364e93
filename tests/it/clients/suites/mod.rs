//! Test suites that others wrote for their own use of anvil, unchanged: each runs with real anvil and with the local chain in
//! its place, in one run. What real anvil passes passes here, but for the rows of `tests/suites/failing.txt`. The suites come
//! from packages: ape-foundry's source archive of PyPI, and the tests that the crates of alloy and ethers-rs have in their
//! published sources.

mod ape;
mod crates;
mod tables;

use crate::prelude::*;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stylus_upgrades_harness::{home, launcher};
use stylus_upgrades_test_support::outer_variables;

/// Names of tests.
type TestNames = BTreeSet<String>;

/// Runs of a test after which it has failed: many tests wait for blocks, for a second or less.
const ATTEMPTS: usize = 3;

/// A test suite of others, installed.
trait PublicSuite {
    /// Its name in the tables.
    fn name(&self) -> &'static str;

    /// Runs the named tests, or all of them, with the `anvil` of a folder; the tests that passed.
    fn run_tests(&self, anvil: &Path, only: Option<&TestNames>) -> TestNames;

    /// As [`Self::run_tests`], all of them; those of `expected` that fail have more attempts.
    fn run_attempts(&self, anvil: &Path, expected: &TestNames) -> TestNames {
        let mut passed = self.run_tests(anvil, None);
        for _ in 1..ATTEMPTS {
            let failed: TestNames = expected.difference(&passed).cloned().collect();
            if failed.is_empty() {
                break;
            }
            passed.extend(self.run_tests(anvil, Some(&failed)));
        }
        passed
    }
}

/// Asserts that the local chain passes what real anvil passes, but for the rows of the suite, and that none of these passes.
fn assert_as_anvil(suite: &impl PublicSuite) -> Result<(), HarnessError> {
    let _turn = take_turn();
    let (name, recorded) = (suite.name(), tables::read_recorded(suite.name()));
    let anvils = suite.run_attempts(&place_real_anvil()?, &recorded);
    if stylus_upgrades_test_support::update() {
        tables::record(name, &anvils);
    } else {
        let lost: Vec<_> = recorded.difference(&anvils).collect();
        assert!(lost.is_empty(), "{name}: real anvil fails {lost:#?}");
    }
    let here = suite.run_attempts(&place_local_chain()?, &anvils);
    let failed: TestNames = anvils.difference(&here).cloned().collect();
    eprintln!(
        "{name}: real anvil passes {}, the local chain {} of these",
        anvils.len(),
        anvils.len() - failed.len()
    );
    assert_eq!(
        failed,
        tables::read_rows(name),
        "{name}: the tests that fail here are the rows of {}",
        tables::ROWS
    );
    Ok(())
}

/// Waits for the other suites, and keeps them waiting: their tests wait for blocks.
fn take_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a folder for a suite and its build.
fn create_suite_folder(name: &str) -> PathBuf {
    let folder = home().join("target/suites").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Makes a folder with real anvil.
fn place_real_anvil() -> Result<PathBuf, HarnessError> {
    let folder = create_suite_folder("real");
    let anvil = folder.join("anvil");
    let _ = std::fs::remove_file(&anvil);
    symlink(launcher(&Npm::install(&Lines)?.anvil())?, &anvil).expect("a link");
    Ok(folder)
}

/// Makes a folder with the local chain under the name of anvil. It has anvil's chain id unless the caller names another one.
fn place_local_chain() -> Result<PathBuf, HarnessError> {
    let folder = create_suite_folder("local");
    let anvil = folder.join("anvil");
    let node = launcher(Path::new(env!("CARGO_BIN_EXE_devnode")))?;
    let script = format!(
        "#!/bin/sh\n\
         case \" $* \" in *' --chain-id '*) ;; *) set -- --chain-id 31337 \"$@\" ;; esac\n\
         exec '{}' \"$@\"\n",
        node.display()
    );
    std::fs::write(&anvil, script).expect("a script");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&anvil, executable).expect("rights");
    Ok(folder)
}

/// A command that finds the `anvil` of a folder, and no network beyond this machine: whether it is there decides about no test.
fn build_command(anvil: &Path, program: &Path) -> Command {
    const NOWHERE: &str = "http://127.0.0.1:9";
    let mut path = anvil.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("PATH") {
        path.push(":");
        path.push(others);
    }
    let mut command = Command::new(program);
    for name in outer_variables() {
        command.env_remove(name);
    }
    command.env("PATH", path);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env(name, NOWHERE);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        command.env(name, "127.0.0.1,localhost");
    }
    command
}
