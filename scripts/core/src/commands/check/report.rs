//! The report of a check: what was found, at its places in the sources.

use super::{Check, Format};
use crate::assess::{
    Coverage, Finding, Part, Role, Severity, annotation, decide, sarif_log, told_once,
};
use crate::context::prelude::*;
use crate::ids::CodeHash;
use crate::own_file::io;
use std::cmp::Reverse;
use std::path::Path;

impl Check<'_> {
    /// Makes the report of the check.
    pub(super) fn report(mut self, context: &Context, built: Option<Built>) -> CheckReport {
        let seen = self.coverage.findings().into_iter();
        let is_told = |one: &Finding| self.is_built && one.severity != Severity::Good;
        self.findings.extend(seen.filter(is_told));
        let found = std::mem::take(&mut self.findings).into_iter();
        let placed = found.map(|one| match self.place(&one) {
            Some(place) => one.at(Some(place), &self.root),
            None => one,
        });
        self.findings = placed.collect();
        let accepted = context.accepted();
        let refused = decide(&self.findings, &accepted, Role::Ci).refused;
        for one in &mut self.findings {
            let is_same = |other: &Finding| (&other.id, other.part) == (&one.id, one.part);
            one.severity = match refused.iter().any(is_same) {
                true => Severity::Danger,
                false if accepted.contains(&one.id) => Severity::Warning,
                false => one.severity,
            };
        }
        self.findings
            .sort_by_key(|finding| Reverse(finding.severity));
        let errors = refused.len();
        let all = self.findings.iter();
        let taken = all.filter(|one| accepted.contains(&one.id));
        CheckReport {
            name: self.args.name.clone(),
            built,
            accepted: taken.cloned().collect(),
            coverage: self.coverage,
            ok: errors == 0,
            errors,
            is_tried_in_part: self.is_tried_in_part,
            format: self.args.format,
            findings: self.findings,
        }
    }

    /// The place in the sources that a finding is about.
    fn place(&self, finding: &Finding) -> Option<(&Path, usize)> {
        let about = finding.about.as_deref()?;
        match finding.part {
            Part::Layout | Part::LiveInstances => self.places.field(about),
            Part::Simulation => (self.places.function(about)).or_else(|| self.places.field(about)),
            _ => self.places.function(about),
        }
    }
}

/// The report of `check`.
#[derive(Serialize)]
pub(crate) struct CheckReport {
    /// The definition.
    name: String,
    #[serde(flatten)]
    built: Option<Built>,
    /// The findings, the most severe first.
    findings: Vec<Finding>,
    /// The findings among them that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<Finding>,
    /// The coverage of each part by checks.
    coverage: Coverage,
    /// True if no finding blocks an upgrade.
    ok: bool,
    #[serde(skip)]
    errors: usize,
    #[serde(skip)]
    is_tried_in_part: bool,
    #[serde(skip)]
    format: Format,
}

/// The code that was checked, if it builds.
#[derive(Serialize)]
pub(super) struct Built {
    /// keccak256 of the code.
    pub(super) codehash: CodeHash,
    /// Bytes of the code on chain.
    pub(super) code_bytes: usize,
    /// The description of the baseline.
    pub(super) against: String,
    /// The label of that; null if it is not known.
    pub(super) from: Option<String>,
    /// The label of the new version.
    pub(super) to: String,
}

impl CheckReport {
    /// Writes the findings to a file, in place of what it held.
    pub(super) fn write_sarif(&self, file: &Path) -> Result<()> {
        let log = format!("{:#}\n", sarif_log(&self.findings));
        Ok(std::fs::write(file, log).map_err(io("written", file))?)
    }
}

impl CommandReport for CheckReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let name = &self.name;
        let mut lines = vec![match self.errors {
            0 if self.is_tried_in_part => {
                format!("! {name} can be upgraded to this as far as it was tried")
            }
            0 => format!("✓ {name} can be upgraded to this"),
            1 => format!("✗ 1 finding blocks an upgrade of {name}"),
            errors => format!("✗ {errors} findings block an upgrade of {name}"),
        }];
        if self.format == Format::People {
            lines.extend(told_once(&self.findings).iter().flat_map(Finding::lines));
        }
        lines
    }

    fn commands(&self) -> Vec<String> {
        let all = self.findings.iter();
        let annotated = all.filter(|_| self.format == Format::Github);
        annotated.map(annotation).collect()
    }

    fn exit(&self) -> Exit {
        match self.errors {
            0 => Exit::Done,
            _ => Exit::Refused,
        }
    }
}
