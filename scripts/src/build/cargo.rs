//! One run of cargo: a crate in, the path of its WASM out, and something to see meanwhile.

use super::children::Running;
use super::error::BuildError;
use super::sources::Crate;
use super::toolchain::{TARGET, Toolchain};
use crate::progress::Progress;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Lines of diagnostics that an error carries.
const DIAGNOSTICS_MAX: usize = 80;
/// What a crate outside our workspace is compiled with, unless it has a profile `contract`.
pub(super) const PROFILE: [&str; 6] = [
    "profile.contract.inherits=\"release\"",
    "profile.contract.opt-level=\"z\"",
    "profile.contract.lto=true",
    "profile.contract.codegen-units=1",
    "profile.contract.panic=\"abort\"",
    "profile.contract.strip=true",
];
/// Variables of an outer cargo that would change the bytes or rebuild everything.
const FOREIGN: [&str; 4] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_TARGET_DIR",
];
/// Beginnings of such variables.
const FOREIGN_PREFIXES: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_"];

/// Compiles `contract` into `target` and gives the path of the WASM file that rustc wrote.
pub(super) fn compile(
    contract: &Crate,
    toolchain: &Toolchain,
    home: &Path,
    target: &Path,
    constants: &BTreeMap<String, String>,
    progress: &dyn Progress,
) -> Result<PathBuf, BuildError> {
    let mut cargo = Running::start(command(contract, toolchain, home, target, constants))?;
    let artifacts = artifacts(&mut cargo.child);
    let diagnostics = follow(&mut cargo.child, progress);
    let status = cargo
        .wait()
        .map_err(BuildError::file("wait for cargo in", &contract.folder))?;
    let artifacts = artifacts.join().unwrap_or_default();
    if !status.success() {
        let from = diagnostics.len().saturating_sub(DIAGNOSTICS_MAX);
        return Err(BuildError::Compile {
            package: contract.package.clone(),
            diagnostics: diagnostics.get(from..).unwrap_or_default().join("\n"),
        });
    }
    let manifest = contract.folder.join("Cargo.toml");
    artifacts
        .into_iter()
        .find(|(path, _)| *path == manifest)
        .map(|(_, file)| file)
        .ok_or_else(|| BuildError::NoArtifact {
            package: contract.package.clone(),
        })
}

fn command(
    contract: &Crate,
    toolchain: &Toolchain,
    home: &Path,
    target: &Path,
    constants: &BTreeMap<String, String>,
) -> Command {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if FOREIGN.contains(&name.as_str()) || FOREIGN_PREFIXES.iter().any(|p| name.starts_with(p))
        {
            command.env_remove(name);
        }
    }
    command
        .current_dir(&contract.root)
        .args(["rustc", "--profile", "contract", "--target", TARGET])
        .args([
            "--lib",
            "--crate-type",
            "cdylib",
            "--message-format",
            "json-render-diagnostics",
        ])
        .arg("--manifest-path")
        .arg(contract.folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    if !contract.has_profile {
        command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    }
    command
        .arg("--")
        .arg(format!("-Clink-arg=-zstack-size={}", contract.stack_size))
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            remaps(toolchain, home, target).join("\u{1f}"),
        )
        .envs(constants)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if contract.root != home {
        command.arg(remap(&contract.root, "/contract"));
    }
    command
}

/// Paths end up in panic messages, so every folder of this machine gets a fixed name. Later ones
/// win, so the more special ones come last.
fn remaps(toolchain: &Toolchain, home: &Path, target: &Path) -> Vec<String> {
    vec![
        remap(home, "/stylus-upgrades"),
        remap(target, "/target"),
        remap(&toolchain.cargo_home, "/cargo"),
        remap(
            &toolchain.sysroot.join("lib/rustlib/src/rust"),
            &format!("/rustc/{}", toolchain.commit),
        ),
    ]
}

fn remap(path: &Path, name: &str) -> String {
    format!("--remap-path-prefix={}={name}", path.display())
}

/// Reads cargo's messages in a thread of its own: manifest and WASM file of every library built.
fn artifacts(child: &mut Child) -> std::thread::JoinHandle<Vec<(PathBuf, PathBuf)>> {
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let lines = stdout
            .into_iter()
            .flat_map(|stdout| BufReader::new(stdout).lines());
        lines
            .map_while(Result::ok)
            .filter_map(|line| artifact(&line))
            .collect()
    })
}

fn artifact(line: &str) -> Option<(PathBuf, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let manifest = PathBuf::from(message.get("manifest_path")?.as_str()?);
    let file = message
        .get("filenames")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .find(|name| name.ends_with(".wasm"))?;
    Some((manifest, PathBuf::from(file)))
}

/// Passes on which crate cargo is at, and keeps all that it says.
fn follow(child: &mut Child, progress: &dyn Progress) -> Vec<String> {
    let Some(stderr) = child.stderr.take() else {
        return Vec::new();
    };
    let mut said = Vec::new();
    let mut crates = 0;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let words = line.trim_start();
        if let Some(name) = words.strip_prefix("Compiling ") {
            crates += 1;
            let name = name.split_whitespace().next().unwrap_or_default();
            progress.tick(&format!("crate {crates}, {name}"));
        } else if ["Downloading", "Downloaded", "Updating", "Blocking"]
            .iter()
            .any(|verb| words.starts_with(verb))
        {
            progress.tick(words);
        }
        said.push(line);
    }
    said
}
