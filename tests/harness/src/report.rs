//! Suites of checks that scripts run: of node, of Python.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Command;

use serde::Deserialize;

use crate::error::HarnessError;

/// What a suite prints as its last line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// The checks that passed.
    pub passed: Vec<String>,
    /// The checks that did not, and why.
    pub failed: BTreeMap<String, String>,
    /// The checks that do not apply to the endpoint, and why.
    #[serde(default)]
    pub left_out: BTreeMap<String, String>,
    /// What it wrote beside, on the error stream.
    #[serde(skip)]
    pub errors: String,
}

impl Report {
    /// Runs the suite `what`, and prints how many of its checks passed, where the test passes too.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`] where it does not start, [`HarnessError::NoReport`] where it prints
    /// no report, or none of its checks applies.
    pub fn of(what: &str, suite: &mut Command) -> Result<Self, HarnessError> {
        let output = suite.output().map_err(|source| HarnessError::ToolMissing {
            program: suite.get_program().to_string_lossy().into_owned(),
            source,
        })?;
        let said = String::from_utf8_lossy(&output.stdout);
        let report = said.lines().rev();
        let mut report = report.filter_map(|line| serde_json::from_str::<Self>(line).ok());
        let found = report.next();
        let report = found.filter(|report| report.passed.len() + report.failed.len() > 0);
        let report = report.ok_or_else(|| HarnessError::NoReport {
            what: what.to_owned(),
            said: format!("{said}{}", String::from_utf8_lossy(&output.stderr)),
        })?;
        report.say(what);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Self { errors, ..report })
    }

    /// How many of its checks passed, and what was left out.
    fn line(&self, what: &str) -> String {
        let (passed, all) = (self.passed.len(), self.passed.len() + self.failed.len());
        let mut line = format!("{what}: {passed} of {all}");
        for (name, reason) in &self.left_out {
            line.push_str(&format!("\n    left out: {name}: {reason}"));
        }
        line
    }

    /// Prints how many of the checks of `what` passed, and what was left out, past what a test's
    /// output is held back by.
    pub fn say(&self, what: &str) {
        let _ = writeln!(std::io::stderr(), "{}", self.line(what));
    }

    /// The names of all its checks, those that were left out with them.
    ///
    /// # Panics
    /// If one did not pass.
    #[track_caller]
    pub fn checks(&self) -> BTreeSet<String> {
        assert!(
            self.failed.is_empty(),
            "{:#?}\n{}",
            self.failed,
            self.errors
        );
        let all = self.passed.iter().chain(self.left_out.keys());
        all.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Result<Report, HarnessError> {
        Report::of("a suite", Command::new("sh").args(["-c", text]))
    }

    #[test]
    fn the_last_report_counts_whatever_is_printed_beside() {
        let printed = r#"echo '{"passed":["old"],"failed":{}}'; echo words
            echo '{"passed":["a"],"failed":{"b":"no"},"left_out":{"c":"not here"}}'; echo '{}'"#;
        let report = shell(printed).expect("a report");
        assert_eq!(report.passed, ["a"]);
        assert_eq!(report.line("it"), "it: 1 of 2\n    left out: c: not here");
    }

    #[test]
    fn a_suite_without_a_report_or_a_check_is_an_error_with_its_words() {
        for silent in [
            "echo broken >&2; exit 3",
            r#"echo broken; echo '{"passed":[],"failed":{}}'"#,
        ] {
            let error = shell(silent).expect_err("no report").to_string();
            assert!(error.contains("broken"), "{error}");
        }
    }

    #[test]
    #[should_panic(expected = "no: it failed")]
    fn a_check_that_failed_is_none_of_those_that_passed() {
        let report = Report {
            passed: vec!["a".into()],
            failed: BTreeMap::from([("b".into(), "no: it failed".into())]),
            left_out: BTreeMap::new(),
            errors: String::new(),
        };
        report.checks();
    }
}
