//! Generates the two contracts that hold many pairs. The number of a pair selects the storage that
//! they use.

use std::fmt::{Result, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::pairs::{NAMESPACE, Pair, Version};
use super::random::{Ty, Var};

/// What keeps room for later fields and holds nothing.
pub(super) const GAP: &str = "__gap";

const CELLS: &str = include_str!("../../../fixtures/layouts/cells.rs");

/// Writes the crates of both versions below `folder` and names their folders.
pub(super) fn crates(folder: &Path, home: &Path, pairs: &[Pair]) -> io::Result<[PathBuf; 2]> {
    let folders = [folder.join("old"), folder.join("new")];
    let ours = fs::read_to_string(home.join("Cargo.lock"))?;
    for (folder, is_new) in folders.iter().zip([false, true]) {
        let name = if is_new { "pairs-new" } else { "pairs-old" };
        let manifest = MANIFEST
            .replace("{name}", name)
            .replace("{home}", &home.display().to_string());
        keep(&folder.join("Cargo.toml"), &manifest)?;
        keep(&folder.join("src/lib.rs"), &contract(pairs, is_new))?;
        keep(&folder.join("src/cells.rs"), CELLS)?;
        // Every dependency has the version that our own contracts have; cargo strikes out the rest.
        if keep(&folder.join("ours.lock"), &ours)? {
            fs::write(folder.join("Cargo.lock"), &ours)?;
        }
    }
    Ok(folders)
}

/// The source of a version of many pairs.
fn contract(pairs: &[Pair], is_new: bool) -> String {
    let arms = |call: &dyn Fn(u64) -> String| -> String {
        let arm = |pair: &Pair| format!("        {0} => {1},\n", pair.seed, call(pair.seed));
        pairs.iter().map(arm).collect()
    };
    let migrations = if is_new {
        arms(&|pair| format!("p{pair}::migrate_storage(vm)"))
    } else {
        String::new()
    };
    let mut text = CONTRACT
        .replace("/*step*/", if is_new { NEW } else { OLD })
        .replace(
            "/*fill*/",
            &arms(&|pair| format!("at_zero::<p{pair}::Root>(vm).fill(from)")),
        )
        .replace(
            "/*dump*/",
            &arms(&|pair| format!("at_zero::<p{pair}::Root>(vm).dump(to)")),
        )
        .replace("/*migrate*/", &migrations);
    for pair in pairs {
        let version = if is_new { &pair.new } else { &pair.old };
        let _ = module(&mut text, pair, version, is_new); // a String takes everything
    }
    text
}

/// Writes what is not there already; whether that was so.
fn keep(path: &Path, text: &str) -> io::Result<bool> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    Ok(true)
}

/// The storage of a version of a pair, and the way to it.
fn module(out: &mut String, pair: &Pair, version: &Version, is_new: bool) -> Result {
    writeln!(out, "\npub mod p{} {{\n    use crate::types::*;", pair.seed)?;
    for (at, members) in version.model.structs.iter().enumerate() {
        structure(out, "", &format!("S{at}"), &fields(members))?;
    }
    let (mut root, space) = (fields(&version.vars(false)), version.vars(true));
    if !space.is_empty() {
        let location = format!("    #[layout(erc7201 = \"{NAMESPACE}\")]\n");
        structure(out, &location, "Space", &fields(&space))?;
        root.push(("space".into(), "Erc7201<Space>".into()));
    }
    structure(out, "", "Root", &root)?;
    if is_new {
        writeln!(out, "    mod migration {{\n{}    }}", pair.rust)?;
        writeln!(out, "    pub use migration::migrate_storage;")?;
    }
    writeln!(out, "}}")
}

/// Names and Rust types.
fn fields(vars: &[Var]) -> Vec<(String, String)> {
    vars.iter()
        .map(|(name, ty)| (name.clone(), storage(ty)))
        .collect()
}

/// A storage struct, whose values are those of its fields, in their order.
fn structure(out: &mut String, location: &str, name: &str, fields: &[(String, String)]) -> Result {
    writeln!(out, "    #[storage]\n    #[derive(StorageLayout)]")?;
    writeln!(out, "{location}    pub struct {name} {{")?;
    for (field, ty) in fields {
        writeln!(out, "        {field}: {ty},")?;
    }
    writeln!(out, "    }}\n    impl Cell for {name} {{")?;
    for (head, call) in [
        ("fill(&mut self, words: &mut Words<'_>)", "fill"),
        ("dump(&self, words: &mut Vec<u8>)", "dump"),
    ] {
        writeln!(out, "        fn {head} {{\n            let _ = &words;")?;
        for (field, _) in fields.iter().filter(|(field, _)| field != GAP) {
            writeln!(out, "            self.{field}.{call}(words);")?;
        }
        writeln!(out, "        }}")?;
    }
    writeln!(out, "    }}")
}

/// A type of stylus-sdk.
fn storage(ty: &Ty) -> String {
    match ty {
        Ty::Uint(bits) => format!("StorageUint<{bits}, {}>", bits.div_ceil(64)),
        Ty::Int(bits) => format!("StorageSigned<{bits}, {}>", bits.div_ceil(64)),
        Ty::Bool => "StorageBool".into(),
        Ty::Address => "StorageAddress".into(),
        Ty::Fixed(bytes) => format!("StorageFixedBytes<{bytes}>"),
        Ty::Bytes => "StorageBytes".into(),
        Ty::Str => "StorageString".into(),
        Ty::Array(base, n) => format!("StorageArray<{}, {n}>", storage(base)),
        Ty::List(base) => format!("StorageVec<{}>", storage(base)),
        Ty::Map(key, value) => format!("StorageMap<{}, {}>", word(key), storage(value)),
        Ty::Struct(at) => format!("S{at}"),
    }
}

/// A map's key.
fn word(ty: &Ty) -> String {
    match ty {
        Ty::Uint(bits) => format!("Uint<{bits}, {}>", bits.div_ceil(64)),
        Ty::Int(bits) => format!("Signed<{bits}, {}>", bits.div_ceil(64)),
        Ty::Fixed(bytes) => format!("FixedBytes<{bytes}>"),
        Ty::Address => "Address".into(),
        _ => "bool".into(),
    }
}

const MANIFEST: &str = r#"# Generated by tests/it/layouts/property.rs.
[workspace]

[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
publish = false

[lib]
crate-type = ["lib", "cdylib"]
test = false
doctest = false

[features]
export-abi = ["stylus-sdk/export-abi", "stylus-upgradeable/export-abi"]
contract-client-gen = []

[dependencies]
stylus-sdk = { version = "=0.10.10", default-features = false, features = ["mini-alloc"] }
stylus-upgradeable = { path = "{home}/migratable/upgradeable" }
"#;

const OLD: &str = r#"
    #[initializer("1.0")]
    pub fn initialize(&mut self, pair: u32, values: Bytes) -> Result<(), PairsError> {
        fill(pair, self.vm(), &mut Words(&values));
        Ok(())
    }
"#;

const NEW: &str = r#"
    #[migration(from = "1.0", to = "2.0")]
    pub fn migrate(&mut self, pair: u32) -> Result<(), PairsError> {
        migrate(pair, self.vm());
        Ok(())
    }
"#;

const CONTRACT: &str = r#"// Generated by tests/it/layouts/property.rs.
#![allow(dead_code, unused)]

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::{abi::Bytes, host::VM, prelude::*, storage::StorageType};
use stylus_upgradeable::prelude::*;

mod cells;
use cells::{Cell, Words};

mod types {
    pub use alloc::vec::Vec;

    pub use stylus_upgradeable::layout::{Erc7201, StorageLayout};
    pub use stylus_sdk::alloy_primitives::{Address, FixedBytes, Signed, Uint};
    pub use stylus_sdk::prelude::*;
    pub use stylus_sdk::storage::*;

    pub use crate::cells::{Cell, Words};
}

#[derive(SolidityError, Debug)]
pub enum PairsError {
    Migratable(MigratableError),
}

#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Pairs {}

#[upgradeable]
#[public]
impl Pairs {
/*step*/
    pub fn values(&self, pair: u32) -> Bytes {
        let mut values = Vec::new();
        dump(pair, self.vm(), &mut values);
        values.into()
    }
}

/// A pair's storage, whose first slot is 0.
fn at_zero<S: StorageType>(vm: &VM) -> S {
    // SAFETY: the contract itself has no storage, and nothing else is open at the same time.
    unsafe { S::new(Default::default(), 0, vm.clone()) }
}

fn fill(pair: u32, vm: &VM, from: &mut Words<'_>) {
    match pair {
/*fill*/        _ => {}
    }
}

fn dump(pair: u32, vm: &VM, to: &mut Vec<u8>) {
    match pair {
/*dump*/        _ => {}
    }
}

fn migrate(pair: u32, vm: &VM) {
    match pair {
/*migrate*/        _ => {}
    }
}
"#;
