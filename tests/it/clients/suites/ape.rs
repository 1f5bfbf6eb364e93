//! The tests of ape-foundry, the plugin of ape that starts anvil.

use super::{PublicSuite, TestNames, assert_as_anvil, build_command};
use crate::prelude::*;
use stylus_upgrades_harness::Python;

const VERSION: &str = "0.8.9";

struct ApeSuite {
    python: Python,
    /// The source archive of the plugin.
    folder: PathBuf,
}

impl PublicSuite for ApeSuite {
    fn name(&self) -> &'static str {
        "ape-foundry 0.8.9"
    }

    fn run_tests(&self, anvil: &Path, only: Option<&TestNames>) -> TestNames {
        let home = tempfile::tempdir().expect("a folder");
        let mut pytest = build_command(anvil, self.python.program());
        pytest.args(["-m", "pytest", "-m", "not fork", "--quiet", "-r", "p"]);
        match only {
            Some(names) => pytest.args(names),
            None => pytest.arg("tests"),
        };
        pytest
            .current_dir(&self.folder)
            .env("HOME", home.path())
            .env("COLUMNS", "1000");
        let output = pytest.output().expect("pytest runs");
        let text = String::from_utf8_lossy(&output.stdout);
        // 0 where all tests passed, 1 where some failed.
        let has_run = matches!(output.status.code(), Some(0 | 1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(has_run, "{text}{errors}");
        let passed = text.lines().filter_map(|line| line.strip_prefix("PASSED "));
        passed.map(str::to_owned).collect()
    }
}

#[test]
#[ignore = "nightly: installs packages of Python, runs the tests of others twice, about 300 s"]
fn the_tests_of_ape_foundry_pass_as_with_anvil() -> Result<(), HarnessError> {
    let python = Python::install_ape(&Lines)?;
    let folder = python.unpack_source("ape-foundry", VERSION)?;
    assert_as_anvil(&ApeSuite { python, folder })
}
