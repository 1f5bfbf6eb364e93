//! The outcome of a call after the approvals that it needs, as far as it is known.

use super::approvers_act::Given;
use crate::error::{Refusal, Report};
use serde::Serialize;

/// The outcome of a call after the approvals that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimulatedExecution {
    /// It executes, with that taken as given.
    Succeeds(Given),
    /// It fails by what it runs: `WouldFail`.
    Fails(Refusal),
    /// It was not simulated, and why.
    NotSimulated(String),
}

/// Facts about a call that only approves: it would fail although failing is allowed, nobody knows if it would succeed, or it
/// succeeds with assumptions.
#[derive(Debug, Default, Serialize)]
pub struct SimulationReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    would_fail: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_tried: Option<String>,
    /// The assumptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Given>,
}

impl SimulationReport {
    /// Of a call that was simulated after the approvals that it needs.
    pub fn of(simulation: Option<&SimulatedExecution>) -> Self {
        let mut report = Self::default();
        match simulation {
            Some(SimulatedExecution::Fails(refusal)) => {
                report.would_fail = Some(Report::of(refusal))
            }
            Some(SimulatedExecution::NotSimulated(why)) => report.not_tried = Some(why.clone()),
            Some(SimulatedExecution::Succeeds(given)) => {
                report.given = given.words().map(|_| given.clone());
            }
            None => {}
        }
        report
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let fails = self.would_fail.iter();
        let fails = fails.map(|error| format!("warning: {}", error.message));
        let not_simulated = self.not_tried.iter();
        let not_simulated = not_simulated
            .map(|why| format!("the execution after the last approval was not simulated: {why}"));
        let given = self.given.iter().filter_map(Given::words);
        let given = given
            .map(|words| format!("the execution after the last approval was simulated, {words}"));
        fails.chain(not_simulated).chain(given).collect()
    }
}
