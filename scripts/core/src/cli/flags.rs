//! Global flags that some commands refuse before they do anything: only commands that make a call for approvers export
//! one, and a dry run writes no file.

use crate::client::ChainError;
use crate::context::Program;
use crate::context::spec::Invocation;
use crate::options::Global;
use crate::prelude::*;
use crate::text::shell_word;
use std::path::Path;

/// Refuses flags that a command cannot follow.
///
/// # Errors
/// [`Error::Usage`], `ExportNotGoverned`, `ExportIncomplete`, `ExportInSources`.
pub(super) fn require_compatible(
    program: &Program,
    invocation: &dyn Invocation,
    global: &Global,
) -> Result<()> {
    if global.export.wanted()?.is_some() && !invocation.is_governed() {
        return Err(not_governed(program).into());
    }
    if let Some(file) = &global.export.export {
        require_outside_sources(file)?;
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

/// Refuses a file in a folder of sources: every file there is part of the source hash, so the next approver would build
/// something else.
fn require_outside_sources(file: &Path) -> Result<()> {
    let folder = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let Ok(folder) = folder.unwrap_or(Path::new(".")).canonicalize() else {
        return Ok(()); // writing says that it is not there
    };
    let sources = folder
        .ancestors()
        .find(|ancestor| ancestor.join("Cargo.toml").exists());
    let Some(sources) = sources else {
        return Ok(());
    };
    let name = file.file_name().unwrap_or(file.as_os_str());
    let next = Path::new("..").join(name);
    let refusal = Refusal::new(
        "ExportInSources",
        format!(
            "{} would lie in the sources in {}, and change their hash",
            file.display(),
            sources.display()
        ),
    )
    .with(
        "a file outside of every folder with a Cargo.toml",
        file.display().to_string(),
        format!(
            "give another path, such as --export {}",
            shell_word(&next.display().to_string())
        ),
    );
    Err(ChainError::from(refusal.exiting(Exit::Usage)).into())
}

/// The refusal of a command that makes no call for approvers.
fn not_governed(program: &Program) -> ChainError {
    let message = "this command makes no call that approvers send";
    let governed: Vec<&str> = program
        .commands()
        .filter_map(|command| command.governs())
        .collect();
    let refusal = Refusal::new("ExportNotGoverned", message).with(
        format!("one of these commands: {}", governed.join(", ")),
        "--export with another command",
        "remove --as and --export",
    );
    refusal.exiting(Exit::Usage).into()
}
