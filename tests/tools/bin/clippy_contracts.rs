//! `cargo run -p stylus-upgrades-tests --bin clippy_contracts`: clippy over every contract of this
//! workspace and of `tests/contracts` for wasm32, with the addresses and code hashes that the builder compiles in.
//! Clippy for the host sees placeholders in their place and leaves out what stands under
//! `cfg(target_arch = "wasm32")`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::Value;
use stylus_upgrades::build::{Builder, Constant};
use stylus_upgrades_harness::{builder, home};

fn main() -> ExitCode {
    match lint(&home()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether clippy has nothing to say.
fn lint(home: &Path) -> Result<bool, Box<dyn Error>> {
    let init_code = home.join("target/clippy_contracts.init_code");
    let constants = constants(builder()?, &init_code)?;
    for workspace in [home, &home.join("tests/contracts")] {
        let mut clippy = Command::new("cargo");
        clippy
            .current_dir(workspace)
            .args(["clippy", "--locked", "--lib"])
            .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
            .arg(home.join("target"))
            .envs(&constants);
        for package in contracts(workspace)? {
            clippy.args(["--package", &package]);
        }
        if !clippy.args(["--", "-D", "warnings"]).status()?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Values by the names of the environment variables that the contracts read when they are built;
/// for wasm32 they do not compile if one is missing.
fn constants(
    builder: &Builder,
    init_code: &Path,
) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let constants = builder.framework()?.constants().into_iter();
    let value = |(name, value): (String, Constant)| {
        let value = match value {
            Constant::Text(text) => text,
            Constant::File(bytes) => {
                let file = init_code.with_extension(name.to_lowercase());
                std::fs::write(&file, bytes)?;
                file.display().to_string()
            }
        };
        Ok((name, value))
    };
    constants.map(value).collect()
}

/// The names of the packages that are contracts: what they build is a program.
fn contracts(workspace: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let output = Command::new("cargo")
        .current_dir(workspace)
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_contract = |package: &Value| {
        let targets = list(&package["targets"]);
        let mut targets = targets.iter();
        targets.any(|target| list(&target["crate_types"]).contains(&"cdylib".into()))
    };
    let packages = list(&metadata["packages"]);
    let contracts = packages.iter().filter(|package| is_contract(package));
    let names = contracts.filter_map(|package| package["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}
