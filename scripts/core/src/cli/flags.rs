//! Global flags that some commands refuse before they do anything: only commands that make a call for approvers export
//! one, and a dry run writes no file.

use crate::client::ChainError;
use crate::context::Program;
use crate::context::spec::Invocation;
use crate::options::Global;
use crate::prelude::*;

/// Refuses flags that a command cannot follow.
///
/// # Errors
/// [`Error::Usage`], `ExportNotGoverned`, `ExportIncomplete`.
pub(super) fn require_compatible(
    program: &Program,
    invocation: &dyn Invocation,
    global: &Global,
) -> Result<()> {
    if global.export.wanted()?.is_some() && !invocation.is_governed() {
        return Err(not_governed(program).into());
    }
    let exports = global.export.export.is_some().then_some("--export");
    match exports.or(invocation.writes()).filter(|_| global.dry_run) {
        None => Ok(()),
        Some(word) => Err(Error::Usage {
            message: format!("{word} writes files, and --dry-run writes none"),
            expected: format!("--dry-run without {word}"),
            found: "both".into(),
            next: "leave out one of the two".into(),
        }),
    }
}

/// The refusal of a command that makes no call for approvers.
fn not_governed(program: &Program) -> ChainError {
    let message = "this command makes no call that approvers send";
    let governed: Vec<&str> = program.commands().filter_map(|one| one.governs()).collect();
    let refusal = Refusal::new("ExportNotGoverned", message).with(
        format!("one of these commands: {}", governed.join(", ")),
        "--export with another command",
        "remove --as and --export",
    );
    refusal.exiting(Exit::Usage).into()
}
