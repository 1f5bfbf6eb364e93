//! The versions of the tools with which the figures were measured.

use std::collections::BTreeMap;
use std::process::Command;

use stylus_upgrades_harness::{HarnessError, Lines, Solidity, home};

/// Names and versions of the tools that the figures depend on.
///
/// # Errors
/// If a tool or a lock file is missing.
pub fn tools() -> Result<BTreeMap<String, String>, HarnessError> {
    let rustc = Command::new("rustc")
        .arg("--version")
        .current_dir(home())
        .output()
        .map_err(|source| HarnessError::ToolMissing {
            program: "rustc".into(),
            source,
        })?;
    let rustc = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    let mut tools = BTreeMap::from([
        ("rustc".to_owned(), rustc),
        ("solc".to_owned(), Solidity::compile(&Lines)?.compiler),
    ]);
    for package in ["@openzeppelin/contracts", "solady"] {
        tools.insert(package.to_owned(), package_version(package)?);
    }
    Ok(tools)
}

/// The machine that figures of time were measured on, its load, and how the program was built.
pub fn machine() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let program = std::env::current_exe().unwrap_or_default();
    let build = match program.iter().any(|folder| folder == "release") {
        true => "release",
        false => "debug",
    };
    BTreeMap::from([
        ("cores".to_owned(), cores.to_string()),
        ("load of 1, 5 and 15 minutes".to_owned(), load.join(" ")),
        ("build".to_owned(), build.to_owned()),
    ])
}

/// The version of a package of npm.
///
/// # Errors
/// If the lock file is missing.
pub fn package_version(package: &str) -> Result<String, HarnessError> {
    let lock = locked("package-lock.json")?;
    let version = &lock["packages"][format!("node_modules/{package}")]["version"];
    Ok(version.as_str().unwrap_or("unknown").to_owned())
}

fn locked(name: &str) -> Result<serde_json::Value, HarnessError> {
    let path = home().join("tests/solidity").join(name);
    let text = std::fs::read_to_string(&path).map_err(|source| HarnessError::File {
        action: "read",
        path,
        source,
    })?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}
