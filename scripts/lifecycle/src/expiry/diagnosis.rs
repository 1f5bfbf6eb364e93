//! The result of an examination of a registry. The doctor makes it; pages and programs read it.

use super::chain::ChainFacts;
use super::programs::Program;
use crate::assess::{Finding, Severity};
use alloy::primitives::Address;
use serde::Serialize;

/// The name of the finding that the endpoint does not tell everything.
pub const INCOMPLETE: &str = "EventsIncomplete";
/// The name of the finding that a definition is paused.
pub const PAUSED: &str = "DefinitionPaused";

/// The result of an examination.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The chain.
    pub chain: ChainFacts,
    /// The code that is needed, what users depend on first.
    pub programs: Vec<Program>,
    /// Complex migrations that are under way.
    pub migrations: Vec<Migration>,
    /// The findings, the most urgent first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Returns the severity of the most urgent finding.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// A complex migration that is under way.
#[derive(Debug, Clone, Serialize)]
pub struct Migration {
    /// The instance.
    pub proxy: Address,
    /// Its definition.
    pub definition: String,
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// The account that supplies the batches.
    pub handler: Address,
    /// Unix seconds at which it began.
    pub since: u64,
    /// True if it goes back.
    pub back: bool,
    /// Items in the new form; `None` where only the program itself could tell.
    pub done: Option<u64>,
    /// Items that there are.
    pub total: Option<u64>,
}
