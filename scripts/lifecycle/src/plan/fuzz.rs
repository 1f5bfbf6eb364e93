//! Request and result of a run of the fuzzer, for a check. The laboratory fuzzes; see its `fuzz`.

use super::{Abis, Fuzzed, PlanRequest};
use crate::assess::Finding;
use crate::functions::Functions;
use crate::manifest::Declared;
use alloy::primitives::Address;
use std::path::PathBuf;
use std::time::Duration;
use stylus_layout::Layout;

/// The request to fuzz an upgrade.
#[derive(Debug)]
pub struct FuzzRequest {
    /// The upgrade.
    pub plan: PlanRequest,
    /// The instance; the first one that is upgraded unless it is given.
    pub proxy: Option<Address>,
    /// The functions, events and errors of both versions.
    pub abis: Abis,
    /// Functions that no user calls: initializers and migrations.
    pub steps: Functions,
    /// The storage layouts of both versions, as far as they are known.
    pub layouts: [Layout; 2],
    /// The limits and the seed.
    pub settings: FuzzSettings,
}

/// The settings of a run of the fuzzer.
#[derive(Debug, Clone)]
pub struct FuzzSettings {
    /// The seed of all random choices.
    pub seed: u64,
    /// Sequences, at most.
    pub runs: Option<u64>,
    /// The duration.
    pub time: Option<Duration>,
    /// The differences that are meant, and the conditions that must hold after every sequence.
    pub declared: Declared,
    /// True if nothing is learnt from what calls do.
    pub blind: bool,
    /// The folder of sequences that are tried first, and that new ones are written to.
    pub corpus: Option<PathBuf>,
}

/// The result of a run of the fuzzer, for a check.
#[derive(Debug, Clone)]
pub struct FuzzRun {
    /// The differences that nobody declared, each with the function, the variable or the account that it is about.
    pub findings: Vec<(Finding, String)>,
    /// A summary of the run.
    pub summary: Finding,
    /// The run as this machine remembers it.
    pub record: Fuzzed,
}
