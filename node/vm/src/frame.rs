//! Data that a frame carries besides the engine's machine.

use alloy_primitives::{Address, B256, Bytes};

use crate::signature::Hook;
use crate::storage_cache::StorageCache;
use crate::units::{Gas, Ink};
use crate::{CallContext, Failure, HostioRecord, Request};

/// Most bytes of a frame's trace; beyond them nothing is recorded.
pub(crate) const TRACE_BYTES: usize = 64 << 20;
/// Bytes of a record besides its arguments and results.
pub(crate) const RECORD_BYTES: usize = 64;

/// State of one frame, for host functions.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) ctx: CallContext,
    pub(crate) stylus_version: u16,
    /// The last written result.
    pub(crate) output: Bytes,
    /// Return data of the last call or creation.
    pub(crate) return_data: Bytes,
    pub(crate) storage: StorageCache,
    /// The last code read, by address.
    pub(crate) last_code: Option<(Address, Bytes)>,
    pub(crate) trace: Vec<HostioRecord>,
    /// Bytes of the trace so far.
    pub(crate) traced: usize,
    /// Bytes that went in and out of the host function that runs, for its record.
    pub(crate) noted: Noted,
    /// The hashes that the program asked for, with their inputs, if they are recorded.
    pub(crate) preimages: Vec<(B256, Bytes)>,
    pub(crate) console: Vec<String>,
    /// Set by a host function that suspended the machine.
    pub(crate) interrupt: Option<Interrupt>,
}

/// Bytes for a record.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) args: Vec<u8>,
    pub(crate) outs: Vec<u8>,
}

/// The reason why a host function suspended the machine.
#[derive(Debug)]
pub(crate) enum Interrupt {
    /// To ask the chain.
    Request(Request, SuspendedCall),
    /// To leave for good.
    Leaving(Escape),
}

/// A host function that waits for the chain.
#[derive(Debug)]
pub(crate) struct SuspendedCall {
    pub(crate) hook: Hook,
    pub(crate) pending: Pending,
    pub(crate) ink_before: Ink,
}

/// The way in which a host function leaves the program for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// Ink ran out.
    OutOfInk,
    /// `exit_early` with a status.
    Exit(u32),
    /// The frame fails.
    Failed(Failure),
}

/// Values that a host function needs after the chain has answered. Pointers are the guest's.
#[derive(Clone, Debug)]
pub(crate) enum Pending {
    StorageLoad {
        key: B256,
        dest: u32,
        surcharge: Gas,
    },
    StorageFlush,
    Call {
        return_len: u32,
    },
    Create {
        address: u32,
        revert_len: u32,
    },
    Code {
        address: Address,
        slice: Option<CodeSlice>,
    },
    /// A word goes into the guest's memory.
    Word {
        dest: u32,
    },
    /// The answer has no value.
    Done,
}

/// The part of an account's code to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeSlice {
    pub(crate) offset: u32,
    pub(crate) size: u32,
    pub(crate) dest: u32,
}

impl Frame {
    pub(crate) fn new(ctx: CallContext, stylus_version: u16) -> Self {
        Self {
            ctx,
            stylus_version,
            output: Bytes::new(),
            return_data: Bytes::new(),
            storage: StorageCache::default(),
            last_code: None,
            trace: Vec::new(),
            traced: 0,
            noted: Noted::default(),
            preimages: Vec::new(),
            console: Vec::new(),
            interrupt: None,
        }
    }

    pub(crate) fn gas_to_ink(&self, gas: Gas) -> Ink {
        gas.to_ink(self.ctx.ink_price)
    }

    pub(crate) fn ink_to_gas(&self, ink: Ink) -> Gas {
        ink.to_gas(self.ctx.ink_price)
    }

    /// Notes a completed host function.
    pub(crate) fn record(&mut self, hook: Hook, ink_before: Ink, ink_after: Ink) {
        if self.ctx.trace && self.traced <= TRACE_BYTES {
            let Noted { args, outs } = std::mem::take(&mut self.noted);
            self.traced += RECORD_BYTES + args.len() + outs.len();
            self.trace.push(HostioRecord {
                name: hook.name(),
                args: args.into(),
                outs: outs.into(),
                ink_before: ink_before.0,
                ink_after: ink_after.0,
            });
        }
    }
}
