//! Commands about this program: its version with the framework that it deploys, its completions for shells, its manual.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use clap::Args;
use clap_complete::Shell;
use std::future::ready;
use std::path::Path;

/// `man`.
pub(crate) static MAN: Spec<ManArgs> = Spec {
    name: "man",
    about: "Write the manual pages, such as `stylus-upgrades man ~/.local/share/man/man1`",
    group: Group::Shell,
    examples: &["man ~/.local/share/man/man1", "man man", "man man --json"],
    writes: |_| Some("man"),
    governed: Governs::Never,
    reports: || vec![report_type::<Manual>()],
    run: |context, args| Box::pin(ready(man(context, &args.folder))),
};

/// The manual pages.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    pub folder: std::path::PathBuf,
}

/// `completions`.
pub(crate) static COMPLETIONS: Spec<CompletionsArgs> = Spec {
    name: "completions",
    about: "Write the completions of a shell, such as `stylus-upgrades completions bash`",
    group: Group::Shell,
    examples: &["completions bash", "completions zsh", "completions fish"],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Completions>()],
    run: |context, args| {
        Box::pin(ready(Ok(context.outcome(&completions(
            (context.program.command)(context.program),
            args.shell,
        )))))
    },
};

/// The completions of a shell.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `completions`: what the shell reads.
pub(crate) fn completions(mut command: clap::Command, shell: Shell) -> Completions {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "stylus-upgrades", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 takes the hyphen in the name for the space before a subcommand in its labels only.
    let script = script.replace("stylus__subcmd__upgrades", "stylus__upgrades");
    Completions {
        shell: shell.to_string(),
        script,
    }
}

/// The report of `completions`.
#[derive(Serialize)]
pub(crate) struct Completions {
    /// The shell.
    shell: String,
    /// The script for it.
    pub(crate) script: String,
}

impl CommandReport for Completions {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.script.lines().map(str::to_owned).collect()
    }
}

/// `man`: a page of the program and one of each command, with what `--help` says.
///
/// # Errors
/// [`Error::Usage`] where the folder cannot be written to.
pub(crate) fn manual(command: clap::Command, folder: &Path) -> Result<Manual> {
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| Error::Usage {
        message: format!("the manual cannot be written to {}", folder.display()),
        expected: "a folder that this user may write to".into(),
        found: error.to_string(),
        next: "name another folder".into(),
    })?;
    Ok(Manual {
        folder: folder.display().to_string(),
    })
}

/// Writes the manual, and says where.
fn man(context: &Context, folder: &Path) -> Result<Outcome> {
    let manual = manual((context.program.command)(context.program), folder)?;
    Ok(context.outcome(&manual))
}

/// The report of `man`.
#[derive(Serialize)]
pub(crate) struct Manual {
    /// The folder of the pages.
    folder: String,
}

impl CommandReport for Manual {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("written    {}", self.folder)]
    }
}
