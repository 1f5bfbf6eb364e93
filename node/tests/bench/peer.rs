//! Nodes as processes: this one, and anvil.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::client::Client;
use crate::{AS_NODE, Fallible};

/// A program that can be started as a node.
pub(crate) struct Peer {
    program: PathBuf,
    is_this: bool,
}

/// A running node, killed when dropped.
pub(crate) struct Node {
    child: Child,
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
        command.args(["-p", "0"]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        if self.is_this {
            command.env(AS_NODE, "1").arg("--until-parent-exits");
        }
        let program = self.program.display();
        let mut child = command
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let host = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("Listening on ")?.trim().to_owned()));
        // Anvil keeps printing; it must neither wait for a reader nor meet a closed pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let mut node = Node {
            child,
            is_anvil: self.is_anvil(),
            host: String::new(),
        };
        node.host = host.ok_or_else(|| format!("{program} did not start to listen"))?;
        Client::connect(&node.host)?.ask("eth_chainId", json!([]))?;
        Ok((node, begin.elapsed().as_secs_f64() * 1_000.0))
    }
}

impl Node {
    /// CPU seconds that it has used, where the system tells them as Linux does.
    pub(crate) fn cpu_seconds(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // User and system time in hundredths of a second, fields 14 and 15; a name may have spaces.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some((ticks(11)? + ticks(12)?) / 100.0)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
