//! Errors of single requests, with the codes and words that clients match on.

use std::fmt::Display;

use alloy::primitives::{Address, Bytes, U256};
use jsonrpsee::types::ErrorObjectOwned;
use stylus_chain::{ChainError, RejectReason, SimulationFault};

use crate::limits::BoundExceeded;
use crate::work_error::WorkError;

/// The reason why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RpcError {
    /// The parameters do not fit the method.
    #[error("{0}")]
    Params(String),
    /// The call reverted.
    #[error("{}", revert_message(data, refusal.as_deref()))]
    Reverted {
        /// Revert data.
        data: Bytes,
        /// The reason why a precompile refused without data.
        refusal: Option<String>,
    },
    /// The call stopped otherwise.
    #[error("{0}")]
    Halted(String),
    /// A refusal of Nitro with its general code, in its words.
    #[error("{0}")]
    Refused(String),
    /// The transaction cannot be included.
    #[error("{}", in_a_block(.0))]
    Rejected(RejectReason),
    /// The transactions before this one have not arrived.
    #[error("{0} (--lenient waits for the transactions before it)")]
    NonceGap(RejectReason),
    /// A condition of the sender does not hold.
    #[error("{0}")]
    Condition(String),
    /// Blocks that eth_simulateV1 cannot make.
    #[error("{0}")]
    Unsimulated(SimulationFault),
    /// No such block, transaction, filter.
    #[error("{0}")]
    NotFound(String),
    /// The method exists, what was asked of it does not.
    #[error("{0} is not supported by this node")]
    NotSupported(String),
    /// The node has no key for the account.
    #[error(
        "unknown account: no key for {0}; use one of eth_accounts, impersonate it, or sign the \
         transaction and use eth_sendRawTransaction"
    )]
    NoSigner(Address),
    /// A bound on what one request may cost was reached.
    #[error("{0}")]
    Limit(String),
    /// The chain interrupted the execution.
    #[error("the call was interrupted: its connection was closed, or the node is stopping")]
    Interrupted,
    /// The endpoint of a fork's chain refused what was passed on to it.
    #[error("{}", .0.message())]
    Endpoint(ErrorObjectOwned),
    /// The endpoint of a fork's chain could not be asked, or its answer not used.
    #[error("{0}")]
    Unread(String),
    /// An error in the node.
    #[error("internal error: {0}")]
    Internal(String),
}

/// The answer of geth's RPC when a request made the node panic, as ArbDebug.panic does in Nitro.
const CRASHED: &str = "method handler crashed";

/// The end of a refusal that can be lifted.
pub(crate) const LENIENT: &str = "--lenient allows it";

impl RpcError {
    /// Checks a bound of a parameter.
    ///
    /// # Errors
    /// [`RpcError::Params`], with what was expected and found.
    pub(crate) fn at_most<T: PartialOrd + Display>(
        what: &str,
        most: T,
        found: T,
    ) -> Result<T, Self> {
        if found <= most {
            Ok(found)
        } else {
            Err(Self::Params(format!(
                "{what}: expected at most {most}, found {found}"
            )))
        }
    }

    /// Makes a refusal that `--lenient` lifts, in Nitro's words.
    pub(crate) fn lenient(words: impl Display) -> Self {
        Self::Refused(format!("{words} ({LENIENT})"))
    }

    /// A number of 64 bits.
    ///
    /// # Errors
    /// [`RpcError::Params`].
    pub(crate) fn narrow(what: &str, value: U256) -> Result<u64, Self> {
        let refused = |_| Self::Params(format!("{what}: {value} exceeds 64 bits"));
        u64::try_from(value).map_err(refused)
    }

    /// Codes of EIP-1474, and 3 for reverts as geth, anvil and Nitro use it.
    fn code(&self) -> i32 {
        match self {
            Self::Params(_) => -32602,
            Self::Reverted { .. } => 3,
            Self::Halted(reason) if reason == CRASHED => -32603,
            Self::Halted(_)
            | Self::Refused(_)
            | Self::Rejected(_)
            | Self::NonceGap(_)
            | Self::NoSigner(_)
            | Self::NotFound(_) => -32000,
            Self::Condition(_) => -32003,
            Self::Unsimulated(fault) => simulation_code(fault),
            Self::NotSupported(_) => -32004,
            Self::Limit(_) | Self::Interrupted => -32005,
            Self::Endpoint(error) => error.code(),
            Self::Unread(_) | Self::Internal(_) => -32603,
        }
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        if let RpcError::Endpoint(error) = error {
            return error;
        }
        let data = match &error {
            RpcError::Reverted { data, .. } => Some(data.clone()),
            _ => None,
        };
        ErrorObjectOwned::owned(error.code(), error.to_string(), data)
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Reverted { output, refusal } => Self::Reverted {
                data: output,
                refusal,
            },
            ChainError::Halted(halt) => Self::Halted(halt.to_string()),
            ChainError::GasAllowance(_) => Self::Halted(error.to_string()),
            ChainError::Rejected(reason) => Self::from(reason),
            ChainError::BadOverride(words) => Self::Refused(words),
            ChainError::NotImpersonated(address) => Self::NoSigner(address),
            ChainError::TraceLimit(_) | ChainError::TooLarge | ChainError::TooLong(_) => {
                Self::Limit(error.to_string())
            }
            ChainError::NotSupported(what) => Self::NotSupported(what.to_owned()),
            ChainError::UnknownBlock(_) => Self::NotFound("header not found".into()),
            ChainError::UnknownTransaction(_) => Self::NotFound("transaction not found".into()),
            ChainError::UnknownState(_) => Self::NotFound(error.to_string()),
            ChainError::TimestampTooLow { .. }
            | ChainError::TimestampTooHigh(_)
            | ChainError::BadIndex { .. }
            | ChainError::BadState(_) => Self::Params(error.to_string()),
            ChainError::BadSimulation(fault) => Self::Unsimulated(fault),
            ChainError::Source(_) | ChainError::NotArbitrum { .. } => {
                Self::Unread(error.to_string())
            }
            ChainError::Interrupted => Self::Interrupted,
            ChainError::Internal(reason) => Self::Internal(reason),
        }
    }
}

impl From<RejectReason> for RpcError {
    fn from(reason: RejectReason) -> Self {
        Self::Rejected(reason)
    }
}

impl From<BoundExceeded> for RpcError {
    fn from(error: BoundExceeded) -> Self {
        Self::Limit(error.to_string())
    }
}

impl From<WorkError> for RpcError {
    fn from(error: WorkError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The codes of execution-apis for what eth_simulateV1 refuses. A fee has the code of a wrong parameter there, as in geth.
fn simulation_code(fault: &SimulationFault) -> i32 {
    use RejectReason as R;
    match fault {
        SimulationFault::Number { .. } => -38020,
        SimulationFault::Time { .. } => -38021,
        SimulationFault::TooMany => -38026,
        SimulationFault::BlockGas { .. } => -38015,
        SimulationFault::Call { reason, .. } => match reason {
            R::NonceTooLow { .. } => -38010,
            R::NonceTooHigh { .. } => -38011,
            R::FeeTooLow { .. } | R::TipAboveFee { .. } => -32602,
            R::IntrinsicGas { .. } | R::PosterGas => -38013,
            R::Funds { .. } => -38014,
            R::SenderHasCode(_) => -38024,
            R::InitCodeTooLarge { .. } => -38025,
            _ => -32603,
        },
    }
}

/// Returns the reason why Nitro's sequencer takes no transaction: two of the reasons have other words in calls.
fn in_a_block(reason: &RejectReason) -> String {
    match reason {
        RejectReason::IntrinsicGas { .. } => "intrinsic gas too low".to_owned(),
        RejectReason::FeeTooLow { .. } => reason.to_string().replace(", baseFee", " baseFee"),
        _ => reason.to_string(),
    }
}

/// `execution reverted`, and the reason where the data is Solidity's `Error(string)` or
/// `Panic(uint256)`, a named error of a precompile, or where a precompile refused without data.
pub(crate) fn revert_message(data: &Bytes, refusal: Option<&str>) -> String {
    let named = || stylus_chain::named_error(data);
    let reason = stylus_chain::revert_reason(data).or_else(named);
    match reason.or_else(|| refusal.map(str::to_owned)) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".to_owned(),
    }
}
