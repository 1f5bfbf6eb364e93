//! A test aid, compiled in with the feature `kill-points`: the types of the reports of each command. From this table
//! and the sources of these types a test generates `docs/evidence/reports.schema.json`. A command that reports another
//! type panics.

use super::help;
use crate::context::Program;
use crate::output::Outcome;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Commands, each with the names of the types that it reports.
pub fn table(program: &Program) -> BTreeMap<String, Vec<&'static str>> {
    let mut table: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for command in program.commands() {
        for report in command.reports() {
            let name = format!("{} {}", command.name(), report.below);
            table
                .entry(name.trim_end().to_owned())
                .or_default()
                .push(report.name);
        }
    }
    table
}

/// The whole command line.
pub fn command(program: &'static Program) -> clap::Command {
    help::command(program)
}

/// The name of the command that a command line calls; `None` if it calls none.
pub fn called(program: &'static Program, words: &[OsString]) -> Option<String> {
    let matches = command(program).try_get_matches_from(words).ok()?;
    let (name, inner) = matches.subcommand()?;
    Some(match inner.subcommand() {
        Some((second, _)) => format!("{name} {second}"),
        None => name.to_owned(),
    })
}

/// Panics if the table does not list the type of a report.
pub(super) fn require_listed(program: &'static Program, outcome: &Outcome) {
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = called(program, &words).unwrap_or_default();
    let listed = table(program).remove(&name);
    let is_listed = listed.is_some_and(|types| types.contains(&outcome.report));
    let report = outcome.report;
    assert!(is_listed || report.is_empty(), "{name} reports {report}");
}
