//! What can go wrong between this program and a chain.

use super::revert::{Revert, StepEnd};
use super::transport::Unanswered;
use crate::error::{Exit, Explain};
use crate::ids::{CodeHash, TxHash};
use crate::text::shell_word;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolError;
use stylus_upgrades_interface::chain::ARB_WASM;
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// An error that an endpoint answered with.
#[derive(Debug, Error)]
#[error("{endpoint} refused {what}: {message} (code {code})")]
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
}

/// What can go wrong between this program and a chain.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Chain)]
pub enum ChainError {
    /// The URL cannot be used. It is not repeated: it may hold a key.
    #[error("the RPC URL cannot be used: {reason}")]
    #[explain(
        expected = match cfg!(feature = "tls") {
            true => "http://host:port or https://host, or ws and wss".to_owned(),
            false => "http://host:port".to_owned(),
        },
        found = "{reason}",
        next = "give another --rpc-url",
        exit = Exit::Usage
    )]
    Url {
        /// Why not.
        reason: String,
    },
    /// Nobody answers, or the answer cannot be used.
    #[error("no answer from {endpoint}: {reason}")]
    #[explain(of = reason)]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: Unanswered,
    },
    /// The endpoint is of another chain than the one that is meant.
    #[error("{endpoint} is chain {found}, and {network} is chain {expected}: nothing was sent")]
    #[explain(
        expected = "chain {expected}, as {network} says",
        found = "chain {found}",
        next = "give the --rpc-url of chain {expected} (ETH_RPC_URL counts before the manifest), or \
                another --network",
        exit = Exit::Usage
    )]
    OtherChain {
        /// The endpoint.
        endpoint: String,
        /// The network, or the manifest.
        network: String,
        /// The chain's id in the manifest.
        expected: u64,
        /// The chain's id as the endpoint says it.
        found: u64,
    },
    /// The endpoint answered with an error that is no revert.
    #[error("{0}")]
    #[explain(
        expected = "an answer, or a revert",
        found = _0.words(),
        next = "check the account's balance and the endpoint, then try again"
    )]
    Rpc(RpcError),
    /// The key's account cannot pay.
    #[error("{0}")]
    #[explain(
        expected = "ether for the gas, and for what is sent along",
        found = _0.words(),
        next = "send ether to the key's account, then run the command again"
    )]
    InsufficientFunds(RpcError),
    /// The endpoint did not say what became of a transaction that it was given.
    #[error("{what} may have been sent, in the transaction {tx}: {source}")]
    #[explain(
        expected = "an answer that says whether the transaction was taken",
        found = "{source}",
        next = "run the same command with the same key again, from whatever folder (on a local chain or a fork: from \
                this one): it looks for {tx} before it sends anything",
        exit = Exit::Chain
    )]
    MaybeSent {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: TxHash,
        /// What went wrong.
        source: Box<ChainError>,
    },
    /// A Stylus program does not run: it was never activated, an ArbOS upgrade outdated it, or it
    /// expired.
    #[error("{0}")]
    #[explain(
        expected = "a program that is active for the chain's Stylus version",
        found = _0.words(),
        next = format!(
            "activate the program again: anybody may, by stylus-upgrades doctor --fix, or by \
             activateProgram(address) of {ARB_WASM}; what it stores is untouched"
        )
    )]
    ProgramNotRunnable(RpcError),
    /// The contract refused.
    #[error("{what} was refused: {revert}")]
    #[explain(of = revert)]
    Refused {
        /// What was attempted.
        what: String,
        /// Why, in the contract's own terms.
        revert: Revert,
    },
    /// Who does not decide alone takes along whichever instance waits longest.
    #[error("{proxy} cannot be upgraded alone: {waiting} instances of {name} wait")]
    #[explain(
        expected = "no other instance that waits: who does not alone satisfy the role `migrate` only takes along those that have waited longest",
        found = "{waiting} that wait",
        next = format!("stylus-upgrades upgrade {} takes them along, this one too", shell_word(name)),
        exit = Exit::Refused
    )]
    NotAlone {
        /// The instance.
        proxy: Address,
        /// Its definition.
        name: String,
        /// How many wait, itself counted.
        waiting: u16,
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
    /// Another transaction of the same key has the nonce.
    #[error("{what} was not sent: nonce {nonce} of {sender} is taken")]
    #[explain(
        expected = "one command at a time with this key",
        found = "{found}",
        next = "wait for the other command, then run this one again: it looks at the chain first"
    )]
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
    #[explain(
        expected = "a receipt within {seconds} s",
        found = "{tx}, not mined",
        next = "look at the transaction; run the command again, it does nothing twice"
    )]
    NoReceipt {
        /// What was attempted.
        what: String,
        /// The transaction's hash.
        tx: TxHash,
        /// How long it was waited for.
        seconds: u64,
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
    /// A transaction could not be filled and signed.
    #[error("{what} could not be signed: {reason}")]
    #[explain(
        expected = "a transaction that can be signed",
        found = "{reason}",
        next = "check the key and the transaction's values"
    )]
    Unsigned {
        /// What was attempted.
        what: String,
        /// Why not.
        reason: String,
    },
    /// A transaction is needed and no key was given.
    #[error("{what} needs a key and none was given")]
    #[explain(
        expected = "a key",
        found = "none",
        next = "give --keystore, --account or --private-key-path, or set PRIVATE_KEY",
        exit = Exit::Usage
    )]
    NoKey {
        /// What was attempted.
        what: String,
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
    /// An account holds other code than was put there.
    #[error("{account} holds other code than was deployed")]
    #[explain(
        expected = "{expected}",
        found = "{found}",
        next = "stop and find out who deployed it",
        exit = Exit::Refused
    )]
    OtherCode {
        /// The account.
        account: Address,
        /// keccak256 of the code that should be there.
        expected: CodeHash,
        /// keccak256 of the code that is there.
        found: CodeHash,
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
    /// The endpoint wants more for an activation than may be paid.
    #[error("the data fee of {what} is {fee} wei, more than may be paid: nothing was sent")]
    #[explain(
        expected = "at most {most} wei with its margin, as --max-data-fee says",
        found = "{fee} wei, as the endpoint says",
        next = "ask another endpoint; raise --max-data-fee if that is what the chain takes",
        exit = Exit::Refused
    )]
    DataFeeTooHigh {
        /// The program.
        what: String,
        /// The fee with its margin, in wei.
        fee: U256,
        /// The bound, in wei.
        most: U256,
    },
    /// A program in more fragments than the chain takes.
    #[error("{name} takes {needed} fragments, and the chain takes {most}: nothing was sent")]
    #[explain(
        expected = "a program of at most 24,576 bytes on chain, or in at most {most} fragments of that size",
        found = "{size} bytes in {needed} fragments",
        next = "make the contract smaller (opt-level = \"z\", lto = true) or split it; chains of ArbOS 60 and later \
                take 4 fragments, unless their owner sets another number",
        exit = Exit::Refused
    )]
    TooManyFragments {
        /// The program.
        name: String,
        /// Its bytes on chain.
        size: usize,
        /// The fragments that it takes.
        needed: usize,
        /// The fragments that the chain takes.
        most: usize,
    },
    /// A transaction went through and lacks the log that it promises.
    #[error("{what} went through ({tx}) without the event {event}")]
    #[explain(
        expected = "{event}",
        found = "{tx} without it",
        next = "check that the address is what you take it for",
        exit = Exit::Refused
    )]
    NoEvent {
        /// What was done.
        what: String,
        /// The transaction's hash.
        tx: TxHash,
        /// The missing event.
        event: &'static str,
    },
}

impl ChainError {
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

    /// Whether it failed for want of gas alone.
    pub fn is_out_of_gas(&self) -> bool {
        matches!(self, Self::OutOfGas { .. }) || self.is_refused_as::<abi::InsufficientGas>()
    }

    /// Whether a contract refused with an error of that type.
    pub fn is_refused_as<E: SolError>(&self) -> bool {
        self.revert().is_some_and(Revert::is::<E>)
    }
}
