//! The framework's programs as bytes. All who deploy them get the same framework at the same
//! addresses on every chain, with any compiler and on any machine.
//!
//! `artifacts/` holds the code of each program as it lies on chain, a manifest with code hashes,
//! addresses and what the programs were built with, and the compiler's version. A test builds every
//! program from its sources and compares, and rewrites the folder on request:
//! `STYLUS_UPGRADES_UPDATE=1 cargo test --workspace --test it -- framework::pinned`.
#![forbid(unsafe_code)]

mod manifest;
mod releases;

pub use manifest::{Entry, Manifest};
pub use releases::{EARLIER_REGISTRIES, RegistryRelease};

use alloy_primitives::{Address, B256, keccak256};
use std::sync::LazyLock;

/// The pause stub, in EVM code.
pub const PAUSE_STUB: &str = "pause-stub";
/// Proxy, without any selector of its own.
pub const PROXY: &str = "proxy";
/// UpgradeabilityStorage.
pub const UPGRADEABILITY_STORAGE: &str = "upgradeability-storage";
/// UpgradeabilityProxy.
pub const UPGRADEABILITY_PROXY: &str = "upgradeability-proxy";
/// The orders contract, in EVM code.
pub const ORDERS: &str = "orders";
/// The layouts contract, in EVM code.
pub const LAYOUTS: &str = "layouts";
/// The front of the registry.
pub const REGISTRY: &str = "registry";
/// The ending of the name of a file with code.
pub const ENDING: &str = ".code";
/// The file with the hashes and addresses.
pub const MANIFEST: &str = "manifest.toml";
/// The file with the compiler's version.
pub const TOOLCHAIN_FILE: &str = "rust-toolchain.toml";
/// The compiler that the programs were built with, as rustup reads it.
pub const TOOLCHAIN: &str = include_str!("../artifacts/rust-toolchain.toml");

/// Each name with the bytes of its file.
macro_rules! codes {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../artifacts/", $name, ".code")))),+]
    };
}

/// Code by the names of the programs, in the order in which they are built: each one may hold
/// addresses and code hashes of those before it.
const CODES: [(&str, &[u8]); 11] = codes![
    "pause-stub",
    "proxy",
    "upgradeability-storage",
    "upgradeability-proxy",
    "orders",
    "layouts",
    "registry-governance",
    "registry-factory",
    "registry-upgrades",
    "registry-records",
    "registry",
];

/// Package, path in it and bytes of each file that authors' contracts are compiled with; none outside of a clone.
pub const SOURCES: &[(&str, &str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/sources.rs"));
/// The packages of [`SOURCES`], each with its folder in a clone.
pub const FOLDERS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/folders.rs"));
/// The manifest of the clone's workspace; empty outside of a clone.
pub const WORKSPACE_MANIFEST: &str = include!(concat!(env!("OUT_DIR"), "/manifest.rs"));
/// The lock file of the clone: the versions of dependencies that the framework is tested with; empty outside of a clone.
pub const WORKSPACE_LOCK: &str = include!(concat!(env!("OUT_DIR"), "/lock.rs"));
/// The texts of the licenses, by the names of their files.
pub const LICENSES: [(&str, &str); 2] = [
    ("LICENSE-APACHE", include_str!("../LICENSE-APACHE")),
    ("LICENSE-MIT", include_str!("../LICENSE-MIT")),
];

static PROGRAMS: LazyLock<Result<Vec<Program>, Mismatch>> = LazyLock::new(read);
static PINNED: LazyLock<Result<Manifest, Mismatch>> = LazyLock::new(|| {
    let text = include_str!("../artifacts/manifest.toml");
    Manifest::parse(text).map_err(|reason| Mismatch::Unreadable { reason })
});

/// A program of the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The package that it was built from; what is EVM code has none.
    pub name: &'static str,
    /// Its code as it lies on chain.
    pub code: &'static [u8],
    /// keccak256 of the code.
    pub codehash: B256,
    /// The address at which the CREATE2 deployer puts it on every chain; `None` for the registry, which every team
    /// has at an address of its own.
    pub address: Option<Address>,
    /// The hash of the sources that it was built from; `None` for EVM code.
    pub source_hash: Option<B256>,
}

/// The reason why the bytes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The manifest is none.
    #[error("the manifest of the framework's programs cannot be read: {reason}")]
    Unreadable {
        /// The reason.
        reason: String,
    },
    /// The manifest and the files name other programs.
    #[error("the manifest of the framework's programs has no entry {name}")]
    Missing {
        /// The program.
        name: &'static str,
    },
    /// The file is not what the manifest says.
    #[error("{name} is pinned as {expected}, and its bytes hash to {found}")]
    OtherBytes {
        /// The program.
        name: &'static str,
        /// The code hash in the manifest.
        expected: B256,
        /// The hash of the file.
        found: B256,
    },
}

/// Reads the manifest: the tools that the programs were built with, and the facts of each of them.
///
/// # Errors
/// As [`programs`].
pub fn manifest() -> Result<&'static Manifest, Mismatch> {
    PINNED.as_ref().map_err(Mismatch::clone)
}

/// Every program, in the order in which they are built. Size and code hash of each were compared
/// with its bytes.
///
/// # Errors
/// If the files are not what the manifest says.
pub fn programs() -> Result<&'static [Program], Mismatch> {
    PROGRAMS.as_deref().map_err(Mismatch::clone)
}

/// The program of that name.
///
/// # Errors
/// As [`programs`]; [`Mismatch::Missing`].
pub fn program(name: &'static str) -> Result<&'static Program, Mismatch> {
    let mut all = programs()?.iter();
    all.find(|program| program.name == name)
        .ok_or(Mismatch::Missing { name })
}

fn read() -> Result<Vec<Program>, Mismatch> {
    let manifest = manifest()?;
    let pinned = |(name, code): (&'static str, &'static [u8])| {
        let entry = manifest.entry(name).ok_or(Mismatch::Missing { name })?;
        let found = keccak256(code);
        if entry.codehash != found || entry.size != code.len() {
            return Err(Mismatch::OtherBytes {
                name,
                expected: entry.codehash,
                found,
            });
        }
        Ok(Program {
            name,
            code,
            codehash: found,
            address: entry.address,
            source_hash: entry.source_hash,
        })
    };
    CODES.into_iter().map(pinned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_what_the_manifest_says_and_nothing_else_is_in_it() {
        let programs = programs().expect("the bytes are those that were pinned");
        let named: Vec<&str> = programs.iter().map(|program| program.name).collect();
        let entries = manifest().expect("a manifest").programs.iter();
        let listed: Vec<&str> = entries.map(|entry| entry.name.as_str()).collect();
        assert_eq!(named, listed);
        for program in programs {
            let is_registry = program.name == REGISTRY;
            assert_eq!(program.address.is_none(), is_registry, "{}", program.name);
        }
    }

    #[test]
    fn an_unknown_program_is_missing() {
        assert_eq!(program("none"), Err(Mismatch::Missing { name: "none" }));
    }
}
