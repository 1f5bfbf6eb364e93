//! The report of the fuzzer: one value, rendered for people and programs.

use super::difference::DifferenceKind;
use super::regression::write_regression_test;
use super::sequence::{FuzzCall, TargetFunction};
use super::shrink::MinimalSequence;
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::error::Exit;
use crate::names::Names;
use crate::plan::Fuzzed;
use crate::report::CommandReport;
use crate::text::count;
use alloy::primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// The calls that were made, and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct FuzzReport {
    /// The definition.
    pub name: String,
    /// The version before.
    pub from: String,
    /// The new one.
    pub to: String,
    /// The block that both copies begin at.
    pub block: u64,
    /// The instance that is called.
    pub proxy: Address,
    /// The seed that all random choices follow from.
    pub seed: u64,
    /// Sequences that were run.
    pub sequences: u64,
    /// Sequences that needed state of the endpoint once enough of it was read: they show nothing.
    pub unread: u64,
    /// Calls in them, each on both copies, those of making a sequence smaller included.
    pub calls: u64,
    /// Milliseconds that it took.
    pub milliseconds: u64,
    /// Calls a second, each on both copies.
    pub calls_per_second: u64,
    /// Ways through the code of both versions that were told apart.
    pub behaviors: usize,
    /// Sequences that showed a new behavior.
    pub corpus: usize,
    /// Functions that both versions have and that were called.
    pub functions: Vec<String>,
    /// Variables and getters that were compared after each sequence.
    pub variables: usize,
    /// The differences that are declared.
    pub declared: Vec<String>,
    /// Differences that nobody declared.
    pub findings: Vec<FuzzFinding>,
}

/// A difference, with the smallest sequence that shows it.
#[derive(Debug, Clone, Serialize)]
pub struct FuzzFinding {
    /// The kind of the difference.
    pub kind: DifferenceKind,
    /// The function, the variable or the account.
    pub subject: String,
    /// With the version before.
    pub before: String,
    /// With the new one.
    pub after: String,
    /// Other variables that differ after the same calls.
    pub also: Vec<String>,
    /// The number of the sequence that showed it first.
    pub sequence: u64,
    /// Calls until then, those of that sequence included.
    pub calls_until: u64,
    /// The smallest sequence that shows it.
    pub calls: Vec<SequenceCall>,
    /// The same as commands.
    pub commands: Vec<String>,
    /// The same as a test in Rust.
    pub test: String,
}

/// A call of such a sequence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceCall {
    /// The caller.
    pub from: Address,
    /// The function with its arguments, for people.
    pub call: String,
    /// The bytes.
    pub calldata: Bytes,
    /// Wei that go along.
    #[serde(default)]
    pub value: U256,
    /// Seconds that pass before it.
    #[serde(default)]
    pub seconds: u64,
    /// Blocks of L1 that pass before it.
    #[serde(default)]
    pub blocks: u64,
}

impl FuzzReport {
    /// A finding among those of a check.
    pub fn finding(&self, found: &FuzzFinding) -> Finding {
        let finding = Finding::problem(
            "FuzzDiffers",
            found.headline(),
            &format!("as with {}: {}", self.from, found.before),
            found.after.clone(),
            &format!(
                "correct the new version, or declare it in the manifest: [fuzz.{}] differs = [{:?}]",
                self.name, found.subject
            ),
        );
        let seed = format!("found by running, with seed {}:", self.seed);
        Finding {
            details: std::iter::once(seed)
                .chain(found.commands.iter().cloned())
                .collect(),
            ..finding
        }
    }

    /// The run as this machine remembers it.
    pub fn record(&self) -> Fuzzed {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Fuzzed {
            at: now.map_or(0, |now| now.as_secs()),
            block: self.block,
            seed: self.seed,
            milliseconds: self.milliseconds,
            sequences: self.sequences,
            calls: self.calls,
            findings: self.findings.iter().map(FuzzFinding::headline).collect(),
            declared: self.declared.clone(),
        }
    }

    /// Returns what was done, as a note of a check.
    pub fn summary(&self) -> Finding {
        let mut done = format!(
            "{} with {} on the instance {}, with seed {}: {}",
            count(self.sequences, "sequence"),
            count(self.calls, "call"),
            self.proxy,
            self.seed,
            count(self.findings.len() as u64, "difference"),
        );
        if !self.declared.is_empty() {
            done += &format!("; meant to differ: {}", self.declared.join(", "));
        }
        let severity = match self.calls {
            0 => Severity::Unknown,
            _ => Severity::Note,
        };
        Finding::named(Part::Simulation, severity, FindingKind::Fuzzed, done)
    }
}

/// The origin of a finding.
pub(super) struct FindingOrigin {
    /// The number of the sequence that showed it first.
    pub(super) sequence: u64,
    /// Calls until then, those of that sequence included.
    pub(super) calls_until: u64,
    /// The instance that was called.
    pub(super) proxy: Address,
    /// The block that both copies begin at.
    pub(super) block: u64,
}

impl FuzzFinding {
    pub(super) fn new(
        found: &MinimalSequence,
        origin: &FindingOrigin,
        targets: &[TargetFunction],
    ) -> Self {
        let proxy = origin.proxy;
        let (calls, difference) = (&found.calls, &found.difference);
        let mut commands = Vec::new();
        for call in calls {
            commands.extend(call.describe_wait().map(|words| format!("# {words}")));
            commands.push(call.command(proxy, targets));
        }
        Self {
            kind: difference.kind,
            subject: difference.subject.clone(),
            before: difference.before.clone(),
            after: difference.after.clone(),
            also: found.also.iter().cloned().collect(),
            sequence: origin.sequence,
            calls_until: origin.calls_until,
            calls: calls
                .iter()
                .map(|call| SequenceCall::new(call, targets))
                .collect(),
            commands,
            test: write_regression_test(found, proxy, origin.block, targets),
        }
    }

    /// Says what differs, in one line.
    pub fn headline(&self) -> String {
        format!("{} {}", self.subject, self.kind.words())
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("✗ {}", self.headline()),
            format!("    before: {}", self.before),
            format!("    after:  {}", self.after),
        ];
        if !self.also.is_empty() {
            lines.push(format!("    with it differ: {}", self.also.join(", ")));
        }
        match self.calls.len() {
            0 => lines.push("    right after the upgrade, without any call".into()),
            calls => lines.push(format!("    with {}:", count(calls, "call"))),
        }
        lines.extend(
            self.commands
                .iter()
                .map(|command| format!("      {command}")),
        );
        lines.push("    as a test:".into());
        lines.extend(self.test.lines().map(|line| format!("      {line}")));
        lines
    }
}

impl SequenceCall {
    pub(super) fn new(call: &FuzzCall, targets: &[TargetFunction]) -> Self {
        Self {
            from: call.from,
            call: call.describe(targets),
            calldata: call.input(targets),
            value: call.value,
            seconds: call.seconds,
            blocks: call.blocks,
        }
    }
}

impl CommandReport for FuzzReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = vec![
            format!(
                "{} {} → {}, fuzzed from block {} on {} with seed {}",
                self.name,
                self.from,
                self.to,
                self.block,
                names.long(self.proxy),
                self.seed
            ),
            format!(
                "  {} with {} of {}, {} compared",
                count(self.sequences, "sequence"),
                count(self.calls, "call"),
                count(self.functions.len() as u64, "function"),
                count(self.variables as u64, "variable")
            ),
            format!("  {} told apart", count(self.behaviors as u64, "behavior")),
        ];
        if self.unread > 0 {
            let sequences = count(self.unread, "sequence");
            lines.push(format!(
                "  ! {sequences} left out: they need state that was not read"
            ));
        }
        lines.extend(
            self.declared
                .iter()
                .map(|declared| format!("  · meant to differ: {declared}")),
        );
        lines.extend(self.findings.iter().flat_map(FuzzFinding::lines));
        if self.calls == 0 {
            lines.push("✗ nothing was called: give more --time or --runs".into());
        } else if self.findings.is_empty() {
            lines.push("✓ no difference was found".into());
        }
        lines
    }

    fn exit(&self) -> Exit {
        if self.calls > 0 && self.findings.is_empty() {
            Exit::Done
        } else {
            Exit::Refused
        }
    }
}
