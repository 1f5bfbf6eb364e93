//! What a governed call does once those have approved whom it needs beside its sender, tried on a fork
//! behind their approvals. As the chain is now the same call may only approve, whatever it would run.

use super::error::GovernanceError;
use super::governed::GovernedCall;
use super::submit::progress_in;
use crate::client::Revert;
use crate::error::{Explain, Report};
use crate::simulation::{Simulation, SimulationError};
use alloy::primitives::{Address, Bytes, U256};
use serde::Serialize;
use std::fmt;
use stylus_chain::{BlockId, CallRequest, Chain};
use thiserror::Error;

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

/// What is known of a call that only approves: that it would fail although that is meant, or that nobody knows whether
/// it would succeed.
#[derive(Debug, Default, Serialize)]
pub struct Trial {
    #[serde(skip_serializing_if = "Option::is_none")]
    would_fail: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_tried: Option<String>,
}

impl Trial {
    /// Of a call that was tried behind the approvals that it needs.
    pub fn of(governed: &GovernedCall, dry_run: Option<&DryRun>) -> Self {
        Self {
            would_fail: governed.failing(dry_run).map(|error| Report::of(&error)),
            not_tried: match dry_run {
                Some(DryRun::Untried(why)) => Some(why.clone()),
                _ => None,
            },
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let fails = self.would_fail.iter();
        let fails = fails.map(|error| format!("warning: {}", error.message));
        let untried = self.not_tried.iter();
        let untried =
            untried.map(|why| format!("not tried whether it succeeds once it is approved: {why}"));
        fails.chain(untried).collect()
    }
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
    chain: Chain,
    others: &[Address],
    (sender, value): (Address, U256),
    (registry, call): (Address, &Bytes),
) -> Result<(Option<u64>, DryRun), SimulationError> {
    let mut simulation = Simulation::new(chain);
    for other in others {
        simulation.send("the call", *other, registry, call.clone(), U256::ZERO)?;
    }
    let ours = simulation.request(sender, registry, call.clone(), value)?;
    let gas = simulation.estimate("the call", &ours, BlockId::latest());
    let measured = gas.as_ref().ok().copied();
    let cause = match gas {
        Ok(_) => None,
        Err(SimulationError::Refused { revert, .. }) => Some(Cause::Revert(revert)),
        Err(SimulationError::Halted { reason, .. }) => Some(Cause::Halt(reason)),
        Err(error) => return Err(error),
    };
    let Some(cause) = cause else {
        return Ok((measured, executed(&simulation, ours)?));
    };
    let (proxy, step) = simulation.failing(ours);
    let cause = match cause {
        Cause::Revert(revert) => Cause::Revert(revert.ended(step)),
        halt => halt,
    };
    let failure = Failure { cause, proxy };
    // What a contract sends comes from a transaction of somebody else, and what it does there may differ.
    let dry_run = match contract(&simulation, others, sender) {
        Some(who) => DryRun::Untried(format!(
            "the approver {who} is a contract, and what it sends cannot be foreseen (as a plain call it \
             fails: {failure})"
        )),
        None => DryRun::Fails(failure),
    };
    Ok((measured, dry_run))
}

/// Whether what goes through executes: a contract that is asked may not consent, and a delay may be left.
fn executed(simulation: &Simulation, ours: CallRequest) -> Result<DryRun, SimulationError> {
    Ok(match progress_in(&simulation.answer(ours)?) {
        Some(progress) if progress.executed => DryRun::Succeeds,
        _ => DryRun::Untried(
            "a delay, a contract that is asked, or that an account without code has to send it, still keeps it back"
                .into(),
        ),
    })
}

/// The first of them that has code.
fn contract(simulation: &Simulation, others: &[Address], sender: Address) -> Option<Address> {
    let mut all = others.iter().chain([&sender]);
    let has_code = |who: &&Address| simulation.code(**who).is_ok_and(|code| !code.is_empty());
    all.find(has_code).copied()
}
