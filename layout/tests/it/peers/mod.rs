//! solc and `@openzeppelin/upgrades-core`, at the versions of `tests/npm/package-lock.json`,
//! installed where they are first needed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use stylus_layout::Layout;

/// What upgrades-core has against a pair: nothing, or operations.
pub type Ops = Vec<Op>;

/// One thing that upgrades-core has against a pair.
#[allow(dead_code)]
#[derive(Debug, Clone, Deserialize)]
pub struct Op {
    pub kind: String,
    pub field: Option<String>,
}

#[derive(Serialize)]
struct Pair<'l> {
    name: &'l str,
    old: &'l Layout,
    new: &'l Layout,
}

#[derive(Serialize)]
struct Input<'l> {
    sources: BTreeMap<&'l str, &'l str>,
    pairs: Vec<Pair<'l>>,
}

#[derive(Deserialize)]
struct Output {
    layouts: BTreeMap<String, Layout>,
    verdicts: BTreeMap<String, Ops>,
}

/// The layouts of the contracts `C` of many sources.
pub fn compile(sources: &BTreeMap<String, String>) -> BTreeMap<String, Layout> {
    let sources = sources
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    run(&Input {
        sources,
        pairs: vec![],
    })
    .layouts
}

/// What upgrades-core has against each pair.
pub fn check(pairs: &BTreeMap<String, (Layout, Layout)>) -> BTreeMap<String, Ops> {
    let pairs = pairs
        .iter()
        .map(|(name, (old, new))| Pair { name, old, new })
        .collect();
    run(&Input {
        sources: BTreeMap::new(),
        pairs,
    })
    .verdicts
}

fn run(input: &Input<'_>) -> Output {
    let mut node = Command::new("node")
        .arg(home().join("check.js"))
        .env("NODE_PATH", install().join("node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is needed to compare with solc and upgrades-core");
    let text = serde_json::to_vec(input).unwrap();
    let mut stdin = node.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "check.js failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join("npm")
}

/// The folder that holds `node_modules`; others that want the same wait for the first.
fn install() -> PathBuf {
    // target/tmp is where cargo lets integration tests write.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("npm")
        .join("layout");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read_to_string(home().join("package-lock.json")).unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return folder;
    }
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(home().join(name), folder.join(name)).unwrap();
    }
    let mut npm = Command::new("npm");
    let status = npm
        .args(["ci", "--ignore-scripts"])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .status();
    assert!(
        status
            .expect("npm is needed to install solc and upgrades-core")
            .success(),
        "npm ci failed in {folder:?}"
    );
    fs::write(stamp, wanted).unwrap();
    folder
}
