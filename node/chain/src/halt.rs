//! The ends of executions in geth's words.

use alloy_sol_types::{Panic, Revert, SolError};
use revm::{
    bytecode::opcode::{self, OpCode},
    context::result::{HaltReason, OutOfGasError},
    interpreter::{
        InstructionResult, Interpreter,
        interpreter::EthInterpreter,
        interpreter_types::{Jumps, LegacyBytecode},
    },
    precompile::PrecompileHalt,
};
use std::borrow::Cow;

/// The words of geth for a program whose stack budget ran out.
pub(crate) const OUT_OF_STACK: &str = "max call depth exceeded";

/// The words of geth for a creation that cannot pay for its code.
pub(crate) const CODE_STORAGE: &str = "contract creation code storage out of gas";

/// Opcodes of EOF, which is switched on nowhere.
const EOF_OPCODES: [(u8, &str); 19] = [
    (0xd0, "DATALOAD"),
    (0xd1, "DATALOADN"),
    (0xd2, "DATASIZE"),
    (0xd3, "DATACOPY"),
    (0xe0, "RJUMP"),
    (0xe1, "RJUMPI"),
    (0xe2, "RJUMPV"),
    (0xe3, "CALLF"),
    (0xe4, "RETF"),
    (0xe5, "JUMPF"),
    (0xe6, "DUPN"),
    (0xe7, "SWAPN"),
    (0xe8, "EXCHANGE"),
    (0xec, "EOFCREATE"),
    (0xee, "RETURNCONTRACT"),
    (0xf7, "RETURNDATALOAD"),
    (0xf8, "EXTCALL"),
    (0xf9, "EXTDELEGATECALL"),
    (0xfb, "EXTSTATICCALL"),
];

/// Words an opcode can find at most on the stack.
const STACK: usize = 1_024;

/// Returns geth's words for an opcode that ended its frame, where they depend on the opcode.
pub(crate) fn opcode_text(
    interpreter: &Interpreter<EthInterpreter>,
    end: InstructionResult,
) -> Option<String> {
    use InstructionResult as I;
    if !matches!(
        end,
        I::OpcodeNotFound
            | I::NotActivated
            | I::InvalidFEOpcode
            | I::StackUnderflow
            | I::StackOverflow
    ) {
        return None;
    }
    // The counter stands behind the opcode already.
    let at = interpreter.bytecode.pc().checked_sub(1)?;
    let byte = *interpreter.bytecode.bytecode_slice().get(at)?;
    let (known, depth) = (OpCode::new(byte), interpreter.stack.len());
    Some(match (end, known) {
        // revm says overflow where a DUP lacks its word, too.
        (I::StackUnderflow | I::StackOverflow, Some(code))
            if depth < usize::from(code.inputs()) =>
        {
            let before = depth + popped_before(code, depth);
            format!("stack underflow ({before} <=> {})", code.inputs())
        }
        (I::StackOverflow, Some(code)) => {
            let limit = STACK + usize::from(code.inputs()) - usize::from(code.outputs());
            format!("stack limit reached {depth} ({limit})")
        }
        _ if byte == opcode::BLOBBASEFEE => "BLOBBASEFEE is not supported on Arbitrum".into(),
        _ => format!("invalid opcode: {}", opcode_name(byte)),
    })
}

/// Words that a call takes from the stack before it lacks others: revm takes them in two parts, geth counts all first.
/// With fewer than the first part the two cannot be told apart, and none counts.
fn popped_before(code: OpCode, depth: usize) -> usize {
    let first = match code.get() {
        opcode::CALL | opcode::CALLCODE => 3,
        opcode::DELEGATECALL | opcode::STATICCALL => 2,
        _ => 0,
    };
    if depth >= first { first } else { 0 }
}

/// An opcode's name in geth, which knows those of EOF without running them.
pub(crate) fn opcode_name(byte: u8) -> Cow<'static, str> {
    let named = EOF_OPCODES.iter().find(|(opcode, _)| *opcode == byte);
    match (named, OpCode::new(byte)) {
        (Some((_, name)), _) => Cow::from(*name),
        (None, Some(code)) if byte != opcode::SLOTNUM => Cow::from(code.as_str()),
        (None, _) => Cow::from(format!("opcode {byte:#x} not defined")),
    }
}

/// geth's words for what one of Ethereum's precompiles refuses.
pub(crate) fn precompile_text(halt: &PrecompileHalt) -> String {
    use PrecompileHalt as P;
    match halt {
        P::Blake2WrongLength
        | P::BlobInvalidInputLength
        | P::Bls12381ScalarInputLength
        | P::Bls12381G1AddInputLength
        | P::Bls12381G1MsmInputLength
        | P::Bls12381G2AddInputLength
        | P::Bls12381G2MsmInputLength
        | P::Bls12381PairingInputLength
        | P::Bls12381MapFpToG1InputLength
        | P::Bls12381MapFp2ToG2InputLength
        | P::KzgInvalidInputLength => "invalid input length".into(),
        P::Blake2WrongFinalIndicatorFlag => "invalid final flag".into(),
        P::Bn254PairLength => "bad elliptic curve pairing size".into(),
        P::Bn254AffineGFailedToCreate => "point is not on curve".into(),
        P::Bn254FieldPointNotAMember | P::NonCanonicalFp => "invalid fp.Element encoding".into(),
        P::ModexpEip7823LimitSize => {
            "one or more of base/exponent/modulus length exceeded 1024 bytes".into()
        }
        P::BlobMismatchedVersion => "mismatched versioned hash".into(),
        P::BlobVerifyKzgProofFailed => "error verifying kzg proof".into(),
        P::Bls12381FpPaddingInvalid => "invalid field element top bytes".into(),
        P::Bls12381G1NotOnCurve | P::Bls12381G2NotOnCurve => "invalid point: not on curve".into(),
        P::Bls12381G1NotInSubgroup => "g1 point is not on correct subgroup".into(),
        P::Bls12381G2NotInSubgroup => "g2 point is not on correct subgroup".into(),
        other => other.to_string(),
    }
}

/// The reason in Solidity's `Error(string)` or `Panic(uint256)`, in geth's words; `None` for other data.
pub fn revert_reason(data: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    let code = Panic::abi_decode(data).ok()?.code;
    Some(match u8::try_from(code).unwrap_or(u8::MAX) {
        0x00 => "generic panic".into(),
        0x01 => "assert(false)".into(),
        0x11 => "arithmetic underflow or overflow".into(),
        0x12 => "division or modulo by zero".into(),
        0x21 => "enum overflow".into(),
        0x22 => "invalid encoded storage byte array accessed".into(),
        0x31 => "out-of-bounds array access; popping on an empty array".into(),
        0x32 => "out-of-bounds access of an array or bytesN".into(),
        0x41 => "out of memory".into(),
        0x51 => "uninitialized function".into(),
        _ => format!("unknown panic code: {code:#x}"),
    })
}

/// geth's words for the end of an execution.
pub(crate) fn halt_text(reason: &HaltReason, failure: Option<String>) -> String {
    match reason {
        HaltReason::OutOfGas(
            OutOfGasError::Basic
            | OutOfGasError::Memory
            | OutOfGasError::MemoryLimit
            | OutOfGasError::Precompile
            | OutOfGasError::InvalidOperand,
        ) => failure
            .filter(|text| text == CODE_STORAGE)
            .unwrap_or_else(|| "out of gas".into()),
        HaltReason::OutOfGas(OutOfGasError::ReentrancySentry) => {
            "out of gas: not enough gas for reentrancy sentry".into()
        }
        HaltReason::NotActivated | HaltReason::PrecompileError => {
            failure.unwrap_or_else(|| reason.to_string())
        }
        HaltReason::PrecompileErrorWithContext(text) => text.clone(),
        HaltReason::StackOverflow => failure.unwrap_or_else(|| "stack limit reached".into()),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => {
            failure.unwrap_or_else(|| "invalid opcode".into())
        }
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::StackUnderflow => failure.unwrap_or_else(|| "stack underflow".into()),
        HaltReason::OutOfFunds | HaltReason::OverflowPayment => {
            "insufficient balance for transfer".into()
        }
        HaltReason::OutOfOffset => "return data out of bounds".into(),
        HaltReason::CreateCollision => "contract address collision".into(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "write protection".into()
        }
        HaltReason::CallTooDeep => "max call depth exceeded".into(),
        other => format!("{other:?}"),
    }
}
