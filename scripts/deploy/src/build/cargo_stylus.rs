//! The output of cargo-stylus for the module that cargo wrote, byte for byte: its encoding, the section that it adds,
//! its compression, and its hash of the sources.
//!
//! It compresses by the encoder of `brotli-sys` 0.3.2, whose bytes no other encoder makes. RUSTSEC-2021-0131 is an
//! overflow of that release for inputs of more than 2 GiB; what is compressed here has at most [`WASM_MAX`] bytes.

use super::error::BuildError;
use super::wasm::with_sections;
use alloy::primitives::{B256, Keccak256};
use brotli2::read::BrotliEncoder;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CustomSection, Module};
use wasmparser::Parser;

/// The section with the hash of the sources.
const PROJECT_HASH: &str = "project_hash";
/// Bytes of a module that is compressed, at most: hundreds of times what a chain takes.
const WASM_MAX: usize = 64 << 20;
const QUALITY: u32 = 11;
/// The path of the workspace in its container.
pub(super) const SOURCE: &str = "/source";
/// The path of cargo's folder in its container.
pub(super) const CARGO_HOME: &str = "/usr/local/cargo";
/// The platform of its container.
pub(super) const HOST: &str = "x86_64-unknown-linux-gnu";
/// The byte that stands for its choice of an optimization, which is never another than the profile's.
const OPT_LEVEL_OF_PROFILE: [u8; 1] = [1];

/// Returns the path of the packages of the public registry in its container, by the release of cargo.
pub(super) fn packages(release: Option<(u32, u32)>) -> String {
    let name = match release {
        Some(old) if old < (1, 85) => "index.crates.io-6f17d22bba15001f",
        _ => "index.crates.io-1949cf8c6b5b557f",
    };
    format!("{CARGO_HOME}/registry/src/{name}")
}

/// Returns the path of the sources of the standard library in its container.
pub(super) fn standard_library(channel: &str) -> String {
    format!("/usr/local/rustup/toolchains/{channel}-{HOST}/lib/rustlib/src/rust")
}

/// The module that goes on chain: without custom sections, with one for the hash of the sources.
pub(super) fn processed(
    package: &str,
    raw: &[u8],
    project_hash: B256,
) -> Result<Vec<u8>, BuildError> {
    let raw =
        with_sections(raw, |_| false).map_err(|error| BuildError::not_wasm(package, error))?;
    let mut module = Module::new();
    WithoutCustom
        .parse_core_module(&mut module, Parser::new(0), &raw)
        .map_err(|error| BuildError::not_wasm(package, error))?;
    module.section(&CustomSection {
        name: PROJECT_HASH.into(),
        data: project_hash.as_slice().into(),
    });
    Ok(module.finish())
}

/// The brotli stream of a module.
pub(super) fn compressed(package: &str, wasm: &[u8]) -> Result<Vec<u8>, BuildError> {
    if wasm.len() > WASM_MAX {
        let limit = format!("at most {WASM_MAX} bytes of WASM");
        return Err(BuildError::too_large(package, limit, wasm.len()));
    }
    let mut stream = Vec::new();
    let read = BrotliEncoder::new(wasm, QUALITY).read_to_end(&mut stream);
    read.map_err(BuildError::file("compress", package))?;
    Ok(stream)
}

/// Its hash of the sources: over cargo's answer to `cargo version`, and over files by their paths in the workspace.
pub(super) fn project_hash(cargo: &str, files: &BTreeMap<PathBuf, Vec<u8>>) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(cargo);
    hasher.update(OPT_LEVEL_OF_PROFILE);
    for (path, bytes) in files {
        let path = Path::new(SOURCE).join(path);
        let path = path.as_os_str().as_bytes();
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hasher.finalize()
}

/// Leaves out custom sections, and encodes numbers in as few bytes as they take.
struct WithoutCustom;

impl Reencode for WithoutCustom {
    type Error = std::convert::Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
