//! Flags of every command that only some can heed: the others refuse them before they do anything.

use super::args::{
    ApproveArgs, Command, CreateProxyArgs, FuzzArgs, Global, OfflineArgs, PolicyCommand,
    RegistryCommand,
};
use crate::app_error::Error;
use crate::assess::{Accepted, FindingId};
use crate::layout::LayoutError;

/// What a policy can be that is worth a question.
const OF_POLICY: [FindingId; 3] = [
    FindingId::POLICY_NONE,
    FindingId::NEW_ROLE,
    FindingId::EXCLUDED_SENDER,
];

/// Refuses what is accepted and can never be found by this command, and a dry run that would write a file.
///
/// # Errors
/// [`LayoutError::NoSuchFinding`], [`Error::Usage`].
pub(super) fn require(
    command: &Command,
    global: &Global,
    accepted: &Accepted,
) -> Result<(), Error> {
    if global.dry_run && (global.export.export.is_some() || writes(command)) {
        return Err(Error::Usage {
            message: "a dry run keeps nothing, and this would write a file".into(),
            expected: "--dry-run without --save, --export, --offline and --corpus".into(),
            found: "one of them".into(),
            next: "leave one of both out".into(),
        });
    }
    match accepted.iter().find(|id| !finds(command, id)) {
        None => Ok(()),
        Some(id) => Err(LayoutError::NoSuchFinding {
            id: id.clone(),
            known: Vec::new(),
        }
        .into()),
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

/// Whether a command can find that.
fn finds(command: &Command, id: &FindingId) -> bool {
    let is_of_policy = OF_POLICY.contains(id);
    let would_fail = *id == FindingId::WOULD_FAIL;
    match command {
        Command::Deploy { .. } => *id == FindingId::CONSTRUCTOR,
        Command::Register(_) | Command::Migrate(_) | Command::Rollback(_) => {
            would_fail || *id == FindingId::OTHER_ACTION || id.is_of_a_way()
        }
        Command::CreateProxy(_) | Command::Adopt(_) | Command::Upgrade { .. } => {
            would_fail || id.is_of_a_way()
        }
        Command::Fuzz(_) => id.is_of_a_trial() || id.is_of_a_way(),
        Command::Plan(_) | Command::Check(_) => {
            *id == FindingId::MANIFEST_UNREVIEWED || id.is_of_a_trial() || id.is_of_a_way()
        }
        Command::Layout { .. } => *id == FindingId::MANIFEST_UNREVIEWED || id.is_of_a_way(),
        Command::Approve(_) | Command::Submit(_) => {
            let is_of_others = [FindingId::OTHER_CODE, FindingId::OTHER_ACTION].contains(id);
            would_fail || is_of_policy || is_of_others || id.is_of_a_way()
        }
        Command::Pending { .. }
        | Command::Console(_)
        | Command::Verify(_)
        | Command::History { .. }
        | Command::Status { .. } => id.is_of_a_way(),
        Command::Transfer { .. } => would_fail || *id == FindingId::OTHER_CODE,
        Command::Define { .. }
        | Command::Policy {
            command: PolicyCommand::Update { .. },
        } => would_fail || is_of_policy || *id == FindingId::OTHER_ACTION,
        Command::Registry {
            command: RegistryCommand::Deploy { .. },
        } => would_fail || is_of_policy,
        Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Revoke { .. }
        | Command::Cancel { .. }
        | Command::RunMigration(_) => would_fail,
        _ => false,
    }
}
