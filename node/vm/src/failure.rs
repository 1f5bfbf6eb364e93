//! Reasons why a run fails.

use thiserror::Error;

/// A trap of the machine or a failing host function.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// `unreachable` was executed (Rust panics end here).
    #[error("the program executed `unreachable`, as a Rust panic does")]
    Unreachable,
    /// A load, store, fill or copy outside linear memory.
    #[error("the program accessed memory out of bounds")]
    MemoryOutOfBounds,
    /// A pointer or length given to a host function lies outside linear memory.
    #[error(
        "host function `{hook}` got bytes {offset}..{end} of a memory of {size}, expected them inside"
    )]
    HostMemoryOutOfBounds {
        /// Host function.
        hook: &'static str,
        /// First byte.
        offset: u64,
        /// One past the last byte.
        end: u64,
        /// Size of the memory in bytes.
        size: u64,
    },
    /// Integer division by zero.
    #[error("the program divided an integer by zero")]
    DivisionByZero,
    /// Signed division overflow.
    #[error("the program overflowed an integer division")]
    IntegerOverflow,
    /// `call_indirect` of a function with another signature.
    #[error("an indirect call met a function of another signature")]
    IndirectSignature,
    /// `call_indirect` outside the table.
    #[error("an indirect call went outside the table")]
    TableOutOfBounds,
    /// `call_indirect` of an empty table entry.
    #[error("an indirect call met an empty table entry")]
    IndirectNull,
    /// A write in a static frame.
    #[error("host function `{hook}` writes, but the frame is static")]
    WriteProtection {
        /// Host function.
        hook: &'static str,
    },
    /// More than four topics, or fewer bytes than topics need.
    #[error("emit_log got {topics} topics in {len} bytes, expected at most 4 topics of 32 bytes")]
    BadLog {
        /// Topics requested.
        topics: u32,
        /// Bytes given.
        len: u32,
    },
    /// A create without the gas for its base cost.
    #[error("host function `{hook}` was refused: not enough gas for the creation's base cost")]
    CreateOutOfGas {
        /// Host function.
        hook: &'static str,
    },
    /// A storage flush ran out of gas before ArbOS 50.
    #[error("the storage flush ran out of gas (a failure before ArbOS 50)")]
    FlushOutOfGas,
    /// Any other trap of the engine.
    #[error("the engine trapped: {0}")]
    Trap(String),
    /// A panic: a bug here, not in the program. All gas is taken.
    #[error("the Stylus machine panicked, which is its bug and not the program's: {0}")]
    Internal(String),
    /// The chain answered a request with a reply of the wrong kind.
    #[error("host function `{hook}` expected an answer of kind {expected}, found {found}")]
    WrongAnswer {
        /// Host function.
        hook: &'static str,
        /// Kind of reply that fits.
        expected: &'static str,
        /// The outcome.
        found: String,
    },
    /// The embedder resumed the run out of turn.
    #[error("the run was resumed out of turn: give no answer first, then one answer per request")]
    OutOfOrder,
}
