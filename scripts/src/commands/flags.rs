//! Global flags that some commands refuse before they do anything: only commands that make a call for approvers export
//! one, and a dry run writes no file.

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
pub(super) fn require_compatible(command: &Command, global: &Global) -> Result<()> {
    if global.export.wanted()?.is_some() && !is_governed(command) {
        return Err(not_governed().into());
    }
    let is_refused = global.dry_run && (global.export.export.is_some() || writes(command));
    match is_refused {
        false => Ok(()),
        true => Err(Error::Usage {
            message: "--dry-run cannot be combined with a flag that writes a file".into(),
            expected: "--dry-run without --save, --export, --offline and --corpus".into(),
            found: "one of them".into(),
            next: "remove one of the two".into(),
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

/// Whether a command writes a file that its flags ask for.
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
