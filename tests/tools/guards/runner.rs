//! Runs tests against the working copy.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use stylus_upgrades_harness::HarnessError;

use super::output::{Outcome, outcome};
use super::table::Test;
use super::working_copy::WorkingCopy;
use super::wrong;

/// How long one run may take; a contract that never ends must not keep us.
const TIMEOUT: Duration = Duration::from_secs(1_200);
/// Variables that a test must not see: an outer cargo's, and those that change what tests do.
const FOREIGN: [&str; 7] = [
    "CARGO",
    "RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUST_BACKTRACE",
    stylus_upgrades_harness::RPC_URL,
    stylus_upgrades_test_support::UPDATE,
    "STYLUS_UPGRADES_HOME",
];
/// Beginnings of such variables; `CARGO_HOME` stays.
const FOREIGN_PREFIXES: [&str; 2] = ["CARGO_", "RUST_TEST_"];

/// Runs tests in the working copy.
pub(super) struct Runner<'w> {
    /// Where.
    pub(super) working_copy: &'w WorkingCopy,
    /// The binary `it`, built from the checkout.
    pub(super) it: &'w Path,
}

impl Runner<'_> {
    /// Runs tests of one target.
    pub(super) fn run(&self, tests: &[&Test]) -> Result<Outcome, HarnessError> {
        let Some(first) = tests.first() else {
            return Ok(Outcome::Passed(0));
        };
        let mut command = match first.target() {
            None => self.it(),
            Some((package, target)) => self.cargo(package, target),
        };
        // Some of them are what only the nightly run takes.
        command.args(["--exact", "--include-ignored"]);
        command.args(tests.iter().map(|test| test.name()));
        Ok(outcome(&self.said_by(command)?))
    }

    fn it(&self) -> Command {
        let mut command = plain(self.it);
        command
            .current_dir(self.working_copy.home().join("tests"))
            .env("STYLUS_UPGRADES_HOME", self.working_copy.home());
        command
    }

    fn cargo(&self, package: &str, target: Option<&str>) -> Command {
        let mut command = plain(Path::new("cargo"));
        command.current_dir(self.working_copy.home()).args([
            "test",
            "--quiet",
            "--package",
            package,
        ]);
        match target {
            Some(target) => command.args(["--test", target]),
            None => command.arg("--lib"),
        };
        command
            .arg("--target-dir")
            .arg(self.working_copy.host_target())
            .args(["--", "--format", "pretty"]);
        command
    }

    /// All that a program prints, as far as it got in time.
    fn said_by(&self, mut command: Command) -> Result<String, HarnessError> {
        let path = self.working_copy.output();
        let file = File::create(&path).map_err(HarnessError::file("create", &path))?;
        let twin = file
            .try_clone()
            .map_err(HarnessError::file("open", &path))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .spawn()
            .map_err(|source| HarnessError::ToolMissing { program, source })?;
        wait(child).map_err(HarnessError::file("wait for what writes", &path))?;
        let said = fs::read(&path).map_err(HarnessError::file("read", &path))?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }
}

/// A program that sees none of the variables of the process that started us.
pub(super) fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_foreign = FOREIGN.contains(&name.as_str())
            || FOREIGN_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
        if is_foreign && name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    command
}

/// Waits for the end of a program, and brings it about when that takes too long.
fn wait(mut child: Child) -> std::io::Result<()> {
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Builds the binary `it` of the checkout in `home`.
///
/// # Errors
/// [`HarnessError::ToolMissing`], [`HarnessError::Library`].
pub fn build_it(home: &Path) -> Result<PathBuf, HarnessError> {
    let built = plain(Path::new("cargo"))
        .current_dir(home)
        .args(["test", "--package", "stylus-upgrades-tests", "--test", "it"])
        .args(["--no-run", "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| HarnessError::ToolMissing {
            program: "cargo".into(),
            source,
        })?;
    let said = String::from_utf8_lossy(&built.stdout);
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "it" && built.status.success();
        let path = message["executable"].as_str().filter(|_| is_it)?;
        Some(PathBuf::from(path))
    };
    let found = said.lines().find_map(executable);
    let end = || super::output::end_of(&said);
    found.ok_or_else(|| wrong(format!("the tests were not built:\n{}", end())))
}
