//! What a governed call does once those have approved whom it needs beside its sender, tried on a fork
//! behind their approvals. As the chain is now the same call may only approve, whatever it would run.

use super::governed::GovernedCall;
use super::submit::progress_in;
use crate::error::Report;
use crate::simulation::{Simulation, SimulationError};
use alloy::primitives::{Address, Bytes, U256};
use serde::Serialize;
use stylus_chain::{BlockId, CallRequest, Chain};

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
    /// What it fails with, and the instance whose upgrade fails, if it is one.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// What to do about it.
    pub next: String,
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
    let error = match simulation.estimate("the call", &ours, BlockId::latest()) {
        Ok(gas) => return Ok((Some(gas), executed(&simulation, ours)?)),
        Err(error) => error,
    };
    let (proxy, step) = simulation.failing(ours);
    let mut failure = match error {
        SimulationError::Refused { revert, .. } => {
            let revert = revert.ended(step);
            let advice = revert.advice();
            Failure {
                found: revert.to_string(),
                expected: advice.expected,
                next: advice.next,
            }
        }
        SimulationError::Halted { reason, .. } => Failure {
            found: reason,
            expected: "a call that goes through".into(),
            next: "look at the code that it runs".into(),
        },
        error => return Err(error),
    };
    if let Some(proxy) = proxy {
        let instance = format!(", and what fails is instance {proxy}");
        failure.found.push_str(&instance);
    }
    // What a contract sends comes from a transaction of somebody else, and what it does there may differ.
    let mut all = others.iter().chain([&sender]);
    let has_code = |who: &&Address| simulation.code(**who).is_ok_and(|code| !code.is_empty());
    let dry_run = match all.find(has_code) {
        Some(who) => DryRun::Untried(format!(
            "the approver {who} is a contract, and what it sends cannot be foreseen (as a plain call it \
             fails: {})",
            failure.found
        )),
        None => DryRun::Fails(failure),
    };
    Ok((None, dry_run))
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
