//! A program as it lies on chain: `EF F0 00 00` and the brotli stream of its WASM.

use super::error::BuildError;
use super::{evm, wasm};
use alloy::primitives::{B256, Bytes, keccak256};
use brotli::enc::BrotliEncoderParams;
use stylus_upgrades_interface::{chain, limits};

/// Dictionary byte behind the prefix: none.
const NO_DICTIONARY: u8 = 0;
const QUALITY: i32 = 11;
const WINDOW: i32 = 22;

/// A contract, ready for the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The package, or the file's name without its ending.
    pub name: String,
    /// The module, encoded again and checked.
    pub wasm: Bytes,
    /// What lies on chain: prefix and compressed module.
    pub code: Bytes,
}

impl Artifact {
    /// Makes an artifact of what a compiler wrote. Errors if the chain would refuse it.
    pub fn from_wasm(name: &str, raw: &[u8]) -> Result<Self, BuildError> {
        let wasm = wasm::reencode(name, raw)?;
        let code = on_chain_code(&wasm);
        if code.len() > limits::CODE_SIZE_MAX {
            return Err(BuildError::TooLarge {
                package: name.into(),
                limit: limits::CODE_SIZE_MAX,
                found: code.len(),
            });
        }
        wasm::check(name, &wasm)?;
        Ok(Self {
            name: name.into(),
            wasm: wasm.into(),
            code,
        })
    }

    /// keccak256 of the code on chain: what activation, caching and the registry go by.
    pub fn codehash(&self) -> B256 {
        keccak256(&self.code)
    }

    /// The same program in other bytes: a custom section that nobody reads. Its code hash is
    /// another, so it is not active where this one is.
    pub fn in_other_bytes(&self) -> Self {
        const EMPTY_SECTION: [u8; 3] = [0, 1, 0];
        let wasm = [&self.wasm[..], &EMPTY_SECTION].concat();
        Self {
            name: format!("{} in other bytes", self.name),
            code: on_chain_code(&wasm),
            wasm: wasm.into(),
        }
    }

    /// Creation code that puts the code on chain and runs nothing.
    pub fn creation_code(&self) -> Bytes {
        evm::creation_code(&self.code)
    }
}

/// Prefix and brotli stream, at the quality and window of the other tools.
fn on_chain_code(wasm: &[u8]) -> Bytes {
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: wasm.len(),
        ..BrotliEncoderParams::default()
    };
    let mut code = chain::PROGRAM_PREFIX.to_vec();
    code.push(NO_DICTIONARY);
    let mut source = wasm;
    brotli::BrotliCompress(&mut source, &mut code, &params)
        .expect("reading and writing memory cannot fail");
    code.into()
}
