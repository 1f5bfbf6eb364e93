//! Flags of every command that some commands refuse, before they do anything: a call is exported only by commands that
//! make one for approvers, and a dry run writes no file.

use super::args::{
    ApproveArgs, Command, CreateProxyArgs, FuzzArgs, Global, MigrationArgs, OfflineArgs,
    PolicyCommand, RegistryCommand,
};
use super::export::not_governed;
use super::prelude::*;

/// Refuses flags that a command cannot follow.
///
/// # Errors
/// [`Error::Usage`], `ExportNotGoverned`, `ExportIncomplete`.
pub(super) fn require(command: &Command, global: &Global) -> Result<()> {
    if global.export.wanted()?.is_some() && !is_governed(command) {
        return Err(not_governed().into());
    }
    let is_refused = global.dry_run && (global.export.export.is_some() || writes(command));
    match is_refused {
        false => Ok(()),
        true => Err(Error::Usage {
            message: "a dry run keeps nothing, and this would write a file".into(),
            expected: "--dry-run without --save, --export, --offline and --corpus".into(),
            found: "one of them".into(),
            next: "leave one of both out".into(),
        }),
    }
}

/// Whether a command makes a call for approvers.
fn is_governed(command: &Command) -> bool {
    match command {
        Command::RunMigration(MigrationArgs { handler, abort, .. }) => handler.is_some() || *abort,
        Command::Approve(ApproveArgs { offline, .. }) => !offline.offline,
        Command::Policy { command } => matches!(command, PolicyCommand::Update { .. }),
        Command::Define { .. }
        | Command::Register(_)
        | Command::CreateProxy(_)
        | Command::Migrate(_)
        | Command::Rollback(_)
        | Command::Adopt(_)
        | Command::Transfer { .. }
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Revoke { .. }
        | Command::Cancel { .. } => true,
        _ => false,
    }
}

/// Whether a command writes what it was told to keep.
fn writes(command: &Command) -> bool {
    matches!(
        command,
        Command::CreateProxy(CreateProxyArgs { save: Some(_), .. })
            | Command::Fuzz(FuzzArgs {
                corpus: Some(_),
                ..
            })
            | Command::Registry {
                command: RegistryCommand::Deploy { save: true, .. },
            }
            | Command::Approve(ApproveArgs {
                offline: OfflineArgs { offline: true, .. },
                ..
            })
    )
}
