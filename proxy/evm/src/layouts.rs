//! The layouts contract: the log keeps the documents, its storage where they lie.

use crate::assembly::{Assembly, op};
use crate::forward::{answered, arguments, refused};
use alloy_primitives::Bytes;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use stylus_upgrades_interface::chain::{ARB_SYS, IArbSys::arbBlockNumberCall};
use stylus_upgrades_interface::layouts::ILayouts::{
    InvalidLayout, LayoutPublished, layoutAtCall, publishLayoutCall,
};
use stylus_upgrades_interface::limits::LAYOUT_MAX;

/// The code of the layouts contract; see [`stylus_upgrades_interface::layouts`]. Its slot that is the hash of a document
/// holds the block of the document's event.
pub fn layouts_code() -> Bytes {
    use op::{CALLDATALOAD, CALLVALUE, DUP1, EQ, PUSH0, SHR};
    let code = Assembly::long()
        .ops(&[CALLVALUE])
        .jump_if("refused")
        .ops(&[PUSH0, CALLDATALOAD])
        .push(&[0xe0])
        .ops(&[SHR, DUP1])
        .push(&publishLayoutCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("publishLayout")
        .push(&layoutAtCall::SELECTOR)
        .ops(&[EQ])
        .jump_if("layoutAt");
    let code = layout_at(refused(code).label("layoutAt"));
    invalid_layout(publish_layout(code.label("publishLayout")))
        .code()
        .into()
}

/// `layoutAt(bytes32)`.
fn layout_at(code: Assembly) -> Assembly {
    use op::{CALLDATALOAD, SLOAD};
    let code = arguments(code, 1).push(&[4]).ops(&[CALLDATALOAD, SLOAD]);
    answered(code)
}

/// `publishLayout(bytes)`. In memory lies what the event carries: 32, the document's size, the document, and zeros up to a
/// whole word.
fn publish_layout(code: Assembly) -> Assembly {
    use op::{
        ADD, AND, CALLDATACOPY, CALLDATALOAD, CALLDATASIZE, DUP1, DUP2, DUP3, DUP6, GAS, GT,
        ISZERO, KECCAK256, LOG2, LT, MLOAD, MSTORE, MUL, NOT, PUSH0, SHL, SHR, SLOAD, SSTORE,
        STATICCALL, SUB, SWAP1,
    };
    let longest = (LAYOUT_MAX as u16 - 1).to_be_bytes();
    let code = arguments(code, 1)
        // where the size stands: after the selector, at the offset that the argument names
        .push(&[4])
        .ops(&[CALLDATALOAD, DUP1])
        .push(&[64])
        .ops(&[SHR])
        .jump_if("refused")
        .push(&[4])
        .ops(&[ADD, DUP1, CALLDATALOAD])
        // size - 1 of an empty document is the largest number
        .push(&longest)
        .push(&[1])
        .ops(&[DUP3, SUB, GT])
        .jump_if("invalid")
        // the document, whole
        .ops(&[SWAP1])
        .push(&[32])
        .ops(&[ADD, DUP2, DUP2, ADD, CALLDATASIZE, LT])
        .jump_if("refused")
        .ops(&[DUP2, SWAP1])
        .push(&[64])
        .ops(&[CALLDATACOPY, DUP1])
        .push(&[64])
        .ops(&[KECCAK256, DUP1, SLOAD])
        .jump_if("published")
        // the block, which is none where nothing answers
        .push(&arbBlockNumberCall::SELECTOR)
        .push(&[0xe0])
        .ops(&[SHL, PUSH0, MSTORE])
        .push(&[32])
        .ops(&[DUP1])
        .push(&[4])
        .ops(&[PUSH0])
        .push(&ARB_SYS[19..])
        .ops(&[GAS, STATICCALL])
        .push(&[32])
        .ops(&[MLOAD, MUL, DUP1, ISZERO])
        .jump_if("refused")
        .ops(&[DUP2, SSTORE])
        // the event
        .push(&[32])
        .ops(&[PUSH0, MSTORE, DUP2])
        .push(&[32])
        .ops(&[MSTORE, DUP1])
        .push(LayoutPublished::SIGNATURE_HASH.as_slice())
        .push(&[31])
        .ops(&[NOT])
        .push(&[64 + 31])
        .ops(&[DUP6, ADD, AND, PUSH0, LOG2])
        .label("published");
    answered(code)
}

/// Reverts `InvalidLayout(size)` with the size on top of the stack.
fn invalid_layout(code: Assembly) -> Assembly {
    use op::{MSTORE, PUSH0, REVERT, SHL};
    code.label("invalid")
        .push(&InvalidLayout::SELECTOR)
        .push(&[0xe0])
        .ops(&[SHL, PUSH0, MSTORE])
        .push(&[4])
        .ops(&[MSTORE])
        .push(&[36])
        .ops(&[PUSH0, REVERT])
}
