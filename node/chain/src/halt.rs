//! The ends of executions in geth's words.

use revm::context::result::{HaltReason, OutOfGasError};

/// What geth says to a program whose stack budget ran out.
pub(crate) const OUT_OF_STACK: &str = "max call depth exceeded";

/// geth's words for the end of an execution.
pub(crate) fn halt_text(reason: &HaltReason, failure: Option<String>) -> String {
    match reason {
        HaltReason::OutOfGas(
            OutOfGasError::Basic
            | OutOfGasError::Memory
            | OutOfGasError::MemoryLimit
            | OutOfGasError::Precompile
            | OutOfGasError::InvalidOperand
            | OutOfGasError::ReentrancySentry,
        ) => "out of gas".into(),
        HaltReason::NotActivated | HaltReason::PrecompileError => {
            failure.unwrap_or_else(|| reason.to_string())
        }
        HaltReason::PrecompileErrorWithContext(text) => text.clone(),
        HaltReason::StackOverflow => failure
            .filter(|text| text == OUT_OF_STACK)
            .unwrap_or_else(|| "stack limit reached".into()),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".into(),
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::StackUnderflow => "stack underflow".into(),
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
