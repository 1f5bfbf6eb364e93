//! What a governed call does once those have approved whom it needs beside its sender, tried on a fork
//! behind their approvals. As the chain is now the same call may only approve, whatever it would run.

use super::error::GovernanceError;
use super::revert_cause::failed_upgrade;
use super::submit::progress_in;
use crate::call_tree;
use crate::client::Revert;
use crate::error::Explain;
use alloy::primitives::{Address, U256};
use std::fmt;
use stylus_chain::{BlockId, CallOptions, CallRequest, Chain, ChainError, Overrides, TraceKind};
use thiserror::Error;

/// What every approver owns on the fork, in wei: fees are no matter of it.
const SIMULATED_BALANCE: U256 = U256::from_limbs([0, 0, 1 << 30, 0]);

/// What came of a call behind the approvals that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DryRun {
    /// It executes.
    Succeeds,
    /// It fails by what it runs.
    Fails(Failure),
    /// It was not tried, and why.
    Untried(String),
}

/// Why a call fails that everybody needed has approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    cause: Cause,
    /// The instance whose upgrade fails, if it is one.
    proxy: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    Revert(Revert),
    /// Without data of a revert.
    Halt(String),
}

/// A call that only approves now would fail once everybody needed has approved it.
#[derive(Debug, Error, Explain)]
#[error("{what} would fail once everybody needed has approved it: {failure}")]
#[explain(
    expected = self.advice().0,
    found = failure.to_string(),
    next = format!("{}; --accept would-fail approves it all the same", self.advice().1)
)]
pub struct WouldFail {
    /// The call.
    what: String,
    /// What it fails with.
    failure: Failure,
}

impl WouldFail {
    pub(super) fn new(what: String, failure: Failure) -> Self {
        Self { what, failure }
    }

    /// What was expected, and what to do about the cause.
    fn advice(&self) -> (String, String) {
        match &self.failure.cause {
            Cause::Revert(revert) => {
                let advice = revert.advice();
                (advice.expected, advice.next)
            }
            Cause::Halt(_) => (
                "a call that goes through".into(),
                "look at the code that it runs".into(),
            ),
        }
    }
}

impl From<WouldFail> for GovernanceError {
    fn from(error: WouldFail) -> Self {
        Self::WouldFail(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Revert(revert) => write!(f, "{revert}")?,
            Cause::Halt(reason) => write!(f, "{reason}")?,
        }
        match self.proxy {
            Some(proxy) => write!(f, ", and what fails is instance {proxy}"),
            None => Ok(()),
        }
    }
}

/// Tries the call of `sender` behind those of the others. Also says the least units of gas that it takes
/// there, if it goes through.
pub(super) fn behind(
    mut chain: Chain,
    others: &[Address],
    (sender, value): (Address, U256),
    request: CallRequest,
) -> Result<(Option<u64>, DryRun), ChainError> {
    for other in others {
        chain.set_balance(*other, SIMULATED_BALANCE);
        chain.submit_unsigned(*other, request.clone())?;
    }
    chain.set_balance(sender, SIMULATED_BALANCE);
    // Without a price GASPRICE and BASEFEE are 0.
    let ours = CallRequest {
        from: Some(sender),
        value,
        max_fee_per_gas: Some(chain.gas_price()),
        ..request
    };
    let (latest, none) = (BlockId::latest(), Overrides::default());
    let gas = chain.estimate_gas(ours.clone(), latest, &none);
    let measured = gas.as_ref().ok().copied();
    let dry_run = match gas {
        Ok(_) => executed(&chain, ours)?,
        Err(ChainError::Reverted { output, .. }) => {
            let cause = Cause::Revert(Revert::decode(&output));
            DryRun::Fails(failure(&chain, ours, cause))
        }
        Err(ChainError::Halted(halt)) => {
            let cause = Cause::Halt(halt.to_string());
            DryRun::Fails(failure(&chain, ours, cause))
        }
        Err(error) => return Err(error),
    };
    // What a contract sends comes from a transaction of somebody else, and what it does there may differ.
    let dry_run = match (dry_run, contract(&chain, others, sender)) {
        (DryRun::Fails(failure), Some(who)) => DryRun::Untried(format!(
            "the approver {who} is a contract, and what it sends cannot be foreseen (as a plain call it \
             fails: {failure})"
        )),
        (dry_run, _) => dry_run,
    };
    Ok((measured, dry_run))
}

/// Whether what goes through executes: a contract that is asked may not consent, and a delay may be left.
fn executed(chain: &Chain, ours: CallRequest) -> Result<DryRun, ChainError> {
    let answer = chain.call(ours, BlockId::latest(), &Overrides::default())?;
    Ok(match progress_in(&answer.output) {
        Some(progress) if progress.executed => DryRun::Succeeds,
        _ => DryRun::Untried(
            "a delay, a contract that is asked, or that an account without code has to send it, still keeps it back"
                .into(),
        ),
    })
}

fn failure(chain: &Chain, ours: CallRequest, cause: Cause) -> Failure {
    let registry = ours.to.unwrap_or_default();
    let kind = TraceKind::Call(CallOptions::default());
    let traced = chain.trace_call(ours, BlockId::latest(), &Overrides::default(), kind);
    let proxy = traced
        .ok()
        .and_then(|answer| failed_upgrade(&call_tree::read_value(&answer).ok()?, registry));
    Failure { cause, proxy }
}

/// The first of them that has code.
fn contract(chain: &Chain, others: &[Address], sender: Address) -> Option<Address> {
    let mut all = others.iter().chain([&sender]);
    let has_code = |who: &&Address| {
        let account = chain.account(**who, BlockId::latest());
        account.is_ok_and(|account| !account.code.is_empty())
    };
    all.find(has_code).copied()
}
