//! Constants of code: what it compares with is what a branch of it waits for.

use crate::program_code::CodeBytes;
use alloy::primitives::U256;
use std::collections::BTreeSet;
use wasmparser::{DataKind, Operator, Parser, Payload};

/// Bytes of a word.
const WORD: usize = 32;
/// Different bytes of a word of data that looks like a hash, at least.
const HASH_BYTES: usize = 20;
/// Constants of one code, at most.
const MOST: usize = 4_096;
/// The opcodes of the EVM that push one byte, and 32 of them.
const PUSH1: u8 = 0x60;
const PUSH32: u8 = 0x7f;

/// The constants of some code, as words of the EVM: numbers below 256 are tried anyway. Of a module that cannot be
/// read there are none.
pub(super) fn find_constants(code: &CodeBytes) -> BTreeSet<U256> {
    let mut found = match code.module() {
        Ok(Some(module)) => find_in_module(&module),
        Ok(None) => find_in_evm(&code.code),
        Err(_) => BTreeSet::new(),
    };
    found.retain(|constant| *constant > U256::from(u8::MAX));
    found.into_iter().take(MOST).collect()
}

/// Returns what EVM code pushes.
fn find_in_evm(code: &[u8]) -> BTreeSet<U256> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some((opcode, after)) = rest.split_first() {
        rest = after;
        if let PUSH1..=PUSH32 = *opcode {
            let size = usize::from(opcode - PUSH1) + 1;
            let (pushed, after) = rest.split_at(size.min(rest.len()));
            found.extend(U256::try_from_be_slice(pushed));
            rest = after;
        }
    }
    found
}

/// Numbers that a module compares with, or puts together to a larger one, and words of its data that look like
/// hashes. Other numbers are places in its memory.
fn find_in_module(module: &[u8]) -> BTreeSet<U256> {
    let mut found = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::CodeSectionEntry(body)) => {
                let mut before = None;
                for operator in body.get_operators_reader().into_iter().flatten().flatten() {
                    let short = before.filter(|_| is_comparison(&operator));
                    found.extend(short.into_iter().flat_map(of_short));
                    before = None;
                    match operator {
                        Operator::I32Const { value } => before = Some(value as u32),
                        Operator::I64Const { value } => found.extend(of_long(value as u64)),
                        _ => {}
                    }
                }
            }
            Ok(Payload::DataSection(section)) => {
                for data in section.into_iter().flatten() {
                    if matches!(data.kind, DataKind::Active { .. }) {
                        found.extend(data.data.windows(WORD).step_by(8).filter_map(hash));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// A number of 32 bits, and what it is as bytes that were read as a number.
fn of_short(value: u32) -> [U256; 2] {
    [value, value.swap_bytes()].map(U256::from)
}

/// The same of 64 bits.
fn of_long(value: u64) -> [U256; 2] {
    [value, value.swap_bytes()].map(U256::from)
}

fn is_comparison(operator: &Operator<'_>) -> bool {
    use Operator::{I32Eq, I32GeU, I32GtU, I32LeU, I32LtU, I32Ne, I32Sub, I32Xor};
    matches!(
        operator,
        I32Eq | I32Ne | I32LtU | I32LeU | I32GtU | I32GeU | I32Xor | I32Sub
    )
}

/// A word of data with many different bytes.
fn hash(bytes: &[u8]) -> Option<U256> {
    let different: BTreeSet<&u8> = bytes.iter().collect();
    (different.len() >= HASH_BYTES).then(|| U256::from_be_slice(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_code_pushes_or_compares_with_is_found_and_what_it_skips_is_not() {
        let code = [
            0x63, 0xde, 0xad, 0xbe, 0xef, 0x61, 0x63, 0x01, 0x60, 0x07, 0x62, 0x01,
        ];
        let of = |code: &[u8]| {
            find_constants(&CodeBytes {
                code: code.to_vec().into(),
                fragments: Vec::new(),
            })
        };
        let numbers = |all: &[u64]| all.iter().copied().map(U256::from).collect::<BTreeSet<_>>();
        assert_eq!(of(&code), numbers(&[0xdead_beef, 0x6301]));
        let module = wat::parse_str(
            r#"(module (func (param i32 i64) (result i32)
                (i32.eq (local.get 0) (i32.const 0x01020304))
                (i32.load (i32.const 4096)) drop
                (i64.eq (local.get 1) (i64.const 1000000)) i32.or)
                (memory 1))"#,
        );
        let found = find_in_module(&module.expect("a module"));
        let thousand = 1_000_000_u64;
        let expected = [0x0102_0304, 0x0403_0201, thousand, thousand.swap_bytes()];
        assert_eq!(found, numbers(&expected));
    }
}
