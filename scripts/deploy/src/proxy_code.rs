//! The behavior of a proxy's own code beside forwarding calls. Compilers and their settings differ, so the bytes of a
//! proxy are not compared with published ones. Every path through the code is walked, with the constants on the stack.
//! The code of OpenZeppelin's proxies touches the words of ERC-1967 alone, answers a few known functions and calls
//! nobody else.

use alloy::primitives::{B256, U256, hex, keccak256};
use std::collections::BTreeSet;
use stylus_upgrades_interface::slots;

/// Places on the paths that are looked at, at most.
const STEPS_MAX: usize = 200_000;
/// Values on the stack of the EVM, at most.
const STACK_MAX: usize = 1_024;
/// Bytes of a word.
const WORD: U256 = U256::from_limbs([32, 0, 0, 0]);
/// Functions that OpenZeppelin's proxies answer themselves: `admin()`, `implementation()`, `changeAdmin(address)`,
/// `upgradeTo(address)`, `upgradeToAndCall(address,bytes)`.
const SELECTORS: [[u8; 4]; 5] = [
    hex!("f851a440"),
    hex!("5c60da1b"),
    hex!("8f283970"),
    hex!("3659cfe6"),
    hex!("4f1ef286"),
];

/// A value on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StackValue {
    /// This number.
    Constant(U256),
    /// Made of the first word of the calldata, which has the selector.
    Selector,
    /// Anything.
    Unknown,
}

/// A place on a path: where the code goes on, and with what on the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PathState {
    at: usize,
    stack: Vec<StackValue>,
    /// The place in memory that a word of the code was copied to last, and that word: compilers load constants so.
    copied: Option<(U256, U256)>,
}

/// The state of a walk.
#[derive(Debug, Default)]
struct ProxyWalk<'a> {
    code: &'a [u8],
    selectors: BTreeSet<[u8; 4]>,
    slots: BTreeSet<U256>,
    touches_unknown_slots: bool,
    calls_others: bool,
    states: Vec<PathState>,
    seen: BTreeSet<B256>,
}

/// Returns what the code of a proxy does that no proxy of OpenZeppelin does, in words. It is empty for theirs.
///
/// # Errors
/// Why the code cannot be walked to its end.
pub fn foreign_parts(code: &[u8]) -> Result<Vec<String>, String> {
    let mut walk = ProxyWalk {
        code,
        ..ProxyWalk::default()
    };
    walk.go()?;
    let mut parts = Vec::new();
    let known = [slots::IMPLEMENTATION, slots::ADMIN, slots::BEACON];
    let others = walk.slots.iter();
    let others = others.filter(|slot| !known.contains(&B256::from(**slot)));
    let mut others: Vec<String> = others.map(|slot| format!("{slot:#x}")).collect();
    if walk.touches_unknown_slots {
        others.push("slots that it computes".into());
    }
    if !others.is_empty() {
        parts.push(format!("it has storage of its own: {}", others.join(", ")));
    }
    let own = walk.selectors.iter();
    let own = own.filter(|selector| !SELECTORS.contains(selector));
    let own: Vec<String> = own.map(hex::encode_prefixed).collect();
    if !own.is_empty() {
        parts.push(format!(
            "it answers functions of its own: {}",
            own.join(", ")
        ));
    }
    if walk.calls_others {
        parts.push("it calls or creates other contracts".into());
    }
    Ok(parts)
}

impl ProxyWalk<'_> {
    /// Walks every path.
    fn go(&mut self) -> Result<(), String> {
        self.states.push(PathState {
            at: 0,
            stack: Vec::new(),
            copied: None,
        });
        let mut steps = 0;
        while let Some(mut state) = self.states.pop() {
            while let Some(opcode) = self.code.get(state.at).copied() {
                steps += 1;
                if steps > STEPS_MAX {
                    return Err(format!("it has more than {STEPS_MAX} steps"));
                }
                if !self.step(opcode, &mut state)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Does one step of a path; returns false at its end.
    fn step(&mut self, opcode: u8, state: &mut PathState) -> Result<bool, String> {
        use StackValue::{Constant, Selector, Unknown};
        let at = state.at;
        state.at += 1;
        match opcode {
            // STOP, RETURN, REVERT, INVALID
            0x00 | 0xf3 | 0xfd | 0xfe => return Ok(false),
            0x35 => {
                let from = state.pop()?;
                state.stack.push(match from {
                    Constant(U256::ZERO) => Selector,
                    _ => Unknown,
                });
            }
            // CODECOPY
            0x39 => {
                let (to, from, length) = (state.pop()?, state.pop()?, state.pop()?);
                state.copied = match (to, from, length) {
                    (Constant(to), Constant(from), Constant(length)) if length == WORD => {
                        self.word_at(from).map(|word| (to, word))
                    }
                    _ => None,
                };
            }
            // MLOAD
            0x51 => {
                let from = state.pop()?;
                let copied = state.copied.filter(|(to, _)| from == Constant(*to));
                state
                    .stack
                    .push(copied.map_or(Unknown, |(_, word)| Constant(word)));
            }
            // MSTORE, MSTORE8, CALLDATACOPY, EXTCODECOPY, RETURNDATACOPY, MCOPY, DELEGATECALL
            0x52 | 0x53 | 0x37 | 0x3c | 0x3e | 0x5e | 0xf4 => {
                state.copied = None;
                state.replace(opcode)?;
            }
            0x54 | 0x55 => {
                match state.pop()? {
                    Constant(slot) => {
                        self.slots.insert(slot);
                    }
                    _ => self.touches_unknown_slots = true,
                }
                if opcode == 0x55 {
                    state.pop()?;
                } else {
                    state.stack.push(Unknown);
                }
            }
            // TLOAD and TSTORE
            0x5c | 0x5d => {
                self.touches_unknown_slots = true;
                state.replace(opcode)?;
            }
            0x56 => {
                let to = state.pop()?;
                return self.jump(to, state).map(|()| false);
            }
            0x57 => {
                let (to, _) = (state.pop()?, state.pop()?);
                self.jump(to, state)?;
            }
            0x58 => state.stack.push(Constant(U256::from(at))),
            0x5b => {
                let stack = format!("{:?} {:?}", state.stack, state.copied);
                let key = keccak256([stack.as_bytes(), &at.to_be_bytes()].concat());
                return Ok(self.seen.insert(key));
            }
            0x5f..=0x7f => {
                let length = usize::from(opcode - 0x5f);
                let bytes = self.code.get(state.at..).unwrap_or_default();
                let bytes = bytes.get(..length).unwrap_or(bytes);
                state.stack.push(Constant(U256::from_be_slice(bytes)));
                state.at += length;
            }
            0x80..=0x8f => {
                let depth = usize::from(opcode - 0x7f);
                let value = state.stack.iter().rev().nth(depth - 1).copied();
                state.stack.push(value.ok_or("its stack ends")?);
            }
            0x90..=0x9f => {
                let depth = usize::from(opcode - 0x8e);
                let last = state.stack.len();
                let other = last.checked_sub(depth).ok_or("its stack ends")?;
                state.stack.swap(last - 1, other);
            }
            // CREATE, CALL, CALLCODE, CREATE2, STATICCALL, SELFDESTRUCT
            0xf0 | 0xf1 | 0xf2 | 0xf5 | 0xfa => {
                self.calls_others = true;
                state.replace(opcode)?;
            }
            0xff => {
                self.calls_others = true;
                return Ok(false);
            }
            // SUB, AND, OR, XOR, EQ, SHL, SHR, DIV
            0x03 | 0x04 | 0x14 | 0x16..=0x18 | 0x1b | 0x1c => {
                let (first, second) = (state.pop()?, state.pop()?);
                let value = self.combined(opcode, first, second);
                state.stack.push(value);
            }
            0x15 => {
                // ISZERO
                let value = state.pop()?;
                state.stack.push(match value {
                    Selector => Selector,
                    _ => Unknown,
                });
            }
            other => state.replace(other)?,
        }
        match state.stack.len() {
            0..=STACK_MAX => Ok(true),
            _ => Err("its stack is too large".into()),
        }
    }

    /// The result of an operation with two arguments. What a selector is compared with is one.
    fn combined(&mut self, opcode: u8, first: StackValue, second: StackValue) -> StackValue {
        use StackValue::{Constant, Selector, Unknown};
        match (first, second) {
            (Constant(one), Constant(other)) => match opcode {
                0x03 => Constant(one.wrapping_sub(other)),
                0x16 => Constant(one & other),
                0x17 => Constant(one | other),
                0x18 => Constant(one ^ other),
                0x1b => Constant(other.wrapping_shl(one.saturating_to())),
                0x1c => Constant(other.wrapping_shr(one.saturating_to())),
                _ => Unknown,
            },
            (Selector, Constant(other)) | (Constant(other), Selector) => {
                let compares = [0x03, 0x14, 0x18].contains(&opcode);
                if compares {
                    self.selectors.extend(selector_in(other));
                }
                Selector
            }
            _ => Unknown,
        }
    }

    /// The word of the code at a place.
    fn word_at(&self, from: U256) -> Option<U256> {
        let from: usize = from.saturating_to();
        let bytes = self.code.get(from..)?.get(..B256::len_bytes())?;
        Some(U256::from_be_slice(bytes))
    }

    /// Goes on at another place as well.
    fn jump(&mut self, to: StackValue, state: &PathState) -> Result<(), String> {
        let StackValue::Constant(to) = to else {
            return Err("it jumps to a place that it computes".into());
        };
        let at: usize = to.saturating_to();
        if self.code.get(at) == Some(&0x5b) {
            self.states.push(PathState {
                at,
                ..state.clone()
            });
        }
        Ok(())
    }
}

impl PathState {
    fn pop(&mut self) -> Result<StackValue, String> {
        self.stack.pop().ok_or_else(|| "its stack ends".into())
    }

    /// Does what an operation does to the stack whose result is unknown.
    fn replace(&mut self, opcode: u8) -> Result<(), String> {
        let (arguments, results) = stack_effect(opcode).ok_or_else(|| {
            format!("it has the opcode {opcode:#x}, which no compiler of a proxy writes")
        })?;
        for _ in 0..arguments {
            self.pop()?;
        }
        let results = std::iter::repeat_n(StackValue::Unknown, results);
        self.stack.extend(results);
        Ok(())
    }
}

/// The selector in a constant: in its low-order bytes, or in its high-order ones.
fn selector_in(constant: U256) -> Option<[u8; 4]> {
    let bytes = B256::from(constant);
    let (high, low) = bytes.0.split_at(28);
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let selector: &[u8] = if is_zero(high) {
        low
    } else {
        let (high, rest) = bytes.0.split_at(4);
        if !is_zero(rest) {
            return None;
        }
        high
    };
    let selector: [u8; 4] = selector.try_into().ok()?;
    // A small number is a length.
    (u32::from_be_bytes(selector) > u32::from(u16::MAX)).then_some(selector)
}

/// Returns how many values an operation takes from the stack, and how many it puts there.
const fn stack_effect(opcode: u8) -> Option<(usize, usize)> {
    Some(match opcode {
        0x01..=0x07 | 0x0a | 0x0b | 0x10..=0x14 | 0x16..=0x18 | 0x1a..=0x1d | 0x20 => (2, 1),
        0x08 | 0x09 => (3, 1),
        0x15 | 0x19 | 0x31 | 0x35 | 0x3b | 0x3f | 0x40 | 0x51 | 0x54 | 0x5c => (1, 1),
        0x30 | 0x32..=0x34 | 0x36 | 0x38 | 0x3a | 0x3d | 0x41..=0x48 | 0x4a | 0x58..=0x5a => (0, 1),
        0x49 => (1, 1),
        0x37 | 0x39 | 0x3e | 0x5e => (3, 0),
        0x3c => (4, 0),
        0x50 => (1, 0),
        0x52 | 0x53 | 0x55 | 0x5d => (2, 0),
        0xa0 => (2, 0),
        0xa1 => (3, 0),
        0xa2 => (4, 0),
        0xa3 => (5, 0),
        0xa4 => (6, 0),
        0xf0 => (3, 1),
        0xf5 => (4, 1),
        0xf1 | 0xf2 => (7, 1),
        0xf4 | 0xfa => (6, 1),
        _ => return None,
    })
}
