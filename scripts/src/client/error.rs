//! What can go wrong between this program and a chain.

use super::endpoint::Endpoint;
use super::revert::Revert;
use super::transport::Unanswered;
use crate::error::{Exit, Explain};
use alloy::primitives::{Address, B256};
use alloy::transports::TransportError;
use thiserror::Error;

/// What can go wrong between this program and a chain.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The URL cannot be used. It is not repeated: it may hold a key.
    #[error("the RPC URL cannot be used: {reason}")]
    Url {
        /// Why not.
        reason: String,
    },
    /// Nobody answers, or the answer cannot be used.
    #[error("no answer from {endpoint}: {reason}")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: Unanswered,
    },
    /// The endpoint answered with an error that is no revert.
    #[error("{endpoint} refused {what}: {message} (code {code})")]
    Rpc {
        /// The endpoint.
        endpoint: String,
        /// What was asked for.
        what: String,
        /// JSON-RPC's error code.
        code: i64,
        /// The endpoint's words.
        message: String,
    },
    /// The contract refused.
    #[error("{what} was refused: {revert}")]
    Refused {
        /// What was attempted.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// It was mined and had too little gas.
    #[error("{what} ran out of gas: it used {used} of {limit} ({tx})")]
    OutOfGas {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: B256,
        /// Units of gas that it used.
        used: u64,
        /// Units of gas that were sent along.
        limit: u64,
    },
    /// It was mined and failed, and nothing says why.
    #[error("{what} was mined and failed ({tx}), and nothing tells why: {reason}")]
    Unexplained {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: B256,
        /// Why it could not be found out.
        reason: String,
    },
    /// Another transaction of the same key has the nonce.
    #[error("{what} was not sent: nonce {nonce} of {sender} is taken")]
    NonceTaken {
        /// What was attempted.
        what: String,
        /// The key's account.
        sender: Address,
        /// The nonce.
        nonce: u64,
        /// What the chain or its endpoint says of it.
        found: String,
    },
    /// The transaction was sent and no receipt came in time.
    #[error("no receipt for {tx} ({what}) after {seconds} s")]
    NoReceipt {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// An account answers something else than its interface promises.
    #[error("{account} did not answer {what} as its interface promises: {reason}")]
    UnexpectedAnswer {
        /// The account.
        account: Address,
        /// The call.
        what: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// A transaction could not be filled and signed.
    #[error("{what} could not be signed: {reason}")]
    Unsigned {
        /// What was attempted.
        what: String,
        /// Why not.
        reason: String,
    },
    /// A transaction is needed and no key was given.
    #[error("{what} needs a key and none was given")]
    NoKey {
        /// What was attempted.
        what: String,
    },
    /// An account that the framework relies on is missing.
    #[error("the chain has no {what} at {account}")]
    Missing {
        /// What it should be.
        what: &'static str,
        /// Where it should be.
        account: Address,
    },
    /// An account holds other code than was put there.
    #[error("{account} holds other code than was deployed")]
    OtherCode {
        /// The account.
        account: Address,
        /// keccak256 of the code that should be there.
        expected: B256,
        /// keccak256 of the code that is there.
        found: B256,
    },
    /// The chain does not take the program.
    #[error("the chain does not activate {program}: {reason}")]
    ActivationRefused {
        /// The account that holds the program.
        program: Address,
        /// The endpoint's words.
        reason: String,
    },
    /// A transaction went through and lacks the log that it promises.
    #[error("{what} went through ({tx}) without the event {event}")]
    NoEvent {
        /// What was done.
        what: String,
        /// The transaction's hash.
        tx: B256,
        /// The missing event.
        event: &'static str,
    },
}

impl ChainError {
    /// Sorts what the transport reports: a revert, another error of the endpoint, no answer.
    pub(super) fn of(endpoint: &Endpoint, what: &str, error: TransportError) -> Self {
        let Some(payload) = error.as_error_resp() else {
            return Self::Unreachable {
                endpoint: endpoint.to_string(),
                reason: Unanswered::of(error),
            };
        };
        match payload.as_revert_data() {
            Some(data) => Self::Refused {
                what: what.into(),
                revert: Revert::decode(&data),
            },
            None if payload.code == 3 || payload.message.contains("revert") => Self::Refused {
                what: what.into(),
                revert: Revert::decode(&[]),
            },
            None => Self::Rpc {
                endpoint: endpoint.to_string(),
                what: what.into(),
                code: payload.code,
                message: payload.message.to_string(),
            },
        }
    }

    /// The same refusal, reported of a larger undertaking.
    pub fn during(self, undertaking: &str) -> Self {
        match self {
            Self::Refused { revert, .. } => {
                let what = undertaking.into();
                Self::Refused { what, revert }
            }
            other => other,
        }
    }

    /// The revert, if a contract refused.
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Refused { revert, .. } => Some(revert),
            _ => None,
        }
    }
}

/// Every node says it in these words.
fn is_poor(message: &str) -> bool {
    message.contains("insufficient funds")
}

/// What Nitro says, through every endpoint, of a program that does not run: it was never activated,
/// an ArbOS upgrade outdated it, or it expired.
fn is_not_runnable(message: &str) -> bool {
    [
        "ProgramNotActivated(",
        "ProgramNeedsUpgrade(",
        "ProgramExpired(",
    ]
    .iter()
    .any(|error| message.contains(error))
}

impl Explain for ChainError {
    fn name(&self) -> String {
        match self {
            Self::Url { .. } => "Url",
            Self::Unreachable { .. } => "Unreachable",
            Self::Rpc { message, .. } if is_not_runnable(message) => "ProgramNotRunnable",
            Self::Rpc { .. } => "Rpc",
            Self::Refused { revert, .. } => return revert.name.clone(),
            Self::OutOfGas { .. } => "OutOfGas",
            Self::Unexplained { .. } => "Unexplained",
            Self::NonceTaken { .. } => "NonceTaken",
            Self::NoReceipt { .. } => "NoReceipt",
            Self::UnexpectedAnswer { .. } => "UnexpectedAnswer",
            Self::Unsigned { .. } => "Unsigned",
            Self::NoKey { .. } => "NoKey",
            Self::Missing { .. } => "Missing",
            Self::OtherCode { .. } => "OtherCode",
            Self::ActivationRefused { .. } => "ActivationRefused",
            Self::NoEvent { .. } => "NoEvent",
        }
        .to_owned()
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Refused { revert, .. } => revert.advice().expected,
            Self::Unreachable { reason, .. } => Some(match reason {
                Unanswered::Deadline { seconds } => format!("an answer within {seconds} s"),
                Unanswered::TooLarge { limit } => format!("an answer of at most {limit} bytes"),
                _ => "an answer in JSON-RPC".into(),
            }),
            Self::Rpc { message, .. } if is_poor(message) => {
                Some("ether for the gas, and for what is sent along".into())
            }
            Self::Rpc { message, .. } if is_not_runnable(message) => {
                Some("a program that is active for the chain's Stylus version".into())
            }
            Self::Rpc { .. } => Some("an answer, or a revert".into()),
            Self::OutOfGas { .. } => Some("enough gas for what the call turned out to do".into()),
            Self::Unexplained { .. } => Some(
                "an endpoint that traces transactions, or has the state of the block before".into(),
            ),
            Self::NonceTaken { .. } => Some("one command at a time with this key".into()),
            Self::NoReceipt { seconds, .. } => Some(format!("a receipt within {seconds} s")),
            Self::UnexpectedAnswer { what, .. } => Some(format!("a contract that answers {what}")),
            Self::Unsigned { .. } => Some("a transaction that can be signed".into()),
            Self::NoKey { .. } => Some("a key".into()),
            Self::ActivationRefused { .. } => Some("a program that the chain's rules allow".into()),
            Self::Missing { what, .. } => Some((*what).into()),
            Self::OtherCode { expected, .. } => Some(expected.to_string()),
            Self::NoEvent { event, .. } => Some((*event).into()),
            Self::Url { .. } if cfg!(feature = "tls") => {
                Some("http://host:port or https://host".into())
            }
            Self::Url { .. } => Some("http://host:port".into()),
        }
    }

    fn found(&self) -> Option<String> {
        match self {
            Self::Refused { revert, .. } => revert.advice().found,
            Self::OtherCode { found, .. } => Some(found.to_string()),
            Self::Missing { .. } => Some("an account without code".into()),
            Self::Unreachable { reason, .. } => Some(reason.to_string()),
            Self::Url { reason }
            | Self::UnexpectedAnswer { reason, .. }
            | Self::Unsigned { reason, .. }
            | Self::ActivationRefused { reason, .. } => Some(reason.clone()),
            Self::Rpc { message, code, .. } => Some(format!("{message} (code {code})")),
            Self::OutOfGas { used, limit, .. } => Some(format!("{used} of {limit} gas used")),
            Self::Unexplained { reason, .. } => Some(reason.clone()),
            Self::NonceTaken { found, .. } => Some(found.clone()),
            Self::NoReceipt { tx, .. } => Some(format!("{tx}, not mined")),
            Self::NoKey { .. } => Some("none".into()),
            Self::NoEvent { tx, .. } => Some(format!("{tx} without it")),
        }
    }

    fn next(&self) -> Option<String> {
        Some(match self {
            Self::Refused { revert, .. } => return revert.advice().next,
            Self::Url { .. } => "give another --rpc-url".into(),
            Self::Unreachable { reason, .. } => match reason {
                Unanswered::Deadline { .. } => {
                    "try again, give a longer --rpc-timeout, or another --rpc-url".into()
                }
                Unanswered::TooLarge { .. } => "give the --rpc-url of a node that you trust".into(),
                Unanswered::Redirect { .. } => {
                    "give the address that it redirects to as --rpc-url, if you trust it".into()
                }
                _ => "start a chain (stylus-upgrades node) or give another --rpc-url".into(),
            },
            Self::Rpc { message, .. } if is_poor(message) => {
                "send ether to the key's account, then run the command again".into()
            }
            Self::Rpc { message, .. } if is_not_runnable(message) => {
                "activate the program again: anybody may, by activateProgram(address) of \
                 0x0000000000000000000000000000000000000071; what it stores is untouched"
                    .into()
            }
            Self::Rpc { .. } => {
                "check the account's balance and the endpoint, then try again".into()
            }
            Self::OutOfGas { .. } => {
                "run the command again: nothing was changed, and the gas is measured anew".into()
            }
            Self::Unexplained { tx, .. } => {
                format!("trace {tx} with another endpoint (debug_traceTransaction)")
            }
            Self::NonceTaken { .. } => {
                "wait for the other command, then run this one again: it looks at the chain first"
                    .into()
            }
            Self::NoReceipt { .. } => {
                "look at the transaction; run the command again, it does nothing twice".into()
            }
            Self::UnexpectedAnswer { .. } => {
                "check the address, and that --rpc-url leads to the chain that it is on".into()
            }
            Self::ActivationRefused { .. } => {
                "correct the contract; --no-activate only puts its code on chain".into()
            }
            Self::Unsigned { .. } => "check the key and the transaction's values".into(),
            Self::NoKey { .. } => {
                "give --keystore, --account or --private-key-path, or set PRIVATE_KEY".into()
            }
            Self::Missing { .. } => "use a chain that has it, or deploy it there first".into(),
            Self::OtherCode { .. } => "stop and find out who deployed it".into(),
            Self::NoEvent { .. } => "check that the address is what you take it for".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. }
            | Self::ActivationRefused { .. }
            | Self::Unexplained { .. }
            | Self::OtherCode { .. }
            | Self::NoEvent { .. } => Exit::Refused,
            Self::Url { .. } | Self::NoKey { .. } => Exit::Usage,
            _ => Exit::Chain,
        }
    }
}
