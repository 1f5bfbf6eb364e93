//! Frames that call another account and end with exactly what came back.

use crate::assembly::{Assembly, op};

/// Delegatecalls the account on top of the stack with all the gas. Of the call's other arguments memory and sizes lie
/// below it.
pub(crate) fn delegated(code: Assembly) -> Assembly {
    ended(code.ops(&[op::GAS, op::DELEGATECALL]))
}

/// Calls the account on top of the stack with all the gas, the value, and the calldata after their first word.
pub(crate) fn ordered(code: Assembly) -> Assembly {
    use op::{CALL, CALLDATACOPY, CALLDATASIZE, CALLVALUE, DUP1, DUP3, DUP7, GAS, PUSH0, SUB};
    let code = code
        .push(&[32])
        .ops(&[CALLDATASIZE, SUB, DUP1])
        .push(&[32])
        .ops(&[PUSH0, CALLDATACOPY])
        .ops(&[PUSH0, PUSH0, DUP3, PUSH0, CALLVALUE, DUP7, GAS, CALL]);
    ended(code)
}

/// Ends with what came back from a call; whether it succeeded is on top of the stack.
fn ended(code: Assembly) -> Assembly {
    use op::{PUSH0, RETURN, RETURNDATACOPY, RETURNDATASIZE, REVERT};
    code.ops(&[RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
        .jump_if("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, REVERT])
        .label("succeeded")
        .ops(&[RETURNDATASIZE, PUSH0, RETURN])
}

/// The target of every jump to `refused`: it reverts without data.
pub(crate) fn refused(code: Assembly) -> Assembly {
    use op::{PUSH0, REVERT};
    code.label("refused").ops(&[PUSH0, PUSH0, REVERT])
}

/// Refuses calldata that are shorter than a selector and so many words.
pub(crate) fn arguments(code: Assembly, words: u8) -> Assembly {
    at_least(code, 4 + 32 * words)
}

/// Refuses calldata of fewer bytes.
pub(crate) fn at_least(code: Assembly, bytes: u8) -> Assembly {
    code.push(&[bytes])
        .ops(&[op::CALLDATASIZE, op::LT])
        .jump_if("refused")
}

/// Returns the word on top of the stack.
pub(crate) fn answered(code: Assembly) -> Assembly {
    use op::{MSTORE, PUSH0, RETURN};
    code.ops(&[PUSH0, MSTORE]).push(&[32]).ops(&[PUSH0, RETURN])
}
