//! Code of programs on chain, in one piece or in fragments (ArbOS 60), and the WASM module in it.

use alloy::primitives::{Address, Bytes};
use stylus_upgrades_interface::chain::{FRAGMENT_PREFIX, PROGRAM_PREFIX, ROOT_PREFIX};
use stylus_vm::{decompress, decompress_stream};
use wasmparser::{Parser, Payload};

/// Largest module that is looked into, in bytes.
const MODULE_MAX: usize = 16 << 20;
/// Bytes of a root's head: prefix, dictionary, decompressed length.
const ROOT_HEAD: usize = 8;

/// Code as it lies on chain, with that of its fragments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeBytes {
    /// The code, or the list of its fragments.
    pub code: Bytes,
    /// The code of its fragments, in order; none where it is in one piece.
    pub fragments: Vec<Bytes>,
}

impl CodeBytes {
    /// Returns true if it is run as WASM.
    pub fn is_program(&self) -> bool {
        is_program(&self.code)
    }

    /// Returns true if it is run by the EVM. An account without code runs nothing.
    pub fn is_evm(&self) -> bool {
        !self.code.is_empty() && !self.is_program()
    }

    /// The decompressed module of a program; nothing of other code.
    ///
    /// # Errors
    /// What is wrong with the code, or with the module in it.
    pub fn module(&self) -> Result<Option<Vec<u8>>, String> {
        if self.is_program() {
            module(&self.code, &self.fragments).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// Returns true if code is run as WASM.
pub fn is_program(code: &[u8]) -> bool {
    code.starts_with(&PROGRAM_PREFIX) || code.starts_with(&ROOT_PREFIX)
}

/// The accounts with the fragments of a program, in order; none where it is in one piece.
pub fn fragments(code: &[u8]) -> Vec<Address> {
    let list = if code.starts_with(&ROOT_PREFIX) {
        code.get(ROOT_HEAD..).unwrap_or_default()
    } else {
        &[]
    };
    let each = list.chunks_exact(Address::len_bytes());
    each.map(Address::from_slice).collect()
}

/// The decompressed module of a program whose [`fragments`] have that code.
///
/// # Errors
/// What is wrong with the code, or with the module in it.
pub fn module(code: &[u8], fragments: &[Bytes]) -> Result<Vec<u8>, String> {
    let wasm = unpacked(code, fragments)?;
    readable(&wasm).map_err(|error| error.to_string())?;
    Ok(wasm)
}

/// The same of code that is trusted: whether the module can be read to its end is not looked at.
pub(crate) fn unpacked(code: &[u8], fragments: &[Bytes]) -> Result<Vec<u8>, String> {
    let wasm = match code.strip_prefix(&ROOT_PREFIX) {
        None => decompress(code, MODULE_MAX),
        Some(rest) => {
            let dictionary = rest.first();
            let dictionary = dictionary.ok_or("the list of its fragments is malformed")?;
            let payloads = fragments.iter();
            let payloads = payloads.map(|code| code.strip_prefix(&FRAGMENT_PREFIX));
            let stream: Option<Vec<&[u8]>> = payloads.collect();
            let stream = stream.ok_or("one of its fragments is none")?.concat();
            decompress_stream(*dictionary, &stream, MODULE_MAX)
        }
    };
    wasm.map_err(|error| error.to_string())
}

/// Requires that imports and functions can be read to their end: a search in them then overlooks
/// nothing.
fn readable(module: &[u8]) -> wasmparser::Result<()> {
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    import?;
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    operator?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Artifact;

    #[test]
    fn a_program_in_fragments_has_the_module_of_the_same_in_one_piece() {
        let wat = r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;
        let wasm = wat::parse_str(wat).expect("a module");
        let whole = Artifact::from_wasm("test", &wasm).expect("a program").code;
        let wasm = module(&whole, &[]).expect("a module");
        assert!(readable(&wasm).is_ok());
        assert!(readable(&wasm[..wasm.len() - 1]).is_err(), "cut off");
        let (first, second) = whole[4..].split_at(whole.len() / 2);
        let accounts = [Address::repeat_byte(1), Address::repeat_byte(2)];
        let length = u32::try_from(wasm.len()).expect("small").to_be_bytes();
        let head = [&ROOT_PREFIX[..], &[0], &length].concat();
        let root = [&head[..], accounts.concat().as_slice()].concat();
        assert!(is_program(&whole) && is_program(&root));
        assert_eq!(fragments(&root), accounts);
        assert!(fragments(&whole).is_empty());
        let of = |part: &[u8]| Bytes::from([&FRAGMENT_PREFIX[..], part].concat());
        let parts = [of(first), of(second)];
        assert_eq!(module(&root, &parts), Ok(wasm));
        assert!(module(&root, &parts[..1]).is_err(), "a part is missing");
        let other = [of(first), Bytes::copy_from_slice(second)];
        assert!(module(&root, &other).is_err(), "no fragment");
        assert!(module(&root[..3], &[]).is_err(), "no dictionary");
    }
}
