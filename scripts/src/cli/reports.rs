//! A test aid, compiled in with the feature `kill-points`: the types of the reports of each command. From this table
//! and the sources of these types a test generates `docs/evidence/reports.schema.json`. A command that reports another
//! type panics.

use super::Cli;
use crate::census::Census;
use crate::commands::*;
use crate::export::ExportedFile;
use crate::fuzz::FuzzReport;
use crate::history::HistoryReport;
use crate::line_coverage::LineCoverage;
use crate::output::Outcome;
use crate::pipeline::effects::{Effects, Governed};
use crate::review::{Pending, Policies};
use clap::CommandFactory;
use std::any::type_name as of;
use std::ffi::OsString;

/// Commands, each with the names of the types that it reports.
pub fn table() -> Vec<(&'static str, Vec<&'static str>)> {
    let version = || vec![of::<Governed<version::Described>>()];
    let paused = || vec![of::<Governed<pause::PausedDefinition>>()];
    vec![
        (
            "adopt",
            vec![
                of::<Governed<adopt::Adoption>>(),
                of::<Governed<adopt::Acceptance>>(),
            ],
        ),
        (
            "approve",
            vec![
                of::<Governed<approve::Approval>>(),
                of::<approve::AlreadyExecuted>(),
                of::<sign::SignedOffline>(),
            ],
        ),
        ("call", vec![of::<call::Answered>()]),
        (
            "cancel",
            vec![of::<revoke::Cancelled>(), of::<ExportedFile>()],
        ),
        ("census", vec![of::<Census>()]),
        ("check", vec![of::<check::CheckReport>()]),
        ("completions", vec![of::<about::Completions>()]),
        ("console", vec![of::<console::Served>()]),
        ("coverage", vec![of::<LineCoverage>()]),
        (
            "create-proxy",
            vec![of::<Governed<create_proxy::CreatedInstance>>()],
        ),
        ("define", vec![of::<Governed<define::Definition<'_>>>()]),
        ("demo", vec![of::<demo::Walkthrough>()]),
        ("deploy", vec![of::<deploy::Deployed<'_>>()]),
        (
            "doctor",
            vec![of::<doctor::Examined>(), of::<doctor::ExaminedChain>()],
        ),
        ("fuzz", vec![of::<FuzzReport>()]),
        ("history", vec![of::<HistoryReport>()]),
        ("init", vec![of::<project::Changed<'_>>()]),
        ("layout diff", vec![of::<layout::Difference>()]),
        ("layout migration", vec![of::<layout::WrittenMigration>()]),
        ("layout show", vec![of::<layout::ShownLayout>()]),
        ("man", vec![of::<about::Manual>()]),
        ("migrate", version()),
        ("new", vec![of::<project::Created<'_>>()]),
        ("node", vec![of::<node::Running>()]),
        ("pause", paused()),
        (
            "pending",
            vec![of::<Pending>(), of::<review::ReviewedAgainst>()],
        ),
        ("plan", vec![of::<plan::Ran>()]),
        ("policy explain", vec![of::<Policies>()]),
        (
            "policy update",
            vec![of::<Governed<policy::PolicyUpdate<'_>>>()],
        ),
        ("register", version()),
        ("registry deploy", vec![of::<registry::Deployed>()]),
        ("registry descriptors", vec![of::<registry::Descriptors>()]),
        ("resume", paused()),
        (
            "revoke",
            vec![of::<revoke::Revoked>(), of::<ExportedFile>()],
        ),
        ("rollback", version()),
        (
            "run-migration",
            vec![
                of::<run_migration::MigratedReport>(),
                of::<Governed<run_migration::BetweenVersions>>(),
            ],
        ),
        ("send", vec![of::<call::Called>()]),
        (
            "status",
            vec![
                of::<status::StatusReport>(),
                of::<report::WrittenReport<'_>>(),
            ],
        ),
        (
            "submit",
            vec![
                of::<Governed<submit::Submission<'_>>>(),
                of::<approve::AlreadyExecuted>(),
            ],
        ),
        ("trace", vec![of::<trace::Traced>()]),
        ("transfer", vec![of::<Governed<transfer::TransferReport>>()]),
        (
            "upgrade",
            vec![of::<upgrade::UpgradedInstance>(), of::<Effects>()],
        ),
        ("verify", vec![of::<verify::Verified>()]),
    ]
}

/// The name of the command that a command line calls; `None` if it calls none.
pub fn called(words: &[OsString]) -> Option<String> {
    let matches = Cli::command().try_get_matches_from(words).ok()?;
    let (name, inner) = matches.subcommand()?;
    Some(match inner.subcommand() {
        Some((second, _)) => format!("{name} {second}"),
        None => name.to_owned(),
    })
}

/// Panics if the table does not list the type of a report.
pub(super) fn require_listed(outcome: &Outcome) {
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = called(&words).unwrap_or_default();
    let listed = table().into_iter().find(|(listed, _)| *listed == name);
    let is_listed = listed.is_some_and(|(_, types)| types.contains(&outcome.report));
    let report = outcome.report;
    assert!(is_listed || report.is_empty(), "{name} reports {report}");
}
