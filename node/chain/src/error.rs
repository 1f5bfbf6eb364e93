//! Errors of the chain.

use crate::{
    bounds::{MAX_BYTES, MAX_FRAMES},
    config::ARBOS_VERSIONS,
};
use alloy_primitives::{Address, B256};
use std::time::Duration;

/// The reason why a request to the chain failed. Reverts and halts of executed calls are not errors: they
/// are in [`crate::CallOutcome`] and [`crate::Receipt`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChainError {
    /// The block is not known.
    #[error(
        "block {0} is not known: expected a block between the first and the latest one; ask for `latest`"
    )]
    UnknownBlock(String),
    /// The state after a block is not known any more.
    #[error("the state after block {0} is not in the loaded dump: ask for a later block")]
    UnknownState(u64),
    /// The block has no such transaction.
    #[error("block {block} has no transaction {transaction}")]
    BadIndex {
        /// The block's number.
        block: u64,
        /// Index of the transaction.
        transaction: usize,
    },
    /// The transaction is not known.
    #[error("transaction {0} is not known: it was never mined here, or a revert removed it")]
    UnknownTransaction(B256),
    /// The transaction cannot be included.
    #[error("transaction rejected: {0}")]
    Rejected(#[from] RejectReason),
    /// `estimate_gas`: the call reverts with any amount of gas.
    #[error("execution reverted")]
    Reverted {
        /// Revert data.
        output: alloy_primitives::Bytes,
        /// The reason why a precompile refused without data, if that was the last call.
        refusal: Option<String>,
    },
    /// `estimate_gas`: the call needs more gas than it may have.
    #[error("gas required exceeds allowance ({0})")]
    GasAllowance(u64),
    /// `estimate_gas`: the call fails otherwise with any amount of gas.
    #[error("execution failed: {0}")]
    Halted(crate::Halt),
    /// The sender is not impersonated.
    #[error("no key for {0}: impersonate the account first, or sign the transaction")]
    NotImpersonated(Address),
    /// A timestamp before that of the latest block.
    #[error("timestamp {found} lies before the latest block's {latest}: choose a later one")]
    TimestampTooLow {
        /// The requested value.
        found: u64,
        /// The latest block's.
        latest: u64,
    },
    /// A block would have a time that no chain reaches.
    #[error(
        "the next block would be of second {0}, after the year 9999: set the clock back (evm_setTime), or choose a \
         shorter interval (evm_setBlockTimestampInterval)"
    )]
    TimestampTooHigh(u64),
    /// A saved state could not be read.
    #[error("saved state: {0}")]
    BadState(String),
    /// Blocks to simulate that cannot follow each other, are too many, or cannot have one of their calls.
    #[error(transparent)]
    BadSimulation(#[from] SimulationFault),
    /// The block that this chain continues from could not be read.
    #[error("the source chain could not be read: {0}")]
    Source(String),
    /// The block to continue from has no ArbOS, or one whose rules are not known.
    #[error(
        "the source chain has ArbOS version {version}: expected one of {:?}",
        ARBOS_VERSIONS
    )]
    NotArbitrum {
        /// The version that its state holds, 0 without ArbOS.
        version: u64,
    },
    /// Accounts that cannot be overridden so.
    #[error("{0}")]
    BadOverride(String),
    /// A recording reached a bound.
    #[error("the trace has {0}: trace a part of the call, or with less gas")]
    TraceLimit(#[from] TraceLimit),
    /// The results of one request take too much memory.
    #[error(
        "the results of this request have more than {} MiB: ask for less at once",
        MAX_BYTES >> 20
    )]
    TooLarge,
    /// It took longer than its budget, or nobody waits for it any more.
    #[error("the execution was interrupted: it took too long, or nobody waits for it any more")]
    Interrupted,
    /// A transaction took longer than its [`crate::Execution`] allows.
    #[error(
        "the transaction takes more than the {} seconds that one may execute: give it less to do, or less gas",
        .0.as_secs_f64()
    )]
    TooLong(Duration),
    /// Not built.
    #[error("{0} is not supported by this chain")]
    NotSupported(&'static str),
    /// An error inside the chain itself.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ChainError {
    /// Returns true if something could not be read from the source.
    pub(crate) fn is_unread(&self) -> bool {
        matches!(self, Self::Source(_) | Self::Interrupted)
    }
}

/// The reason why blocks are not simulated, in geth's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationFault {
    /// The number of a block is not above the one before it.
    #[error("block numbers must be in order: {found} <= {latest}")]
    Number {
        /// The requested value.
        found: u64,
        /// The value of the block before it.
        latest: u64,
    },
    /// The unix seconds of a block are not above those of the one before it.
    #[error("block timestamps must be in order: {found} <= {latest}")]
    Time {
        /// The requested value.
        found: u64,
        /// The value of the block before it.
        latest: u64,
    },
    /// More blocks than are simulated at once, those between skipped numbers counted.
    #[error("too many blocks")]
    TooMany,
    /// A block has less gas left than a call asks for.
    #[error("block gas limit reached: {asked} >= {left}")]
    BlockGas {
        /// Gas of the call.
        asked: u64,
        /// Gas that is left.
        left: u64,
    },
    /// No block could take a call.
    #[error("err: {reason} (supplied gas {gas})")]
    Call {
        /// The reason.
        reason: RejectReason,
        /// Gas that it had.
        gas: u64,
    },
}

/// The bound that a recording reached; execution ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceLimit {
    /// Too many frames.
    #[error("more than {MAX_FRAMES} frames")]
    Frames,
    /// Too many bytes.
    #[error("more than {} MiB", MAX_BYTES >> 20)]
    Bytes,
    /// The end of the request's [`crate::Budget`].
    #[error("the time of the request")]
    Budget,
}

/// Only saved states are JSON.
impl From<serde_json::Error> for ChainError {
    fn from(error: serde_json::Error) -> Self {
        Self::BadState(error.to_string())
    }
}

/// The reason why a transaction cannot be included in a block. The texts contain geth's well-known words,
/// because clients match on them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Signature does not recover.
    #[error("invalid transaction v, r, s values")]
    BadSignature,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {found} want {expected}")]
    ChainId {
        /// This chain's id.
        expected: u64,
        /// The transaction's id.
        found: u64,
    },
    /// Nonce already used.
    #[error("nonce too low: address {address}, tx: {found} state: {expected}")]
    NonceTooLow {
        /// Sender.
        address: Address,
        /// The account's nonce.
        expected: u64,
        /// The transaction's nonce.
        found: u64,
    },
    /// Nonce ahead of the account's (only where a gap cannot be queued).
    #[error("nonce too high: address {address}, tx: {found} state: {expected}")]
    NonceTooHigh {
        /// Sender.
        address: Address,
        /// The account's nonce.
        expected: u64,
        /// The transaction's nonce.
        found: u64,
    },
    /// The nonce after which there is no other one (EIP-2681).
    #[error("nonce has max value: address {0}, nonce: {last}", last = u64::MAX)]
    NonceMax(Address),
    /// Balance does not cover value and gas.
    #[error(
        "insufficient funds for gas * price + value: address {address} have {have} want {want}"
    )]
    Funds {
        /// Sender.
        address: Address,
        /// Its balance in wei.
        have: alloy_primitives::U256,
        /// The highest cost of the transaction in wei.
        want: alloy_primitives::U256,
    },
    /// Fee cap below the base fee.
    #[error(
        "max fee per gas less than block base fee: address {address}, maxFeePerGas: {cap}, baseFee: {base_fee}"
    )]
    FeeTooLow {
        /// Sender.
        address: Address,
        /// The transaction's cap in wei.
        cap: u128,
        /// The block's base fee in wei.
        base_fee: u64,
    },
    /// Tip above the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
    )]
    TipAboveFee {
        /// Sender.
        address: Address,
        /// The transaction's tip in wei.
        tip: u128,
        /// Its cap in wei.
        cap: u128,
    },
    /// Gas limit below the intrinsic gas.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        have: u64,
        /// The intrinsic gas.
        want: u64,
    },
    /// Gas limit below the intrinsic gas with what the bytes cost on L1.
    #[error("intrinsic gas too low")]
    PosterGas,
    /// Gas limit above the block's.
    #[error("exceeds block gas limit: have {have}, limit {limit}; lower the gas limit")]
    BlockGasLimit {
        /// The transaction's gas limit.
        have: u64,
        /// The block's gas limit.
        limit: u64,
    },
    /// Sender has code (EIP-3607).
    #[error("sender not an eoa: address {0} has code")]
    SenderHasCode(Address),
    /// Transaction type that Arbitrum does not take from users.
    #[error("transaction type not supported")]
    TypeNotSupported,
    /// A set-code transaction (EIP-7702) that delegates nothing.
    #[error("EIP-7702 transaction with empty auth list (sender {0})")]
    NoAuthorization(Address),
    /// Init code too large.
    #[error("max initcode size exceeded: code size {size} limit {limit}")]
    InitCodeTooLarge {
        /// Its size in bytes.
        size: usize,
        /// Limit in bytes.
        limit: usize,
    },
    /// The same transaction is already in the pool or mined.
    #[error("already known: {0}")]
    AlreadyKnown(B256),
    /// A pooled transaction with this nonce has a higher or equal fee.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// Too many transactions wait for others before them.
    #[error("txpool is full")]
    PoolFull,
    /// Another validity rule.
    #[error("{0}")]
    Other(String),
}
