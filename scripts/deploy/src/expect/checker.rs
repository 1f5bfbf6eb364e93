//! The code of a check, compiled from its expectations: straight-line EVM code, then their text.
//!
//! ```text
//! memory   0x00  32, and 32 bytes per answer: what beforeUpgrade returns
//!          …     what is asked, then the answer
//! code     dispatch · beforeUpgrade · afterUpgrade · a jump per expectation to what reverts with its text
//!          STOP · a line of text per expectation · the text's length, two bytes
//! ```

use super::{Expectation, Holds};
use crate::build::evm::{Assembly, op};
use alloy::sol_types::{SolCall, SolError};
use stylus_upgrades_interface::check::IUpgradeCheck::{afterUpgradeCall, beforeUpgradeCall};
use stylus_upgrades_interface::migratable::IMigratable::PostConditionFailed;

/// Bytes of a word.
const WORD: u16 = 32;
/// The offset at which the answers begin: after the two words that precede bytes in an ABI answer.
const ANSWERS: u16 = 2 * WORD;
/// The offset at which the revert data's text begins: after the selector and those two words.
const REASON: u16 = 4 + 2 * WORD;
/// Bits that a selector has below it in its word.
const BELOW_SELECTOR: u8 = 224;

/// The code of the check of these expectations.
pub(super) fn code(all: &[Expectation]) -> Vec<u8> {
    let compared = all.iter().filter(|one| one.holds.compares()).count() as u16;
    let scratch = ANSWERS + WORD * compared;
    let mut code = dispatch(Assembly::long());
    code = before(code.label("before"), all, scratch);
    code = after(code.label("after"), all, scratch);
    for (number, one) in all.iter().enumerate() {
        let length = one.to_string().len() as u16;
        code = code.label(&failed(number)).push(&length.to_be_bytes());
        code = code.push_label(&text(number)).jump("revert");
    }
    code = reverts(code.label("revert")).ops(&[op::STOP]);
    let mut total = 0_u16;
    for (number, one) in all.iter().enumerate() {
        let line = format!("{one}\n");
        total += line.len() as u16;
        code = code.mark(&text(number)).ops(line.as_bytes());
    }
    code.ops(&total.to_be_bytes()).code()
}

/// The text that code ends with, if it could be a check.
pub(super) fn text_in(code: &[u8]) -> Option<&str> {
    let (rest, length) = code.split_last_chunk()?;
    let begin = rest.len().checked_sub(u16::from_be_bytes(*length).into())?;
    std::str::from_utf8(rest.get(begin..)?).ok()
}

/// Returns the label that an expectation jumps to that does not hold.
fn failed(number: usize) -> String {
    format!("failed {number}")
}

/// The text of an expectation.
fn text(number: usize) -> String {
    format!("text {number}")
}

/// Goes where the selector leads.
fn dispatch(code: Assembly) -> Assembly {
    use op::{CALLDATALOAD, DUP1, EQ, PUSH0, REVERT, SHR};
    code.ops(&[PUSH0, CALLDATALOAD])
        .push(&[BELOW_SELECTOR])
        .ops(&[SHR, DUP1])
        .push(&beforeUpgradeCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("before")
        .push(&afterUpgradeCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("after")
        .ops(&[PUSH0, PUSH0, REVERT])
}

/// Answers, for every expectation that compares, its word or the hash of what its getter answers.
fn before(mut code: Assembly, all: &[Expectation], scratch: u16) -> Assembly {
    let mut answer = ANSWERS;
    for (number, one) in all
        .iter()
        .enumerate()
        .filter(|(_, one)| one.holds.compares())
    {
        code = ask(code, number, one, scratch);
        code = code.push(&answer.to_be_bytes()).ops(&[op::MSTORE]);
        answer += WORD;
    }
    code.push(&[WORD as u8])
        .ops(&[op::PUSH0, op::MSTORE])
        .push(&(answer - ANSWERS).to_be_bytes())
        .push(&[WORD as u8])
        .ops(&[op::MSTORE])
        .push(&answer.to_be_bytes())
        .ops(&[op::PUSH0, op::RETURN])
}

/// Asks all again. Where the answers of before begin in the calldata is kept in the first word of memory.
fn after(mut code: Assembly, all: &[Expectation], scratch: u16) -> Assembly {
    use op::{ADD, CALLDATALOAD, EQ, ISZERO, MLOAD, MSTORE, PUSH0, STOP};
    let observed = 4 + 3 * WORD as u8;
    code = code
        .push(&[observed])
        .ops(&[CALLDATALOAD])
        .push(&[4 + WORD as u8])
        .ops(&[ADD, PUSH0, MSTORE]);
    let mut answer = 0;
    for (number, one) in all.iter().enumerate() {
        code = ask(code, number, one, scratch);
        if one.holds.compares() {
            let at: u16 = answer;
            code = code
                .ops(&[PUSH0, MLOAD])
                .push(&at.to_be_bytes())
                .ops(&[ADD, CALLDATALOAD]);
            answer += WORD;
        }
        code = match &one.holds {
            Holds::Unchanged => code.ops(&[EQ]),
            Holds::Nonzero => code,
            Holds::Equal(value) => code.push(value.word.as_slice()).ops(&[EQ]),
            Holds::Delta(by) => code.push(&by.to_be_bytes::<32>()).ops(&[ADD, EQ]),
        };
        code = code.ops(&[ISZERO]).jump_if(&failed(number));
    }
    code.ops(&[STOP])
}

/// Leaves what a getter of the proxy answers on the stack: its word, or the hash of all of it. It has not answered
/// where the call fails, or gives less than a word, or not one word where one is expected.
fn ask(mut code: Assembly, number: usize, one: &Expectation, scratch: u16) -> Assembly {
    use op::{
        AND, CALLDATALOAD, EQ, GAS, GT, ISZERO, KECCAK256, MLOAD, MSTORE, PUSH0, RETURNDATACOPY,
        RETURNDATASIZE, SHL, STATICCALL,
    };
    let (selector, arguments) = one.getter.calldata.split_at(4);
    code = code
        .push(selector)
        .push(&[BELOW_SELECTOR])
        .ops(&[SHL])
        .push(&scratch.to_be_bytes())
        .ops(&[MSTORE]);
    let mut at = scratch + 4;
    for argument in arguments.chunks(WORD.into()) {
        code = code.push(argument).push(&at.to_be_bytes()).ops(&[MSTORE]);
        at += WORD;
    }
    code = code
        .ops(&[PUSH0, PUSH0])
        .push(&(at - scratch).to_be_bytes())
        .push(&scratch.to_be_bytes())
        .push(&[4])
        .ops(&[CALLDATALOAD, GAS, STATICCALL]);
    let is_hashed = one.holds == Holds::Unchanged;
    code = if is_hashed {
        code.push(&[WORD as u8 - 1]).ops(&[RETURNDATASIZE, GT])
    } else {
        code.push(&[WORD as u8]).ops(&[RETURNDATASIZE, EQ])
    };
    code = code
        .ops(&[AND, ISZERO])
        .jump_if(&failed(number))
        .ops(&[RETURNDATASIZE, PUSH0])
        .push(&scratch.to_be_bytes())
        .ops(&[RETURNDATACOPY]);
    if is_hashed {
        code.ops(&[RETURNDATASIZE])
            .push(&scratch.to_be_bytes())
            .ops(&[KECCAK256])
    } else {
        code.push(&scratch.to_be_bytes()).ops(&[MLOAD])
    }
}

/// Reverts with `PostConditionFailed` and the text whose place and length are on the stack.
fn reverts(code: Assembly) -> Assembly {
    use op::{ADD, CODECOPY, DUP2, DUP3, MSTORE, PUSH0, REVERT, SHL, SHR};
    let reason = REASON.to_be_bytes();
    code.push(&PostConditionFailed::SELECTOR)
        .push(&[BELOW_SELECTOR])
        .ops(&[SHL, PUSH0, MSTORE])
        .push(&[WORD as u8])
        .push(&[4])
        .ops(&[MSTORE])
        // length, place
        .ops(&[DUP2])
        .push(&[4 + WORD as u8])
        .ops(&[MSTORE])
        // zeros after the text, up to a whole word
        .ops(&[PUSH0, DUP3])
        .push(&reason)
        .ops(&[ADD, MSTORE])
        .ops(&[DUP2, DUP2])
        .push(&reason)
        .ops(&[CODECOPY])
        // the size, rounded up to whole words after the selector
        .ops(&[DUP2])
        .push(&[WORD as u8 - 1])
        .ops(&[ADD])
        .push(&[5])
        .ops(&[SHR])
        .push(&[5])
        .ops(&[SHL])
        .push(&reason)
        .ops(&[ADD, PUSH0, REVERT])
}
