//! Runs of the fuzzer, remembered in the user's state folder. Who looks at a proposal of the same upgrade sees whether
//! this machine fuzzed it.

use crate::registry::Key;
use crate::state_folder::{recall, remember, state_folder};
use crate::text::{count, duration, utc};
use alloy::primitives::{hex, keccak256};
use alloy::sol_types::SolValue;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use stylus_upgrades_interface::registry::{Code, Step};

/// The folder of the files in it.
const FOLDER: &str = "fuzzed";

/// The newest run of one upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fuzzed {
    /// The end of the run, in Unix seconds.
    pub at: u64,
    /// The block that it began at.
    pub block: u64,
    /// The seed of all random choices.
    pub seed: u64,
    /// Its duration, in milliseconds.
    pub milliseconds: u64,
    /// Sequences that were run.
    pub sequences: u64,
    /// Calls in them.
    pub calls: u64,
    /// The findings, in a line each.
    pub findings: Vec<String>,
    /// The differences that were meant.
    pub declared: Vec<String>,
}

/// The file of the newest run of an upgrade: of a definition of a registry, to that code, by that step.
fn file(registry: Key, name: &str, code: &Code, step: &Step) -> Option<PathBuf> {
    let upgrade = (
        registry.chain_id,
        registry.genesis,
        registry.registry,
        name,
        code.codehash,
        step.clone(),
    );
    let hash = keccak256(upgrade.abi_encode());
    Some(
        state_folder()?
            .join(FOLDER)
            .join(format!("{}.json", hex::encode(hash))),
    )
}

impl Fuzzed {
    /// The newest run of an upgrade on this machine.
    pub fn recall(registry: Key, name: &str, code: &Code, step: &Step) -> Option<Self> {
        recall(&file(registry, name, code, step)?)
    }

    /// Remembers this run of an upgrade, but not one that called nothing, nor a shorter one that no longer finds a
    /// difference.
    pub fn remember(&self, registry: Key, name: &str, code: &Code, step: &Step) {
        let Some(file) = file(registry, name, code, step) else {
            return;
        };
        let before: Option<Self> = recall(&file);
        let is_evidence = self.calls > 0 || !self.findings.is_empty();
        if is_evidence && before.is_none_or(|before| self.replaces(&before)) {
            remember(&file, self);
        }
    }

    /// Returns true if this run says at least as much as an earlier one of the same upgrade.
    fn replaces(&self, before: &Self) -> bool {
        let is_longer = self.calls >= before.calls || self.declared != before.declared;
        is_longer || !self.findings.is_empty() || before.findings.is_empty()
    }

    /// It in a line.
    pub fn words(&self) -> String {
        let found = match self.findings.as_slice() {
            [] => "no difference".to_owned(),
            all => format!("differences: {}", all.join(", ")),
        };
        let meant = match self.declared.as_slice() {
            [] => String::new(),
            all => format!("; meant to differ: {}", all.join(", ")),
        };
        format!(
            "fuzzed for {} from block {} with seed {}, {} with {}: {found}{meant} \
             (remembered on this machine since {})",
            duration(self.milliseconds / 1_000),
            self.block,
            self.seed,
            count(self.sequences, "sequence"),
            count(self.calls, "call"),
            utc(self.at),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_words() {
        let mut fuzzed = Fuzzed {
            at: 0,
            block: 9,
            seed: 3,
            milliseconds: 60_400,
            sequences: 1,
            calls: 2_000,
            findings: Vec::new(),
            declared: vec!["fee()".into()],
        };
        let expected = "fuzzed for 1 min 0 s from block 9 with seed 3, 1 sequence with 2,000 calls: no difference; \
                        meant to differ: fee() (remembered on this machine since 1970-01-01 00:00:00 UTC)";
        assert_eq!(fuzzed.words(), expected);
        let before = fuzzed.clone();
        fuzzed.findings = vec![
            "fee() returns other data".into(),
            "total holds something else".into(),
        ];
        let words = fuzzed.words();
        assert!(
            words.contains("differences: fee() returns other data, total holds something else;"),
            "{words}"
        );
        assert!(fuzzed.replaces(&before) && before.replaces(&fuzzed));
        let shorter = Fuzzed { calls: 1, ..before };
        assert!(!shorter.replaces(&fuzzed), "it found less and did less");
    }
}
