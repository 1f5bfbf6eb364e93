//! `new` and `init`: a user's project.

use super::spec::{Governs, Group, Spec, report_type};
use crate::build::BuildError;
use crate::context::prelude::*;
use crate::project::{Framework, Init, NewProject};
use clap::Args;
use std::future::ready;
use std::path::{Path, PathBuf};

/// `new`.
pub(crate) static NEW: Spec<NewArgs> = Spec {
    name: "new",
    about: "Make a project: a contract, a test of its upgrades, and the files around them",
    group: Group::Author,
    examples: &[
        "new counter",
        "new counter --framework-path ../stylus-upgrades",
        "new counter --framework-git https://example.org/stylus-upgrades --framework-rev v0.1.0",
    ],
    writes: |_| Some("new"),
    governed: Governs::Never,
    reports: || vec![report_type::<Created<'_>>()],
    run: |context, args| Box::pin(ready(new(context, args))),
};

/// A project to be made.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Its name: that of the folder and of the contract's crate
    pub name: String,
    /// The origin of the framework's crates.
    #[command(flatten)]
    pub framework: FrameworkArgs,
}

/// `init`.
pub(crate) static INIT: Spec<InitArgs> = Spec {
    name: "init",
    about: "Make an existing contract upgradeable; shows the difference before it writes",
    group: Group::Author,
    examples: &[
        "init",
        "init contracts/token",
        "init --yes --framework-path ../stylus-upgrades",
    ],
    writes: |args| args.yes.then_some("--yes"),
    governed: Governs::Never,
    reports: || vec![report_type::<Changed<'_>>()],
    run: |context, args| Box::pin(ready(init(context, args))),
};

/// A contract to be made upgradeable.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The crate's folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Write the changes. Without this flag they are only shown
    #[arg(long)]
    pub yes: bool,
    /// The origin of the framework's crates.
    #[command(flatten)]
    pub framework: FrameworkArgs,
}

/// The origin of the framework's crates: without any of these, this program, which writes them into vendor/ of the
/// project.
#[derive(Debug, Args)]
pub(crate) struct FrameworkArgs {
    /// Use the crates of the framework from this clone [default: those that the program carries, written into vendor/]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["framework_git", "framework_version"])]
    pub framework_path: Option<PathBuf>,
    /// Use the crates of the framework from a git repository
    #[arg(long, value_name = "URL", conflicts_with = "framework_version")]
    pub framework_git: Option<String>,
    /// At this revision [default: the newest, which cargo writes into the lock file]
    #[arg(long, value_name = "REVISION", requires = "framework_git")]
    pub framework_rev: Option<String>,
    /// Use this version of the framework's crates, from a registry or by [patch]
    #[arg(long, value_name = "VERSION")]
    pub framework_version: Option<String>,
}

/// Makes the project in this folder.
pub(crate) fn new(context: &Context, args: &NewArgs) -> Result<Outcome> {
    let framework = args.framework.chosen()?;
    let here = std::env::current_dir().unwrap_or_default();
    let made = NewProject::new(&args.name, framework)?.write_in(&here)?;
    if made.is_without_lock {
        let note = "there is no lock file: cargo chooses the versions of all dependencies, and the \
                    framework is tested with those of its own lock file. Run cargo generate-lockfile \
                    before the first build: the lock file is part of the source hash";
        context.note(note);
    }
    warn_of_lock(context, made.unsettled.as_ref());
    let created = Created {
        name: &args.name,
        folder: &made.folder,
        definition: &made.definition,
        files: &made.files,
    };
    Ok(context.outcome(&created))
}

/// The report of `new`.
#[derive(Serialize)]
pub(crate) struct Created<'a> {
    name: &'a str,
    folder: &'a Path,
    definition: &'a str,
    files: &'a [String],
}

impl CommandReport for Created<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self { name, files, .. } = self;
        let mut lines: Vec<_> = files.iter().map(|file| format!("{name}/{file}")).collect();
        lines.push(format!("next: cd {name}, and read README.md"));
        lines
    }
}

/// Shows the changes, and writes them if that is wanted.
pub(crate) fn init(context: &Context, args: &InitArgs) -> Result<Outcome> {
    let init = Init::of(&args.folder, &args.framework.chosen()?)?;
    for one in init.skipped() {
        context.note(format!("warning: {one}"));
    }
    let written = args.yes && !init.files().is_empty();
    if written {
        write(context, &args.folder, &init)?;
    }
    let changed = Changed {
        files: init.files(),
        difference: init.difference(),
        skipped: init.skipped(),
        written,
    };
    Ok(context.outcome(&changed))
}

/// Refusals of code that compiles. An optimization that is declared later, or that another machine has, ends them.
const JUDGED_LATER: [&str; 2] = ["TooLarge", "WasmOpt"];

/// Writes the changes and builds the crate. If it does not compile, the files are restored. Its size is judged by whoever
/// puts it on chain.
fn write(context: &Context, folder: &Path, init: &Init) -> Result<()> {
    let source = folder.display().to_string();
    context.output.if_interrupted(
        "the files may have changed, and were not compiled: the same command without --yes shows the changes that are \
         left, and git those that were made",
    );
    match init.write().and_then(|()| context.artifact(&source)) {
        Ok(_) => Ok(()),
        Err(error) if JUDGED_LATER.contains(&error.name().as_str()) => {
            context.note(format!(
                "warning: its size is judged later, when it is deployed or registered: {error}"
            ));
            Ok(())
        }
        Err(error) => {
            let undone = match init.undo() {
                Ok(()) => "the changes were undone".to_owned(),
                Err(error) => error.to_string(),
            };
            context.note(format!("warning: {undone}"));
            Err(error)
        }
    }
}

/// The report of `init`.
#[derive(Serialize)]
pub(crate) struct Changed<'a> {
    files: Vec<&'a str>,
    difference: String,
    skipped: &'a [String],
    written: bool,
}

impl CommandReport for Changed<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        if self.files.is_empty() {
            return vec!["it is upgradeable already: nothing would change".into()];
        }
        let mut lines: Vec<_> = self.difference.lines().map(str::to_owned).collect();
        let last = if self.written {
            "written, and it compiles. next: stylus-upgrades layout show ."
        } else {
            "nothing was written: this is what --yes would write"
        };
        lines.push(last.into());
        lines
    }
}

/// Warns that cargo will change the lock file, and therefore the source hash.
fn warn_of_lock(context: &Context, unsettled: Option<&BuildError>) {
    if let Some(error) = unsettled {
        let said = format!(
            "warning: {error}. Run cargo update --workspace before the first build: the lock file is \
             part of the source hash"
        );
        said.lines().for_each(|line| context.note(line));
    }
}

impl FrameworkArgs {
    fn chosen(&self) -> Result<Framework> {
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
            _ => Ok(Framework::own()),
        }
    }
}
