//! The tests that the published crates of alloy and ethers-rs have in their sources.

use super::{PublicSuite, TestNames, assert_as_anvil, build_command, create_suite_folder};
use crate::prelude::*;
use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::files_below;

/// The tests of a library, built.
struct LibraryTests {
    /// The crate's name, with which the names of its tests begin.
    library: String,
    program: PathBuf,
    folder: PathBuf,
}

struct CrateSuite {
    name: &'static str,
    libraries: Vec<LibraryTests>,
}

impl PublicSuite for CrateSuite {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run_tests(&self, anvil: &Path, only: Option<&TestNames>) -> TestNames {
        let runs = self.libraries.iter().map(|tests| tests.run(anvil, only));
        runs.flatten().collect()
    }
}

impl LibraryTests {
    /// Runs the named tests, or all of them; the names of those that passed.
    fn run(&self, anvil: &Path, only: Option<&TestNames>) -> TestNames {
        let begin = format!("{}::", self.library);
        let own = only.map(|names| names.iter().filter_map(|name| name.strip_prefix(&begin)));
        let mut command = build_command(anvil, &self.program);
        command.args(["--test-threads", "2"]);
        if let Some(names) = own {
            let names: Vec<_> = names.collect();
            if names.is_empty() {
                return TestNames::new();
            }
            command.arg("--exact").args(names);
        }
        let output = command.current_dir(&self.folder).output();
        let output = output.expect("a test program runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("\ntest result: "), "{text}");
        let passed = text.lines().filter_map(|line| {
            let name = line.strip_prefix("test ")?.strip_suffix(" ... ok")?;
            let name = name.strip_suffix(" - should panic").unwrap_or(name);
            Some(format!("{begin}{name}"))
        });
        passed.collect()
    }
}

/// Finds the sources of a published package where cargo unpacks them.
fn find_package(package: &str, version: &str) -> PathBuf {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = cargo_home.expect("a home folder").join("registry/src");
    let find = || {
        let registries = std::fs::read_dir(&registries).ok()?;
        let folders = registries.filter_map(|registry| {
            let folder = registry.ok()?.path().join(format!("{package}-{version}"));
            folder.join("Cargo.toml").is_file().then_some(folder)
        });
        folders.last()
    };
    if let Some(folder) = find() {
        return folder;
    }
    // Downloads the package, and unpacks it to read its manifest.
    let mut cargo = cargo_command();
    cargo.args(["info", "--quiet", &format!("{package}@{version}")]);
    let output = cargo.output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    find().unwrap_or_else(|| panic!("{package} {version} is not unpacked: {errors}"))
}

fn cargo_command() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    // Packages with a file for rustup are built by the same compiler, whatever started this program.
    cargo.envs(option_env!("RUSTUP_TOOLCHAIN").map(|name| ("RUSTUP_TOOLCHAIN", name)));
    // A build of others is never debugged, and made once.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0");
    cargo.env("CARGO_INCREMENTAL", "0");
    cargo
}

/// Copies the sources of a package once: files that are newer would be built again.
fn copy_package(package: &str, version: &str, to: &Path) {
    if to.is_dir() {
        return;
    }
    let from = find_package(package, version);
    let unfinished = to.with_extension("unfinished");
    for file in files_below(&from) {
        let copy = unfinished.join(file.strip_prefix(&from).expect("a file below"));
        std::fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&file, &copy).expect("a copy");
    }
    std::fs::rename(&unfinished, to).expect("renamed");
}

/// Builds the tests of libraries, as the lock file beside the manifest says.
fn build_tests(manifest: &Path, target: &Path, flags: &[&str]) -> Vec<LibraryTests> {
    let mut cargo = cargo_command();
    cargo
        .args(["test", "--no-run", "--lib", "--locked", "--quiet"])
        .arg("--message-format=json")
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .args(flags);
    let output = cargo.output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    let messages = text.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let program = message["executable"].as_str()?.into();
        let manifest = Path::new(message["manifest_path"].as_str()?);
        Some(LibraryTests {
            library: message["target"]["name"].as_str()?.to_owned(),
            program,
            folder: manifest.parent()?.to_owned(),
        })
    });
    messages.collect()
}

#[test]
#[ignore = "nightly: builds crates of others and runs their tests twice, about 900 s"]
fn the_tests_of_alloy_pass_as_with_anvil() -> Result<(), HarnessError> {
    const VERSION: &str = "2.4.1";
    let target = create_suite_folder("alloy");
    let packages = [
        "alloy-node-bindings",
        "alloy-rpc-client",
        "alloy-provider",
        "alloy-contract",
    ];
    let libraries = packages.iter().flat_map(|package| {
        let manifest = find_package(package, VERSION).join("Cargo.toml");
        build_tests(&manifest, &target, &["--all-features"])
    });
    assert_as_anvil(&CrateSuite {
        name: "alloy 2.4.1",
        libraries: libraries.collect(),
    })
}

#[test]
#[ignore = "nightly: builds crates of others and runs their tests twice, about 600 s"]
fn the_tests_of_ethers_rs_pass_as_with_anvil() -> Result<(), HarnessError> {
    const VERSION: &str = "2.0.14";
    let folder = create_suite_folder("ethers");
    for file in ["Cargo.toml", "Cargo.lock"] {
        let from = home().join("tests/suites/ethers").join(file);
        std::fs::copy(from, folder.join(file)).expect("a copy");
    }
    for package in ["ethers-providers", "ethers-middleware", "ethers-contract"] {
        copy_package(package, VERSION, &folder.join(package));
    }
    let features = "ethers-providers/ipc,ethers-providers/legacy-ws,ethers-providers/dev-rpc";
    let flags = ["--workspace", "--features", features];
    assert_as_anvil(&CrateSuite {
        name: "ethers-rs 2.0.14",
        libraries: build_tests(&folder.join("Cargo.toml"), &folder.join("target"), &flags),
    })
}
