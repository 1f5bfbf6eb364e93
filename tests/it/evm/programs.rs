//! Small programs that call, answer and misbehave.

use crate::prelude::*;
use stylus_upgrades::build::evm::{Assembly, op};

/// What one call of [`batch`] is.
pub(super) fn call(to: Address, data: &[u8]) -> Vec<u8> {
    let size = B256::left_padding_from(&data.len().to_be_bytes());
    [to.into_word().as_slice(), size.as_slice(), data].concat()
}

/// Makes the calls that its calldata list (see [`call`]), each with all the gas, and ends with what the last one, or the
/// first one that fails, gave back.
pub(super) fn batch() -> Vec<u8> {
    use op::{
        ADD, CALL, CALLDATACOPY, CALLDATALOAD, CALLDATASIZE, DUP1, DUP3, DUP7, GAS, GT, ISZERO,
        PUSH0,
    };
    let code = Assembly::default()
        .ops(&[PUSH0])
        .label("next")
        .ops(&[DUP1, CALLDATASIZE, GT, ISZERO])
        .jump_if("done")
        .ops(&[DUP1])
        .push(&[32])
        .ops(&[ADD, CALLDATALOAD, DUP1, DUP3])
        .push(&[64])
        .ops(&[ADD, PUSH0, CALLDATACOPY])
        .ops(&[
            PUSH0,
            PUSH0,
            DUP3,
            PUSH0,
            PUSH0,
            DUP7,
            CALLDATALOAD,
            GAS,
            CALL,
        ])
        .ops(&[ISZERO])
        .jump_if("failed")
        .ops(&[ADD])
        .push(&[64])
        .ops(&[ADD])
        .jump("next")
        .label("failed");
    let code = returned(code).ops(&[op::REVERT]).label("done");
    returned(code).ops(&[op::RETURN]).code()
}

/// What came back last, in memory, and where it lies.
fn returned(code: Assembly) -> Assembly {
    use op::{PUSH0, RETURNDATACOPY, RETURNDATASIZE};
    code.ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .ops(&[RETURNDATASIZE, PUSH0])
}

/// Calls the account in the first word with the rest, statically, and returns whether that succeeded, a word, and what
/// came back.
pub(super) fn statically() -> Vec<u8> {
    use op::{
        ADD, CALLDATACOPY, CALLDATALOAD, CALLDATASIZE, GAS, MSTORE, PUSH0, RETURN, RETURNDATACOPY,
        RETURNDATASIZE, STATICCALL, SUB,
    };
    Assembly::default()
        .push(&[32])
        .ops(&[CALLDATASIZE, SUB])
        .push(&[32])
        .ops(&[PUSH0, CALLDATACOPY, PUSH0, PUSH0])
        .push(&[32])
        .ops(&[
            CALLDATASIZE,
            SUB,
            PUSH0,
            PUSH0,
            CALLDATALOAD,
            GAS,
            STATICCALL,
        ])
        .ops(&[PUSH0, MSTORE, RETURNDATASIZE, PUSH0])
        .push(&[32])
        .ops(&[RETURNDATACOPY])
        .push(&[32])
        .ops(&[RETURNDATASIZE, ADD, PUSH0, RETURN])
        .code()
}

/// Returns who called, the value, and the calldata.
pub(super) fn echo() -> Vec<u8> {
    echoing(op::RETURN)
}

/// Reverts with who called, the value, and the calldata.
pub(super) fn refusing() -> Vec<u8> {
    echoing(op::REVERT)
}

fn echoing(end: u8) -> Vec<u8> {
    use op::{ADD, CALLDATACOPY, CALLDATASIZE, CALLER, CALLVALUE, MSTORE, PUSH0};
    Assembly::default()
        .ops(&[CALLER, PUSH0, MSTORE, CALLVALUE])
        .push(&[32])
        .ops(&[MSTORE, CALLDATASIZE, PUSH0])
        .push(&[64])
        .ops(&[CALLDATACOPY, CALLDATASIZE])
        .push(&[64])
        .ops(&[ADD, PUSH0, end])
        .code()
}

/// Destroys itself.
pub(super) fn destroying() -> Vec<u8> {
    Assembly::default()
        .ops(&[op::CALLER, op::SELFDESTRUCT])
        .code()
}

/// Writes a slot.
pub(super) fn writing() -> Vec<u8> {
    Assembly::default()
        .ops(&[op::CALLER, op::PUSH0, op::SSTORE])
        .code()
}
