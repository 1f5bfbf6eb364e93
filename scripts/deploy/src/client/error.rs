//! What can go wrong between this program and a chain.

use super::endpoint::Endpoint;
use super::revert::{Revert, StepEnd};
use super::transport::Unanswered;
use crate::error::{Exit, Explain, Refusal};
use crate::ids::TxHash;
use alloy::primitives::Address;
use alloy::sol_types::SolError;
use alloy::transports::TransportError;
use stylus_upgrades_interface::chain::ARB_WASM;
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// How Nitro's errors begin, through every endpoint, where a program does not run.
const NOT_RUNNABLE: [&str; 3] = [
    "ProgramNotActivated(",
    "ProgramNeedsUpgrade(",
    "ProgramExpired(",
];

/// An error that an endpoint answered with.
#[derive(Debug, Error, Explain)]
#[error("{endpoint} refused {what}: {message} (code {code})")]
#[explain(
    name = self.sorted().0,
    expected = self.sorted().1.to_owned(),
    found = self.words(),
    next = self.sorted().2,
    exit = Exit::Chain
)]
pub struct RpcError {
    /// The endpoint.
    pub endpoint: String,
    /// What was asked for.
    pub what: String,
    /// JSON-RPC's error code.
    pub code: i64,
    /// The endpoint's words.
    pub message: String,
}

impl RpcError {
    /// What it says, with its code.
    pub fn words(&self) -> String {
        format!("{} (code {})", self.message, self.code)
    }

    /// Its name, what was expected and what to do, by the endpoint's words, which every node chooses alike.
    fn sorted(&self) -> (&'static str, &'static str, String) {
        let says = |words: &str| self.message.contains(words);
        if says("insufficient funds") {
            return (
                "InsufficientFunds",
                "ether for the gas, and for what is sent along",
                "send ether to the key's account, then run the command again".into(),
            );
        }
        if NOT_RUNNABLE.into_iter().any(says) {
            return (
                "ProgramNotRunnable",
                "a program that is active for the chain's Stylus version",
                format!(
                    "activate the program again: anybody may, by stylus-upgrades doctor --fix, or by \
                     activateProgram(address) of {ARB_WASM}; what it stores is untouched"
                ),
            );
        }
        (
            "Rpc",
            "an answer, or a revert",
            "check the account's balance and the endpoint, then try again".into(),
        )
    }
}

/// What can go wrong between this program and a chain.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Chain)]
pub enum ChainError {
    /// It is said in plain words.
    #[error(transparent)]
    #[explain(of = _0)]
    Told(#[from] Refusal),
    /// Nobody answers, or the answer cannot be used.
    #[error("no answer from {endpoint}: {reason}")]
    #[explain(of = reason)]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: Unanswered,
    },
    /// The endpoint answered with an error that is no revert.
    #[error("{0}")]
    #[explain(of = _0)]
    Rpc(RpcError),
    /// The contract refused.
    #[error("{what} was refused: {revert}")]
    #[explain(of = revert)]
    Refused {
        /// What was attempted.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// It was mined and had too little gas.
    #[error("{what} ran out of gas: it used {used} of {limit} ({tx})")]
    #[explain(
        expected = "enough gas for what the call turned out to do",
        found = "{used} of {limit} gas used",
        next = "run the command again: nothing was changed, and the gas is measured anew"
    )]
    OutOfGas {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: TxHash,
        /// Units of gas that it used.
        used: u64,
        /// Units of gas that were sent along.
        limit: u64,
    },
    /// It was mined and failed, and nothing says why.
    #[error("{what} was mined and failed ({tx}), and nothing tells why: {reason}")]
    #[explain(
        expected = "an endpoint that traces transactions, or has the state of the block before",
        found = "{reason}",
        next = "trace {tx} with another endpoint (debug_traceTransaction)",
        exit = Exit::Refused
    )]
    Unexplained {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: TxHash,
        /// Why it could not be found out.
        reason: String,
    },
    /// The endpoint does not come as far as the chain was seen already.
    #[error("{endpoint} lags behind: {what} {least} was seen, and it is at {found}")]
    #[explain(
        expected = "{what} {least} or later",
        found = "{what} {found}",
        next = "run the command again with another --rpc-url, or later: it does nothing twice"
    )]
    Lagging {
        /// The endpoint.
        endpoint: String,
        /// A block, or a nonce.
        what: &'static str,
        /// What was seen.
        least: u64,
        /// What it says now.
        found: u64,
    },
    /// An account answers something else than its interface promises.
    #[error("{account} did not answer {what} as its interface promises: {reason}")]
    #[explain(
        expected = "a contract that answers {what}",
        found = "{reason}",
        next = "check the address, and that --rpc-url leads to the chain that it is on"
    )]
    UnexpectedAnswer {
        /// The account.
        account: Address,
        /// The call.
        what: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// An account that the framework relies on is missing.
    #[error("the chain has no {what} at {account}")]
    #[explain(
        expected = "{what}",
        found = "an account without code",
        next = "use a chain that has it, or deploy it there first"
    )]
    Missing {
        /// What it should be.
        what: &'static str,
        /// Where it should be.
        account: Address,
    },
    /// The chain does not take the program.
    #[error("the chain does not activate {program}: {reason}")]
    #[explain(
        expected = "a program that the chain's rules allow",
        found = "{reason}",
        next = "correct the contract; --no-activate only puts its code on chain",
        exit = Exit::Refused
    )]
    ActivationRefused {
        /// The account that holds the program.
        program: Address,
        /// The endpoint's words.
        reason: String,
    },
}

impl ChainError {
    /// Sorts what the transport reports: a revert, another error of the endpoint, no answer.
    pub(super) fn of(endpoint: &Endpoint, what: &str, error: TransportError) -> Self {
        let endpoint = endpoint.to_string();
        let Some(payload) = error.as_error_resp() else {
            let reason = Unanswered::of(error);
            return Self::Unreachable { endpoint, reason };
        };
        let is_revert = payload.code == 3 || payload.message.contains("revert");
        match payload.as_revert_data() {
            None if !is_revert => Self::Rpc(RpcError {
                endpoint,
                what: what.into(),
                code: payload.code,
                message: payload.message.to_string(),
            }),
            data => Self::Refused {
                what: what.into(),
                revert: Revert::decode(&data.unwrap_or_default()),
            },
        }
    }

    /// A transaction could not be filled and signed.
    pub fn unsigned(what: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let refusal = Refusal::new("Unsigned", format!("{what} could not be signed: {reason}"))
            .with(
                "a transaction that can be signed",
                reason,
                "check the key and the transaction's values",
            );
        refusal.exiting(Exit::Chain).into()
    }

    /// A transaction is needed and no key was given.
    pub(super) fn no_key(what: &str) -> Self {
        let refusal = Refusal::new("NoKey", format!("{what} needs a key and none was given")).with(
            "a key",
            "none",
            "give --keystore, --account or --private-key-path, or set PRIVATE_KEY",
        );
        refusal.usage().into()
    }

    /// Another transaction of the same key has the nonce; `found` is what the chain or its endpoint says of it.
    pub(super) fn nonce_taken(what: &str, sender: Address, nonce: u64, found: &str) -> Self {
        let refusal = Refusal::new(
            "NonceTaken",
            format!("{what} was not sent: nonce {nonce} of {sender} is taken"),
        )
        .with(
            "one command at a time with this key",
            found,
            "wait for the other command, then run this one again: it looks at the chain first",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// A transaction went through and lacks the log that it promises.
    pub fn no_event(what: &str, tx: TxHash, event: &str) -> Self {
        let refusal = Refusal::new(
            "NoEvent",
            format!("{what} went through ({tx}) without the event {event}"),
        )
        .with(
            event,
            format!("{tx} without it"),
            "check that the address is what you take it for",
        );
        refusal.into()
    }

    /// The same refusal, of a step that ended like that.
    pub fn ended(self, step: Option<StepEnd>) -> Self {
        match self {
            Self::Refused { what, revert } => {
                let revert = revert.ended(step);
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

    /// Whether it is said in plain words, under that name.
    pub fn is_told(&self, name: &str) -> bool {
        matches!(self, Self::Told(refusal) if refusal.is(name))
    }

    /// Whether the account does not answer as its interface promises: it refused, or is something else.
    pub fn is_no_answer(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::UnexpectedAnswer { .. } | Self::Missing { .. }
        )
    }

    /// Whether it failed for want of gas alone.
    pub fn is_out_of_gas(&self) -> bool {
        matches!(self, Self::OutOfGas { .. }) || self.is_refused_as::<abi::InsufficientGas>()
    }

    /// Whether a contract refused with an error of that type.
    pub fn is_refused_as<E: SolError>(&self) -> bool {
        self.revert().is_some_and(Revert::is::<E>)
    }

    /// Whether the endpoint has refused to answer for the number of requests.
    pub(super) fn is_rate_limited(&self) -> bool {
        matches!(
            self,
            Self::Unreachable {
                reason: Unanswered::RateLimited { .. },
                ..
            }
        )
    }
}
