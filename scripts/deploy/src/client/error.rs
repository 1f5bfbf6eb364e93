//! Errors of a chain or of a copy of one, and every other refusal ([`Refusal`]).

use super::endpoint::Endpoint;
use super::reasons::is_not_runnable;
use super::revert::{Revert, StepEnd};
use super::unanswered::Unanswered;
use crate::assess::{Finding, Part};
use crate::error::{Exit, Explain, Refusal, Report};
use crate::error_catalogue::{EndpointError, WordsField, endpoint_errors, fixed_words};
use crate::ids::TxHash;
use alloy::primitives::Address;
use alloy::sol_types::SolError;
use alloy::transports::TransportError;
use stylus_chain::ChainError as CopyError;
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// The words of geth's family in which the machine says that code broke one of its rules. What an estimate allows is
/// not among them: it also follows from the balance.
const OF_CODE: [&str; 6] = [
    "invalid opcode",
    "out of gas",
    "invalid jump destination",
    "stack underflow",
    "stack limit reached",
    "write protection",
];
/// The name of a refusal of an endpoint that does not come as far as the chain was seen already.
const LAGGING: &str = "Lagging";
/// The error of an account that answers something else than its interface promises.
const UNEXPECTED_ANSWER: &str = "UnexpectedAnswer";
/// The error of an account without code.
const MISSING: &str = "Missing";
/// The error of a transaction that was mined and had too little gas.
const OUT_OF_GAS: &str = "OutOfGas";
/// The error of an execution that a machine gave up on without data of a revert.
const HALTED: &str = "Halted";
/// The error of state that a copy needs and the endpoint does not give.
const UNREADABLE: &str = "Unreadable";
/// The advice for that error.
const READ_AGAIN: &str = "give the --rpc-url of an archive node for an old block; for a new one try again: the endpoint may have \
                          dropped it meanwhile";
/// The error of a transaction whose nonce another one has, or that waits for one that was undone.
pub(super) const NONCE_TAKEN: &str = "NonceTaken";
/// Transactions before it are not there.
const NONCE_GAP: &str = "NonceGap";
/// The error of a program that the chain does not take.
const ACTIVATION_REFUSED: &str = "ActivationRefused";
/// The error of a transaction that was mined and failed, and nothing says why.
const UNEXPLAINED: &str = "Unexplained";

/// JSON-RPC's code of whatever a node refuses.
const SERVER: i64 = -32_000;
/// The code of an error in the endpoint itself.
const INTERNAL: i64 = -32_603;
/// All that Nitro says of a transaction that its sequencer filters.
const FILTERED: &str = "internal error";
/// An error that an endpoint answered with.
#[derive(Debug, Error)]
#[error("{endpoint} refused {what}: {message} (code {code})")]
pub struct RpcError {
    /// The endpoint.
    pub endpoint: String,
    /// The request.
    pub what: String,
    /// JSON-RPC's error code.
    pub code: i64,
    /// The endpoint's words.
    pub message: String,
}

/// JSON-RPC's code for a method that the endpoint does not have.
const METHOD_NOT_FOUND: i64 = -32_601;

impl RpcError {
    /// Returns true if it has the code of a method that the endpoint does not have.
    pub fn is_method_not_found(&self) -> bool {
        self.code == METHOD_NOT_FOUND
    }

    /// Returns its message, with its code.
    pub fn words(&self) -> String {
        format!("{} (code {})", self.message, self.code)
    }
}

impl Explain for RpcError {
    /// Matches the text of the endpoint's error: geth, Nitro and others use the same words.
    fn report(&self) -> Report {
        let message = self.message.to_lowercase();
        let says = |error: &EndpointError| error.words.iter().any(|words| message.contains(words));
        let name = match endpoint_errors().find(says) {
            Some(error) => error.name,
            None if is_not_runnable(&self.message) => "ProgramNotRunnable",
            None if self.code == SERVER && message == FILTERED => "TransactionFiltered",
            None if self.is_method_not_found() => "MethodNotFound",
            None => "Rpc",
        };
        let expected = fixed_words(name, WordsField::Expected);
        let next = fixed_words(name, WordsField::Next);
        Refusal::new(name, self.to_string())
            .with(expected, self.words(), next)
            .report()
    }

    fn exit(&self) -> Exit {
        Exit::Chain
    }
}

/// An error between this program and a chain.
#[derive(Debug, Error)]
pub enum ChainError {
    /// Any other refusal, with its own text.
    #[error(transparent)]
    Told(#[from] Refusal),
    /// Nobody answers, or the answer cannot be used.
    #[error("no answer from {endpoint}: {reason}")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// The reason.
        reason: Unanswered,
    },
    /// The endpoint answered with an error that is no revert.
    #[error("{0}")]
    Rpc(RpcError),
    /// The contract refused.
    #[error("{what} {} refused: {revert}", if *on_copy { "would be" } else { "was" })]
    Refused {
        /// The attempted call.
        what: String,
        /// The reason, in the contract's own terms.
        revert: Revert,
        /// True if it was attempted on a copy alone.
        on_copy: bool,
    },
}

impl Explain for ChainError {
    fn report(&self) -> Report {
        let report = match self {
            Self::Told(refusal) => refusal.report(),
            Self::Unreachable { reason, .. } => reason.report(),
            Self::Rpc(error) => error.report(),
            Self::Refused { revert, .. } => revert.report(),
        };
        let message = self.to_string();
        Report { message, ..report }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Told(refusal) => refusal.exit(),
            Self::Refused { .. } => Exit::Refused,
            Self::Unreachable { .. } | Self::Rpc(_) => Exit::Chain,
        }
    }
}

impl From<CopyError> for ChainError {
    /// Converts the error that a copy cannot be made, or cannot continue.
    fn from(error: CopyError) -> Self {
        let (name, next) = match error {
            CopyError::NotArbitrum { .. } => (
                "NotArbitrum",
                "give the --rpc-url of an Arbitrum chain that serves ArbOS' storage",
            ),
            CopyError::Source(_) => (UNREADABLE, READ_AGAIN),
            _ => ("Copy", "try again"),
        };
        Self::of_copy(name, format!("the copy of the chain: {error}"), next)
    }
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
            data => Self::refused(what, Revert::decode(&data.unwrap_or_default())),
        }
    }

    /// The same, of a call: where the code broke a rule of the machine, neither the endpoint nor the account did.
    pub fn of_call(self, what: &str) -> Self {
        match self {
            Self::Rpc(error) if OF_CODE.iter().any(|words| error.message.contains(words)) => {
                Self::halted(what, error.words())
            }
            other => other,
        }
    }

    /// The same, as a copy says it: nothing happened on the chain, and where the copy fails itself, it lacks state.
    pub(super) fn said_by_copy(self) -> Self {
        match self {
            Self::Refused { what, revert, .. } => Self::Refused {
                what,
                revert,
                on_copy: true,
            },
            Self::Rpc(error) if error.code == INTERNAL => {
                let message = format!("{}: {}", error.what, error.message);
                let next = READ_AGAIN;
                Self::of_copy(UNREADABLE, message, next)
            }
            error => error,
        }
    }

    /// A contract refused, on the chain itself.
    pub fn refused(what: &str, revert: Revert) -> Self {
        let (what, on_copy) = (what.into(), false);
        Self::Refused {
            what,
            revert,
            on_copy,
        }
    }

    /// A contract refused on a copy, with that data.
    pub fn refused_on_copy(what: &str, output: &[u8]) -> Self {
        Self::Refused {
            what: what.into(),
            revert: Revert::decode(output),
            on_copy: true,
        }
    }

    /// Returns the error of a call on a copy.
    pub(crate) fn on_copy(what: &str, error: CopyError) -> Self {
        match error {
            CopyError::Reverted { output, .. } => Self::refused_on_copy(what, &output),
            CopyError::Halted(halt) => Self::halted(what, halt),
            CopyError::GasAllowance(_) => Self::halted(what, format!("out of gas: {error}")),
            error => error.into(),
        }
    }

    /// A machine gave up on a transaction, in its words.
    pub(crate) fn halted(what: &str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let refusal = Refusal::new(HALTED, format!("{what} would fail: {reason}")).with(
            "a transaction that goes through",
            reason,
            "look at the transaction's gas and value, and at the code that it runs",
        );
        refusal.into()
    }

    /// The thread that carries a copy ended, or what it says is no answer.
    pub(crate) fn copy_ended(reason: impl std::fmt::Display) -> Self {
        let message = format!("the copy of the chain ended: {reason}");
        Self::of_copy("Copy", message, "try again")
    }

    fn of_copy(name: &str, message: String, next: &str) -> Self {
        let refusal = Refusal::new(name, message.clone());
        let refusal = refusal.with("a copy of the chain's state", message, next);
        refusal.exiting(Exit::Chain).into()
    }

    /// A transaction was mined and had too little gas: it used the first number of units, and its limit is the second.
    pub(super) fn out_of_gas(what: &str, tx: TxHash, used: u64, limit: u64) -> Self {
        let message = format!("{what} ran out of gas: it used {used} of {limit} ({tx})");
        let refusal = Refusal::new(OUT_OF_GAS, message).with(
            "enough gas for what the call turned out to do",
            format!("{used} of {limit} gas used"),
            "run the command again: nothing changed on chain, and the gas is estimated again",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// A transaction was mined and failed, and nothing says why.
    pub(super) fn unexplained(what: &str, tx: TxHash, reason: String) -> Self {
        let message = format!("{what} reverted ({tx}), and the reason is unknown: {reason}");
        let refusal = Refusal::new(UNEXPLAINED, message).with(
            "an endpoint that traces transactions, or has the state of the block before",
            reason,
            format!("trace {tx} with another endpoint (debug_traceTransaction)"),
        );
        refusal.into()
    }

    /// The endpoint does not come as far as the chain was seen already: a block, or a nonce.
    pub(super) fn lagging(endpoint: &Endpoint, what: &str, (least, found): (u64, u64)) -> Self {
        let message =
            format!("{endpoint} lags behind: {what} {least} was seen, and it is at {found}");
        let refusal = Refusal::new(LAGGING, message).with(
            format!("{what} {least} or later"),
            format!("{what} {found}"),
            "run the command again with another --rpc-url, or later: it does nothing twice",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// An account answers something else than its interface promises.
    pub fn unexpected_answer(account: Address, what: &str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let message =
            format!("{account} did not answer {what} as its interface promises: {reason}");
        let refusal = Refusal::new(UNEXPECTED_ANSWER, message).with(
            format!("a contract that answers {what}"),
            reason,
            "check the address, and that --rpc-url leads to the chain that it is on",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// An account that the framework relies on is missing.
    pub fn missing(what: &str, account: Address) -> Self {
        let refusal = Refusal::new(MISSING, format!("the chain has no {what} at {account}")).with(
            what,
            "an account without code",
            "use a chain that has it, or deploy it there first",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// The chain does not take the program in that account, in the endpoint's words.
    pub fn activation_refused(program: Address, reason: String) -> Self {
        let message = format!("the chain does not activate {program}: {reason}");
        let refusal = Refusal::new(ACTIVATION_REFUSED, message).with(
            "a program that the chain's rules allow",
            reason,
            "correct the contract; --no-activate only puts its code on chain",
        );
        refusal.into()
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

    /// The endpoint signs nothing for the account that `--unlocked` names.
    pub(super) fn not_held(what: &str, sender: Address, answer: &Self) -> Self {
        let reason = format!("the endpoint does not sign for {sender}: {answer}");
        let refusal = Refusal::new("Unsigned", format!("{what} could not be signed: {reason}"))
            .with(
                format!("an endpoint that holds the key of {sender}"),
                reason,
                "give a key in place of --unlocked (--keystore, --account or --private-key-path), or the --rpc-url of a \
                 node or signer that holds it; its eth_accounts lists the accounts",
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
            NONCE_TAKEN,
            format!("{what} was not sent: nonce {nonce} of {sender} is taken"),
        )
        .with(
            "one command at a time with this key",
            found,
            "wait for the other command, then run this one again: it looks at the chain first",
        );
        refusal.exiting(Exit::Chain).into()
    }

    /// Transactions of the sender that come before this one did not arrive. It was not taken.
    pub(super) fn nonce_gap(what: &str, sender: Address, nonce: u64, found: &str) -> Self {
        let refusal = Refusal::new(
            NONCE_GAP,
            format!("{what} was not sent: the endpoint does not know the transactions of {sender} before nonce {nonce}"),
        )
        .with(
            format!("that the chain has every transaction of {sender} before nonce {nonce}"),
            found,
            "run this command again: it looks at the chain first; if that does not help, use another --rpc-url",
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
            "check that this address is the contract you expect",
        );
        refusal.into()
    }

    /// The same refusal, reported of a larger undertaking.
    pub fn during(mut self, undertaking: &str) -> Self {
        if let Self::Refused { what, .. } = &mut self {
            *what = undertaking.into();
        }
        self
    }

    /// The same refusal, of a step that ended like that.
    pub fn ended(mut self, step: Option<StepEnd>) -> Self {
        if let Self::Refused { revert, .. } = &mut self {
            *revert = revert.clone().ended(step);
        }
        self
    }

    /// A refusal by what is tried on a copy, as a finding. Others keep it from being tried.
    pub fn finding(self) -> Result<Finding, Self> {
        if self.is_refusal() {
            Ok(Finding::refusal(Part::Simulation, None, &self.report()))
        } else {
            Err(self)
        }
    }

    /// Returns true if a program that was called does not run, in the words of the endpoint.
    pub fn is_not_runnable(&self) -> bool {
        matches!(self, Self::Rpc(error) if is_not_runnable(&error.message))
    }

    /// Returns true if a call was refused, or failed: nothing is wrong with the chain.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. }) || self.is_told(HALTED)
    }

    /// Returns true if a machine gave up on it.
    pub fn is_halted(&self) -> bool {
        self.is_told(HALTED)
    }

    /// Returns true if a copy needed state that is not at hand.
    pub fn is_unread(&self) -> bool {
        self.is_told(UNREADABLE)
    }

    /// Returns true if the transaction had no effect, possibly because another one had already done the same. A CREATE2
    /// collision uses almost all gas, so without traces it looks like out of gas.
    pub fn was_not_done(&self) -> bool {
        let told = [ACTIVATION_REFUSED, OUT_OF_GAS, UNEXPLAINED];
        matches!(self, Self::Refused { .. }) || told.iter().any(|name| self.is_told(name))
    }

    /// Returns true if the endpoint does not answer, or lags: it may be asked later, or another one.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Unreachable { .. }) || self.is_told(LAGGING)
    }

    /// The revert, if a contract refused.
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Refused { revert, .. } => Some(revert),
            _ => None,
        }
    }

    /// Returns true if it is said in plain words, under that name.
    pub fn is_told(&self, name: &str) -> bool {
        matches!(self, Self::Told(refusal) if refusal.is(name))
    }

    /// Returns true if another transaction of the same key has the nonce, or what was sent before it was undone.
    pub fn is_nonce_taken(&self) -> bool {
        self.is_told(NONCE_TAKEN) || self.is_told(NONCE_GAP)
    }

    /// Returns true if the account does not answer as its interface promises: it refused, its code failed or has
    /// expired, or it is something else.
    pub fn is_no_answer(&self) -> bool {
        let told = [UNEXPECTED_ANSWER, MISSING, HALTED];
        let is_told = told.iter().any(|name| self.is_told(name));
        is_told || self.is_not_runnable() || matches!(self, Self::Refused { .. })
    }

    /// Returns true if it failed for want of gas alone.
    pub fn is_out_of_gas(&self) -> bool {
        let found = self.found().unwrap_or_default();
        let is_halted = self.is_halted() && found.starts_with("out of gas");
        is_halted || self.is_told(OUT_OF_GAS) || self.is_refused_as::<abi::InsufficientGas>()
    }

    /// Returns true if a contract refused with an error of that type.
    pub fn is_refused_as<E: SolError>(&self) -> bool {
        self.revert().is_some_and(Revert::is::<E>)
    }

    /// Returns true if the endpoint has refused to answer for the number of requests.
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
