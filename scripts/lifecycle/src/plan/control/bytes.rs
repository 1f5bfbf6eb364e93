//! Signs in the bytes of code that it can replace the code of its proxy, where no call shows it.

use super::calls::{is_replacing, usual_functions};
use alloy::json_abi::Function;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use stylus_layout::{Document, PublicInterface};
use stylus_upgrades_interface::slots;

/// Opcode of the EVM that pushes a selector.
const PUSH4: u8 = 0x63;
/// Opcodes that compare: SUB, EQ, XOR.
const COMPARES: [u8; 3] = [0x03, 0x14, 0x18];
/// Opcodes that repeat what lies on the stack.
const DUPLICATES: RangeInclusive<u8> = 0x80..=0x8f;

/// Returns true if code names a word of ERC-1967 that decides what a proxy runs, in an instruction or in its data. Code
/// without it writes these only at a place that it computes.
pub fn may_replace_code(code: &[u8]) -> bool {
    let words = [slots::IMPLEMENTATION, slots::ADMIN, slots::BEACON];
    let mut windows = code.windows(slots::IMPLEMENTATION.len());
    windows.any(|window| words.iter().any(|slot| slot.as_slice() == window))
}

/// The functions of EVM code that replace the code of its proxy: those that its document lists, and the usual ones that
/// its dispatcher answers. They may accept only some callers.
pub fn replacing_functions(code: &[u8], document: Option<&Document>) -> Vec<String> {
    if !may_replace_code(code) {
        return Vec::new();
    }
    let mut signatures = document.map(replacing_listed).unwrap_or_default();
    let dispatched = dispatched_selectors(code);
    let usual = usual_functions();
    let usual = usual.filter(|function| dispatched.contains(&function.selector().0));
    signatures.extend(usual.map(|function| function.signature()));
    signatures.into_iter().collect()
}

/// Functions that a document lists and that replace code, by their names.
pub fn replacing_listed(document: &Document) -> BTreeSet<String> {
    let listed = document.interface.iter().flat_map(PublicInterface::abi);
    let listed = listed.filter_map(|entry| Function::parse(entry).ok());
    let replacing = listed.filter(is_replacing);
    replacing.map(|function| function.signature()).collect()
}

/// Selectors that code of the EVM compares with. What it pushes to call another contract is none.
fn dispatched_selectors(code: &[u8]) -> BTreeSet<[u8; 4]> {
    let pushed = code.windows(7).filter_map(|window| {
        let (opcode, rest) = window.split_first()?;
        let (selector, next) = rest.split_first_chunk::<4>()?;
        let is_compared = match next {
            [compares, _] if COMPARES.contains(compares) => true,
            [duplicates, compares] => {
                DUPLICATES.contains(duplicates) && COMPARES.contains(compares)
            }
            _ => false,
        };
        (*opcode == PUSH4 && is_compared).then_some(*selector)
    });
    pushed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPGRADE: [u8; 4] = [0x4f, 0x1e, 0xf2, 0x86];

    fn code(names_slot: bool, compares: &[u8]) -> Vec<u8> {
        let mut code = vec![0x80, PUSH4];
        code.extend(UPGRADE);
        code.extend(compares);
        code.extend([0x61, 0, 0, 0x57]);
        if names_slot {
            code.extend(slots::IMPLEMENTATION);
        }
        code
    }

    #[test]
    fn code_replaces_that_of_its_proxy_if_it_names_the_word_and_answers_the_function() {
        let upgrade = vec!["upgradeToAndCall(address,bytes)".to_owned()];
        for (names_slot, compares, expected) in [
            (true, [0x14].as_slice(), upgrade.clone()),
            (true, &[0x81, 0x14], upgrade),
            (false, &[0x14], Vec::new()),
            // A call of another contract: PUSH1 224 SHL.
            (true, &[0x60, 0xe0, 0x1b], Vec::new()),
        ] {
            let code = code(names_slot, compares);
            assert_eq!(replacing_functions(&code, None), expected, "{compares:?}");
            assert_eq!(may_replace_code(&code), names_slot);
        }
    }
}
