//! Global flags that some commands refuse before they do anything: only commands that make a call for approvers export
//! one, and a dry run writes no file.

use super::Command;
use crate::commands::approve::ApproveArgs;
use crate::commands::layout::LayoutCommand;
use crate::commands::policy::PolicyCommand;
use crate::commands::registry::RegistryCommand;
use crate::commands::run_migration::{Gather, MigrationArgs};
use crate::context::prelude::*;
use crate::options::Global;
use crate::pipeline::export::not_governed;

/// Refuses flags that a command cannot follow.
///
/// # Errors
/// [`Error::Usage`], `ExportNotGoverned`, `ExportIncomplete`.
pub(super) fn require_compatible(command: &Command, global: &Global) -> Result<()> {
    if global.export.wanted()?.is_some() && !is_governed(command) {
        return Err(not_governed().into());
    }
    match writes(command, global).filter(|_| global.dry_run) {
        None => Ok(()),
        Some(word) => Err(Error::Usage {
            message: format!("{word} writes files, and --dry-run writes none"),
            expected: format!("--dry-run without {word}"),
            found: "both".into(),
            next: "leave out one of the two".into(),
        }),
    }
}

/// Whether a command makes a call for approvers.
fn is_governed(command: &Command) -> bool {
    match command {
        Command::RunMigration(MigrationArgs { handler, abort, .. }) => handler.is_some() || *abort,
        Command::Approve(ApproveArgs { offline, .. }) => !offline.offline,
        Command::Policy { command } => matches!(command, PolicyCommand::Update { .. }),
        Command::Define(_)
        | Command::Register(_)
        | Command::CreateProxy(_)
        | Command::Migrate(_)
        | Command::Rollback(_)
        | Command::Adopt(_)
        | Command::Transfer(_)
        | Command::Pause(_)
        | Command::Resume(_)
        | Command::Revoke(_)
        | Command::Cancel(_) => true,
        _ => false,
    }
}

/// The word of a command line that has files written.
fn writes(command: &Command, global: &Global) -> Option<&'static str> {
    Some(match command {
        _ if global.export.export.is_some() => "--export",
        Command::New(_) => "new",
        Command::Man(_) => "man",
        Command::Registry { command } => match command {
            RegistryCommand::Descriptors { .. } => "registry descriptors",
            RegistryCommand::Deploy { save: true, .. } => "--save",
            RegistryCommand::Deploy { .. } => return None,
        },
        Command::CreateProxy(args) if args.save.is_some() => "--save",
        Command::Init(args) if args.yes => "--yes",
        Command::Fuzz(args) if args.corpus.is_some() => "--corpus",
        Command::Approve(args) if args.offline.offline => "--offline",
        Command::Plan(args) if args.write_expect.is_some() => "--write-expect",
        Command::Census(_) => "census",
        Command::Node(_) => "node",
        Command::RunMigration(MigrationArgs {
            gather: Some(Gather::Census(_)),
            ..
        }) => "--gather census",
        Command::Trace(args) if args.flamegraph.is_some() => "--flamegraph",
        Command::Coverage(args) if args.lcov.is_some() => "--lcov",
        Command::Status(args) if args.report.is_some() => "--report",
        Command::Layout {
            command: LayoutCommand::Show { keep: true, .. },
        } => "--keep",
        _ => return None,
    })
}
