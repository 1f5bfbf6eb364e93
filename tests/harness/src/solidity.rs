//! Our Solidity originals and the peers' contracts, compiled by solc from npm.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy::json_abi::JsonAbi;
use alloy::primitives::{Bytes, Keccak256};
use serde::Deserialize;
use stylus_upgrades_common::progress::Progress;

use crate::error::HarnessError;
use crate::home::home;
use crate::npm::{self, Npm};

/// A compiled contract.
#[derive(Debug, Clone, Deserialize)]
pub struct Contract {
    /// Its functions, events and errors.
    pub abi: JsonAbi,
    /// Creation code, without constructor arguments.
    pub creation: Bytes,
    /// The code that lies on chain.
    pub runtime: Bytes,
    /// `storageLayout`, as the compiler writes it.
    pub layout: serde_json::Value,
}

/// Every contract below `tests/solidity/contracts`, by name, and OpenZeppelin's ERC1967Proxy.
#[derive(Debug, Clone, Deserialize)]
pub struct Solidity {
    /// The compiler's full version.
    pub compiler: String,
    contracts: BTreeMap<String, Contract>,
}

impl Solidity {
    /// Compiles them unless that was done before.
    ///
    /// # Errors
    /// As [`Npm::install`]; [`HarnessError::Solidity`] with the compiler's words.
    pub fn compile(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let npm = Npm::install(progress)?;
        let _lock = npm::lock(&npm.folder().join("lock"))?;
        let output = npm.folder().join(format!("solidity-{}.json", stamp()?));
        if let Some(compiled) = fs::read(&output)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
        {
            return Ok(compiled);
        }
        progress.begin("compiling the Solidity originals with solc");
        let json = run_solc(&npm)?;
        let compiled = serde_json::from_slice(&json).map_err(|error| HarnessError::Solidity {
            stderr: error.to_string(),
        })?;
        fs::write(&output, json).map_err(HarnessError::file("write", &output))?;
        progress.end("Solidity originals compiled");
        Ok(compiled)
    }

    /// A contract by its name.
    ///
    /// # Errors
    /// [`HarnessError::UnknownContract`] with the names there are.
    pub fn contract(&self, name: &str) -> Result<&Contract, HarnessError> {
        self.contracts
            .get(name)
            .ok_or_else(|| HarnessError::UnknownContract {
                name: name.to_owned(),
                there_are: self.contracts.keys().cloned().collect(),
            })
    }
}

fn run_solc(npm: &Npm) -> Result<Vec<u8>, HarnessError> {
    let output = Command::new("node")
        .arg(npm::tests("solidity").join("compile.js"))
        .arg(npm.folder())
        .output()
        .map_err(|source| HarnessError::ToolMissing {
            program: "node".into(),
            source,
        })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(HarnessError::Solidity {
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A hash over everything that the result depends on.
fn stamp() -> Result<String, HarnessError> {
    let mut files = vec![
        npm::tests("solidity").join("compile.js"),
        npm::tests("solidity").join("package-lock.json"),
        home().join("tests/fixtures/probes/probe/IProbe.sol"),
    ];
    collect(&npm::tests("solidity").join("contracts"), &mut files)?;
    files.sort();
    let mut hasher = Keccak256::new();
    for file in files {
        hasher.update(npm::read(&file)?);
        hasher.update([0]);
    }
    Ok(alloy::hex::encode(&hasher.finalize()[..8]))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), HarnessError> {
    for entry in fs::read_dir(folder).map_err(HarnessError::file("list", folder))? {
        let path = entry.map_err(HarnessError::file("list", folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
