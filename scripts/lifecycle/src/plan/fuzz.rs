//! What is to be fuzzed, and what a run of the fuzzer tells a check. The laboratory fuzzes; see its `fuzz`.

use super::{Abis, Fuzzed, PlanRequest};
use crate::assess::Finding;
use crate::functions::Functions;
use crate::manifest::Declared;
use alloy::primitives::Address;
use std::path::PathBuf;
use std::time::Duration;
use stylus_layout::Layout;

/// What is fuzzed.
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
    /// Where it ends, and what it follows from.
    pub settings: FuzzSettings,
}

/// How it is fuzzed.
#[derive(Debug, Clone)]
pub struct FuzzSettings {
    /// What all random choices follow from.
    pub seed: u64,
    /// Sequences, at most.
    pub runs: Option<u64>,
    /// How long.
    pub time: Option<Duration>,
    /// What is meant to differ, and what must hold after every sequence.
    pub declared: Declared,
    /// Whether nothing is learnt from what calls do.
    pub blind: bool,
    /// The folder of sequences that are tried first, and that new ones are written to.
    pub corpus: Option<PathBuf>,
}

/// What a run of the fuzzer tells a check.
#[derive(Debug, Clone)]
pub struct FuzzRun {
    /// The differences that nobody declared, each with the function, the variable or the account that it is about.
    pub findings: Vec<(Finding, String)>,
    /// What was done.
    pub summary: Finding,
    /// The run as this machine remembers it.
    pub record: Fuzzed,
}
