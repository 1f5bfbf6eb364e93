//! A dry run keeps nothing: commands that would write a file refuse it before they do anything.

use super::args::{
    ApproveArgs, Command, CreateProxyArgs, FuzzArgs, Global, OfflineArgs, RegistryCommand,
};
use crate::app_error::Error;

/// Refuses a dry run that would write a file.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn require(command: &Command, global: &Global) -> Result<(), Error> {
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
