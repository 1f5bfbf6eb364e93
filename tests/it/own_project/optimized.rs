//! A workspace whose contract fits the chain only after `wasm-opt`, as large protocols have it: from `init` to an
//! upgraded instance, with the module that its author optimized and an initializer in the creation.

use super::Empty;
use crate::prelude::*;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};
use stylus_upgrades_harness::home;

/// The version of Binaryen that the tests install, and what the crate asks of it.
const VERSION: &str = "131";
const FLAGS: [&str; 6] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
];

/// The root of the workspace: a library of mathematics, which is a contract of its own elsewhere.
const ROOT: &str = r#"[package]
name = "curve-math"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib", "lib"]
path = "src/rust/CurveMath.rs"

[profile.release]
codegen-units = 1
strip = true
lto = true
panic = "abort"
opt-level = "z"

[workspace]
members = ["perp-engine"]
"#;

/// More bytes than a module may have, nearly all of them zero.
const LIBRARY: &str = r"
static TABLE: [u8; 300_000] = {
    let mut table = [0; 300_000];
    table[0] = 3;
    table[299_999] = 5;
    table
};

pub fn at(index: usize) -> u8 {
    TABLE.get(index).copied().unwrap_or_default()
}
";

const MANIFEST: &str = r#"[package]
name = "perp-engine"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["lib", "cdylib"]
path = "src/lib.rs"

[dependencies]
stylus-sdk = "=0.10.10"
alloy-sol-types = { version = "1", default-features = false }
curve-math = { path = "..", default-features = false }

[features]
default = []
export-abi = ["stylus-sdk/export-abi"]
contract-client-gen = []
"#;

/// The contract, in which its author has written by hand what `init` does not write.
const SOURCE: &str = r#"#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
extern crate alloc;

use stylus_sdk::{
    alloy_primitives::{Address, U256},
    prelude::*,
    storage::{StorageAddress, StorageU256},
};
use stylus_upgradeable::prelude::*;

#[derive(SolidityError, Debug)]
pub enum PerpError {
    Migratable(MigratableError),
}

#[storage]
#[entrypoint]
pub struct PerpEngine {
    owner: StorageAddress,
    price: StorageU256,
}

#[public]
impl PerpEngine {
    #[initializer("1.0", nonzero(owner))]
    pub fn initialize(&mut self, owner: Address, price: U256) -> Result<(), PerpError> {
        self.owner.set(owner);
        self.price.set(price);
        Ok(())
    }

    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    pub fn price(&self) -> U256 {
        self.price.get()
    }

    pub fn curve(&self, index: U256) -> U256 {
        U256::from(curve_math::at(index.saturating_to::<usize>()))
    }
}
"#;

/// A second field, and a function that reads it.
const FUNDING: [(&str, &str); 2] = [
    (
        "    price: StorageU256,\n}",
        "    price: StorageU256,\n    funding: StorageU256,\n}",
    ),
    (
        "    pub fn price(&self)",
        "    pub fn funding(&self) -> U256 {\n        self.funding.get()\n    }\n\n    pub fn price(&self)",
    ),
];

/// The workspace, and a machine with `wasm-opt` or without it.
struct Perp {
    empty: Empty,
    binaryen: PathBuf,
}

impl Perp {
    fn new() -> Self {
        let perp = Self {
            empty: Empty::new(),
            binaryen: Npm::install_binaryen(&Lines).expect("binaryen"),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after");
        // Code that was built before would need no program.
        let source = format!("{SOURCE}// {}\n", now.as_nanos());
        for (name, text) in [
            ("Cargo.toml", ROOT),
            ("Stylus.toml", "[workspace]\n\n[workspace.networks]\n"),
            ("src/rust/CurveMath.rs", LIBRARY),
            ("perp-engine/Cargo.toml", MANIFEST),
            ("perp-engine/Stylus.toml", "[contract]\n"),
            ("perp-engine/src/lib.rs", &source),
            ("perp-engine/stylus-upgrades.toml", ""),
        ] {
            perp.write(name, text);
        }
        for name in ["Cargo.lock", "rust-toolchain.toml"] {
            fs::copy(home().join(name), perp.path(name)).expect("copied");
        }
        perp
    }

    fn path(&self, name: &str) -> PathBuf {
        self.empty.path("perp").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Declares the optimization, as cargo-stylus reads it.
    fn declare(&self, version: &str) {
        let text = include_str!("../../binaryen/Stylus.toml").replace(VERSION, version);
        self.write("perp-engine/Stylus.toml", &text);
    }

    /// A command in the contract's folder, on a machine that has the program or does not.
    fn run(&self, has_program: bool, words: &str) -> Answer {
        let words = format!("{words} --json");
        let mut command = self.empty.command("perp/perp-engine", 0, &words);
        let path = std::env::var_os("PATH").expect("a path");
        let others = std::env::split_paths(&path).filter(|one| !one.join("wasm-opt").exists());
        let own = has_program.then(|| self.binaryen.clone());
        let path = std::env::join_paths(own.into_iter().chain(others));
        command.env("PATH", path.expect("a path"));
        Answer::of(command)
    }

    #[track_caller]
    fn done(&self, words: &str) -> Value {
        let answer = self.run(true, words);
        answer.ends_with(0);
        answer.document
    }

    #[track_caller]
    fn refused(&self, has_program: bool, name: &str, words: &str) -> Answer {
        let answer = self.run(has_program, words);
        assert_ne!(answer.exit, Some(0), "{answer:?}");
        assert_eq!(answer.error("name"), name, "{answer:?}");
        answer
    }

    /// The module that cargo wrote, without what this program has the compiler add, optimized by the author.
    fn optimize(&self, flags: &[&str], name: &str) {
        fs::create_dir_all(self.path("target")).expect("a folder");
        let release = "wasm32-unknown-unknown/release/perp_engine.wasm";
        let compiled = home().join("target/contracts").join(release);
        let raw = fs::read(compiled).expect("what cargo wrote");
        let before = self.path("target/engine.wasm");
        fs::write(&before, without_custom(&raw)).expect("written");
        let mut program = Command::new(self.binaryen.join("wasm-opt"));
        program.args(flags).arg(&before).arg("-o");
        let status = program.arg(self.path(name)).status().expect("it starts");
        assert!(status.success());
    }
}

/// A module without its custom sections.
fn without_custom(raw: &[u8]) -> Vec<u8> {
    let (header, mut rest) = raw.split_at(8);
    let mut kept = header.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let digits = 1 + after.iter().take_while(|byte| **byte >= 0x80).count();
        let digit = |number: usize, byte: &u8| usize::from(byte & 0x7f) << (7 * number);
        let size = after.iter().take(digits).enumerate();
        let size: usize = size.map(|(number, byte)| digit(number, byte)).sum();
        let (section, next) = rest.split_at(1 + digits + size);
        if *id != 0 {
            kept.extend(section);
        }
        rest = next;
    }
    kept
}

#[test]
fn what_fits_after_wasm_opt_goes_from_init_to_an_upgraded_instance() {
    let perp = Perp::new();
    let me = perp.empty.node.addresses()[0].to_string();

    // Nobody has declared an optimization: that is no reason not to begin.
    let init = format!("init --framework-path {} --yes", home().display());
    let begun = perp.run(true, &init);
    begun.ends_with(0);
    assert_eq!(begun.document["written"], true, "{begun:?}");
    assert!(begun.stderr.contains("judged later"), "{begun:?}");
    let refused = perp.refused(true, "TooLarge", "deploy .");
    assert!(refused.stderr.contains("[wasm-opt]"), "{refused:?}");

    // Where the program is not there, or another version is, nothing is built in its place.
    perp.declare(VERSION);
    perp.refused(false, "WasmOpt", "deploy .");
    perp.declare("119");
    let other = perp.refused(true, "WasmOpt", "deploy .");
    assert!(other.stderr.contains("version 131"), "{other:?}");
    perp.declare(VERSION);
    assert_eq!(perp.done(&init)["written"], false, "it is upgradeable");

    let built = perp.done("deploy .");
    assert!(built["wasm_bytes"].as_u64() < Some(30_000), "{built:#}");
    let flags = built["build"]["flags"].to_string();
    assert!(flags.contains("wasm-opt 131 -Oz"), "{flags}");

    // The author's file is what the crate builds to, and a file of other flags is not.
    perp.optimize(&FLAGS, "target/engine.Oz.wasm");
    perp.optimize(&[&["-O1"], &FLAGS[1..]].concat(), "target/engine.O1.wasm");
    perp.refused(
        true,
        "ArtifactDiffers",
        "deploy ../target/engine.O1.wasm --source .",
    );
    perp.refused(true, "Usage", "deploy . --source .");
    let given = perp.done("deploy ../target/engine.Oz.wasm --source .");
    assert_eq!(given["codehash"], built["codehash"]);
    assert_eq!(given["source_hash"], built["source_hash"]);

    perp.done("registry deploy --save");
    perp.done(&format!("define Perp --migrate {me}"));
    // A file alone says nothing of its sources.
    let alone = perp.run(true, "register Perp 1.0 ../target/engine.Oz.wasm");
    assert_ne!(alone.exit, Some(0), "{alone:?}");
    let registered = perp.done("register Perp 1.0 ../target/engine.Oz.wasm --source .");
    assert_eq!(registered["codehash"], built["codehash"], "{registered:#}");
    let created = perp.done(&format!(
        "create-proxy Perp 1.0 --init initialize {me} 7 --save perp"
    ));
    assert_eq!(created["executed"], true, "{created:#}");
    let transactions = created["transactions"].as_array().map(Vec::len);
    assert_eq!(transactions, Some(1), "{created:#}");
    let read = |function: &str| perp.done(&format!("call perp {function}"))["returned"].to_string();
    assert!(read("owner").contains(&me), "{}", read("owner"));
    assert!(read("price").contains('7'), "{}", read("price"));
    let again = perp.run(true, &format!("send perp initialize {me} 8"));
    assert_ne!(again.exit, Some(0), "{again:?}");

    let path = perp.path("perp-engine/src/lib.rs");
    let mut text = fs::read_to_string(&path).expect("the contract");
    for (old, new) in FUNDING {
        assert!(text.contains(old), "{old} in {text}");
        text = text.replace(old, new);
    }
    fs::write(path, text).expect("written");
    let migrated = perp.done("migrate Perp 2.0 .");
    assert_eq!(migrated["storage"][0]["verdict"], "safe", "{migrated:#}");
    let status = perp.done("status perp");
    assert_eq!(status["instance"]["version"], "2.0", "{status:#}");
    assert!(read("price").contains('7') && read("funding").contains('0'));
    perp.done("verify Perp --source .");
}
