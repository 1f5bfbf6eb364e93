//! `new` and `init`: a project of one's own.

use super::context::Context;
use crate::app_error::Error;
use crate::build::BuildError;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::project::{Framework, Init, NewProject};
use clap::Args;
use std::path::PathBuf;

/// A project to be made.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Its name: that of the folder and of the contract's crate
    pub name: String,
    /// Where our crates come from.
    #[command(flatten)]
    pub framework: FrameworkArgs,
}

/// A contract to be made upgradeable.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The crate's folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Write the changes without a question. Without it they are shown; at a terminal a question
    /// follows, anywhere else nothing is written
    #[arg(long)]
    pub yes: bool,
    /// Where our crates come from.
    #[command(flatten)]
    pub framework: FrameworkArgs,
}

/// Where our crates come from.
#[derive(Debug, Args)]
pub struct FrameworkArgs {
    /// Depend on our crates in this clone of the framework
    #[arg(long, value_name = "DIR", conflicts_with_all = ["framework_git", "framework_version"])]
    pub framework_path: Option<PathBuf>,
    /// Depend on our crates in a repository of git
    #[arg(long, value_name = "URL", conflicts_with = "framework_version")]
    pub framework_git: Option<String>,
    /// At this revision [default: the newest, which cargo writes into the lock file]
    #[arg(long, value_name = "REVISION", requires = "framework_git")]
    pub framework_rev: Option<String>,
    /// Depend on our crates in this version, from a registry or by [patch]
    #[arg(long, value_name = "VERSION")]
    pub framework_version: Option<String>,
}

/// Makes the project in this folder.
pub(super) fn new(context: &Context, args: &NewArgs) -> Result<Outcome, Error> {
    let framework = args.framework.chosen()?;
    let here = std::env::current_dir().unwrap_or_default();
    let made = NewProject::new(&args.name, framework)?.write_in(&here)?;
    let mut outcome = Outcome::default();
    outcome.field("name", &args.name);
    outcome.field("folder", &made.folder);
    outcome.field("definition", &made.definition);
    outcome.field("files", &made.files);
    for file in &made.files {
        outcome.line(format!("{}/{file}", args.name));
    }
    outcome.line(format!("next: cd {}, and read README.md", args.name));
    if made.is_without_lock {
        let note = "there is no lock file: cargo chooses the versions of all dependencies, and the \
                    framework is tested with those of its own lock file. Run cargo generate-lockfile \
                    before the first build: the lock file is part of the source hash";
        context.output.note(note);
    }
    warn_of_lock(context, made.unsettled.as_ref());
    Ok(outcome)
}

/// Shows what would change, and writes it if that is wanted.
pub(super) fn init(context: &Context, args: &InitArgs) -> Result<Outcome, Error> {
    let init = Init::of(&args.folder, &args.framework.chosen()?)?;
    let difference = init.difference();
    let mut outcome = Outcome::default();
    outcome.field("files", init.files());
    outcome.field("difference", &difference);
    outcome.field("skipped", init.skipped());
    for one in init.skipped() {
        context.output.note(&format!("warning: {one}"));
    }
    if init.files().is_empty() {
        outcome.field("written", false);
        outcome.line("it is upgradeable already: nothing would change");
        return Ok(outcome);
    }
    let mut is_wanted = args.yes;
    if !is_wanted && context.output.is_interactive() {
        for line in difference.lines() {
            context.output.note(line);
        }
        let answer = context
            .output
            .ask("write these changes? [y/N]")
            .unwrap_or_default();
        is_wanted = matches!(answer.trim(), "y" | "Y" | "yes");
    } else {
        outcome.lines.extend(difference.lines().map(str::to_owned));
    }
    outcome.field("written", is_wanted);
    if is_wanted {
        init.write()?;
        init.settle()?;
        outcome
            .line("written. next: stylus-upgrades layout show ., and compare it with the old one");
    } else {
        outcome.line("nothing was written: this is what --yes would write");
    }
    Ok(outcome)
}

/// Says that cargo will change the lock file, and the source hash with it.
fn warn_of_lock(context: &Context, unsettled: Option<&BuildError>) {
    if let Some(error) = unsettled {
        let said = format!(
            "warning: {error}. Run cargo update --workspace before the first build: the lock file is \
             part of the source hash"
        );
        said.lines().for_each(|line| context.output.note(line));
    }
}

impl FrameworkArgs {
    fn chosen(&self) -> Result<Framework, Error> {
        match self {
            Self {
                framework_path: Some(folder),
                ..
            } => Ok(Framework::folder(folder)?),
            Self {
                framework_git: Some(url),
                framework_rev,
                ..
            } => Ok(Framework::Git {
                url: url.clone(),
                revision: framework_rev.clone(),
            }),
            Self {
                framework_version: Some(version),
                ..
            } => Ok(Framework::Version(version.clone())),
            _ => Err(Error::Usage {
                message:
                    "nobody said where our crates come from, and they are not on a registry yet"
                        .into(),
                expected: "--framework-path, --framework-git or --framework-version".into(),
                found: "none of them".into(),
                next: "clone the framework, then give --framework-path with the clone".into(),
            }),
        }
    }
}
