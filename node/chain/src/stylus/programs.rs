//! Modules of activated code and their compiled programs.

use crate::{
    activations,
    arbos::Params,
    session::{Ctx, load_account},
};
use alloy_primitives::{Address, B256};
use stylus_vm::{Program, Rules};

/// Size limit when a program is compiled again: its activation has checked it, bytes.
const RECOMPILE_LIMIT: usize = 16 << 20;

/// The rules for an activation in this transaction.
pub(crate) fn rules(ctx: &Ctx<'_>, params: &Params, page_limit: u16) -> Rules {
    Rules {
        arbos_version: ctx.chain.arbos_version,
        stylus_version: params.version,
        debug: ctx.chain.debug,
        max_wasm_size: params.wasm_size_limit(),
        page_limit,
    }
}

/// The compiled program of activated code, compiled now if it is not at hand (after loading a
/// saved state).
pub(crate) fn load(
    ctx: &mut Ctx<'_>,
    code_hash: B256,
    code: &[u8],
    params: &Params,
) -> Result<Program, String> {
    if let Some(program) = ctx.chain.programs().get(code_hash, params.version) {
        return Ok(program);
    }
    let wasm = match Root::parse(code) {
        Some(root) => {
            let mut stream = Vec::new();
            for fragment in &root.fragments {
                let code = load_account(ctx, *fragment).code.unwrap_or_default();
                stream.extend_from_slice(code.original_byte_slice().get(3..).unwrap_or_default());
            }
            root.join(&stream)
        }
        None => stylus_vm::decompress(code, RECOMPILE_LIMIT).map_err(|error| error.to_string()),
    }?;
    let rules = rules(ctx, params, u16::MAX);
    let rules = Rules {
        max_wasm_size: RECOMPILE_LIMIT,
        ..rules
    };
    let activate = if ctx.chain.programs().counts_blocks() {
        stylus_vm::activate_counting
    } else {
        activations::activate
    };
    let activated = activate(&wasm, &rules, &mut { u64::MAX }).map_err(|e| e.to_string())?;
    ctx.chain
        .programs()
        .insert(code_hash, params.version, activated.program.clone());
    Ok(activated.program)
}

/// Code of a fragmented program (ArbOS 60): `EF F0 02 dd LLLLLLLL (addr20)*`.
pub(crate) struct Root {
    pub(crate) dictionary: u8,
    /// Decompressed length that is declared.
    pub(crate) len: usize,
    pub(crate) fragments: Vec<Address>,
}

impl Root {
    /// `None` for other code.
    pub(crate) fn parse(code: &[u8]) -> Option<Self> {
        let rest = code.strip_prefix(&[0xef, 0xf0, 0x02])?;
        let (dictionary, rest) = rest.split_first()?;
        let (len, list) = rest.split_first_chunk::<4>()?;
        if list.len() % 20 != 0 {
            return None;
        }
        Some(Self {
            dictionary: *dictionary,
            len: u32::from_be_bytes(*len) as usize,
            fragments: list.chunks_exact(20).map(Address::from_slice).collect(),
        })
    }

    /// Decompresses the joined payloads of the fragments.
    pub(crate) fn join(&self, stream: &[u8]) -> Result<Vec<u8>, String> {
        let code = [&[0xef, 0xf0, 0x00, self.dictionary], stream].concat();
        let wasm = stylus_vm::decompress(&code, self.len).map_err(|error| error.to_string())?;
        if wasm.len() != self.len {
            return Err(format!(
                "the fragments decompress to {} bytes, the root declares {}",
                wasm.len(),
                self.len
            ));
        }
        Ok(wasm)
    }
}
