//! Nodes as processes: this one, and anvil.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::Fallible;
use crate::client::Client;
use crate::process::{AS_NODE, Process, cpu_seconds};

/// A program that can be started as a node.
pub(crate) struct Peer {
    program: PathBuf,
    is_this: bool,
}

/// A running node.
pub(crate) struct Node {
    process: Process,
    pub(crate) is_anvil: bool,
    pub(crate) host: String,
}

impl Peer {
    /// This binary as a node.
    pub(crate) fn this() -> Fallible<Self> {
        let program = std::env::current_exe()?;
        Ok(Self {
            program,
            is_this: true,
        })
    }

    /// Real anvil.
    pub(crate) fn anvil(given: Option<PathBuf>) -> Fallible<Self> {
        let program = given.map_or_else(npm_anvil, Ok)?;
        Ok(Self {
            program,
            is_this: false,
        })
    }

    pub(crate) fn is_anvil(&self) -> bool {
        !self.is_this
    }

    pub(crate) fn version(&self) -> Fallible<String> {
        let output = Command::new(&self.program).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().next().unwrap_or("anvil").to_owned())
    }

    /// Starts it with a block per transaction; gives the milliseconds until the first answer.
    pub(crate) fn start(&self) -> Fallible<(Node, f64)> {
        let begin = Instant::now();
        let mut command = Command::new(&self.program);
        if self.is_this {
            command.env(AS_NODE, "1").arg("--until-parent-exits");
        }
        let process = Process::start(&mut command)?;
        let node = Node {
            is_anvil: self.is_anvil(),
            host: process.host.clone(),
            process,
        };
        Client::connect(&node.host)?.ask("eth_chainId", json!([]))?;
        Ok((node, begin.elapsed().as_secs_f64() * 1_000.0))
    }
}

impl Node {
    /// CPU seconds that it has used, where the system tells them as Linux does.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        cpu_seconds(self.process.id())
    }
}

/// The prebuilt anvil of npm, installed at the version of the tests' lock file when it is missing.
fn npm_anvil() -> Fallible<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = home.join("target/npm");
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let anvil = folder.join(format!(
        "node_modules/@foundry-rs/anvil-{system}-{processor}/bin/anvil"
    ));
    if anvil.is_file() {
        return Ok(anvil);
    }
    let _ = writeln!(
        std::io::stderr(),
        "installing anvil from npm into target/npm"
    );
    std::fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(home.join("tests/solidity").join(name), folder.join(name))?;
    }
    let arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("npm is needed for anvil (or give --anvil PATH): {error}"))?;
    if !status.success() || !anvil.is_file() {
        return Err("npm could not install @foundry-rs/anvil; give --anvil PATH".into());
    }
    Ok(anvil)
}
