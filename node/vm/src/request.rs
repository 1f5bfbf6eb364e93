//! Requests of a program to the chain, and the chain's answers.
//!
//! The chain works out everything on the EVM's side (cold and warm access, the 63/64 rule,
//! storage prices, the page model); the program pays the answer's `gas_cost`.

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::Slot;

/// The three kinds of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// CALL.
    Call,
    /// DELEGATECALL.
    Delegate,
    /// STATICCALL.
    Static,
}

/// A call that a program makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// The kind of the call.
    pub kind: CallKind,
    /// Contract to call.
    pub to: Address,
    /// Calldata.
    pub data: Bytes,
    /// Value in wei; zero unless `kind` is [`CallKind::Call`].
    pub value: U256,
    /// Gas the program has.
    pub gas_left: u64,
    /// Gas the program wants to pass on, at most `gas_left`.
    pub gas_requested: u64,
}

/// One question to the chain. A reply of another kind than named ends the frame as a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Reads a storage word of the acting address → [`Reply::Word`].
    GetBytes32 {
        /// Slot.
        key: B256,
    },
    /// Writes dirty slots, in key order → [`Reply::Done`], or [`Refusal::OutOfGas`] with all of
    /// `gas_left` as cost when the budget is used up (exactly used up counts as used up: the
    /// budget already carries one gas more than the program has), or [`Refusal::WriteProtection`].
    SetTrieSlots {
        /// Slots and new values.
        slots: Vec<Slot>,
        /// Budget of the batch: gas left plus one.
        gas_left: u64,
    },
    /// Reads a transient word → [`Reply::Word`], cost 0 (the program has paid 100 gas).
    TransientLoad {
        /// Slot.
        key: B256,
    },
    /// Writes a transient word → [`Reply::Done`] or [`Refusal::WriteProtection`], cost 0.
    TransientStore {
        /// Slot.
        key: B256,
        /// New value.
        value: B256,
    },
    /// Calls a contract → [`Reply::Called`].
    Call(CallRequest),
    /// Creates a contract → [`Reply::Created`], or a refusal, which ends the program as a failure.
    Create {
        /// Init code.
        code: Bytes,
        /// Value in wei.
        endowment: U256,
        /// Salt of CREATE2; `None` is CREATE.
        salt: Option<B256>,
        /// Gas the program has.
        gas_left: u64,
    },
    /// Emits a log → [`Reply::Done`] or [`Refusal::WriteProtection`], cost 0 (paid already).
    EmitLog {
        /// Up to four topics.
        topics: Vec<B256>,
        /// Data after the topics.
        data: Bytes,
    },
    /// Reads a balance → [`Reply::Word`] (big-endian).
    AccountBalance {
        /// Account.
        address: Address,
    },
    /// Reads an account's code → [`Reply::Bytes`]. When `gas_left` is less than the cost, leave
    /// the data empty and answer the cost all the same.
    AccountCode {
        /// Account.
        address: Address,
        /// Gas the program has.
        gas_left: u64,
    },
    /// Reads a code hash → [`Reply::Word`]; zero for an account that does not exist.
    AccountCodeHash {
        /// Account.
        address: Address,
    },
    /// Opens memory pages → [`Reply::Done`]; the cost is the page model's (see [`crate::pages`]).
    AddPages {
        /// Pages to open, at least 1.
        pages: u16,
    },
}

/// The chain's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Gas the program pays.
    pub gas_cost: u64,
    /// The outcome of the request.
    pub reply: Reply,
}

impl Answer {
    /// An answer of `reply` at `gas_cost` gas.
    pub fn new(gas_cost: u64, reply: Reply) -> Self {
        Self { gas_cost, reply }
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Done, without a value.
    Done,
    /// A 32-byte word, big-endian.
    Word(B256),
    /// An account's code.
    Bytes(Bytes),
    /// A call came back.
    Called {
        /// False for every error: the program sees status 2.
        success: bool,
        /// Return or revert data; empty on other errors.
        data: Bytes,
    },
    /// A create came back.
    Created {
        /// The new contract, zero when creation failed.
        address: Address,
        /// Revert data of the init code, else empty.
        data: Bytes,
    },
    /// The chain refused.
    Refused(Refusal),
}

/// The reason why the chain refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A write in a static frame.
    WriteProtection,
    /// Not enough gas for the request.
    OutOfGas,
}
