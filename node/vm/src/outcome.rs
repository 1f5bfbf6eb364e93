//! Ends of a run.

use alloy_primitives::{B256, Bytes};

use crate::{HostioRecord, Request};

/// The next event of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It waits for an answer of the chain.
    Request(Request),
    /// It is over.
    Done(Outcome),
}

/// Kinds of end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Status 0: output is the last written result, unspent gas is kept.
    #[default]
    Success,
    /// Another status: output is the last written result, unspent gas is kept.
    Revert,
    /// A trap or a failing host function: no output, unspent gas is kept; the EVM sees a revert.
    Failure,
    /// Ink ran out: no output, no gas left.
    OutOfInk,
    /// The stack budget ran out: no output, all gas is taken.
    OutOfStack,
    /// It has ink left, but used between two requests all that it may ([`crate::Run::ration`]): it has no result.
    TooLong,
}

/// A basic block: the operators up to the next label, branch or call. It runs as a whole, but for a trap in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicBlock {
    /// Index of its function, imports counted first.
    pub function: u32,
    /// The place where it begins, in bytes from the beginning of the module that was activated.
    pub offset: u64,
    /// The number of its runs.
    pub runs: u64,
}

/// The end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Kind of end.
    pub kind: OutcomeKind,
    /// The status that the entry point returned or `exit_early` gave; `None` after any other end.
    pub status: Option<u32>,
    /// Output of the program; empty unless `kind` is success or revert.
    pub output: Bytes,
    /// Ink left.
    pub ink_left: u64,
    /// Gas left: `ink_left / ink_price`, rounded down.
    pub gas_left: u64,
    /// The ink counter's own value at the end, before anything is taken.
    pub raw_ink: u64,
    /// Stack budget left, in words.
    pub stack_words_left: u32,
    /// The reason of a failure.
    pub error: Option<crate::Failure>,
    /// Completed host functions; empty unless the context requested a trace.
    pub trace: Vec<HostioRecord>,
    /// True if the trace was cut because it became too long.
    pub trace_cut: bool,
    /// The hashes that the program asked for, with their inputs; empty unless the context records them.
    pub preimages: Vec<(B256, Bytes)>,
    /// The number of runs of each basic block, in the module's order; empty unless the program counts
    /// ([`crate::activate_counting`]).
    pub blocks: Vec<BasicBlock>,
    /// Lines written through `console` imports (debug chains only).
    pub console: Vec<String>,
}
