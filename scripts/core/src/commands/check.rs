//! `check`: what a pull request would do to what is live, in one command.

mod baseline;
mod report;
mod trial;

use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::{Coverage, Evidence, Finding, Origin, Part, Role, Severity};
use crate::build::{Artifact, BuildError, repository};
use crate::checks::{Assessment, Runs};
use crate::context::prelude::*;
use crate::context::seen_by;
use crate::interface::{Callable, Places, added};
use crate::layout::finding_id;
use crate::manifest::Declared;
use crate::options::{BATCHES, StepArgs, StorageArgs, time};
use crate::pipeline::facts::NOT_ASKED;
use crate::pipeline::fuzz::declared;
use baseline::{Baseline, against};
use clap::{Args, ValueEnum};
use report::{Built, CheckReport};
use std::path::{Path, PathBuf};
use std::time::Duration;
use stylus_layout::{Decision, StepKind};

/// The flag that asks for the fuzzer.
const FUZZ: &str = "--fuzz";
/// The label of a version without a given name.
const NEXT: &str = "next";

/// `check`.
pub(crate) static SPEC: Spec<CheckArgs> = Spec {
    name: "check",
    about: "Check what an upgrade to this source would do to the live instances; for pull requests, sends nothing",
    group: Group::Author,
    examples: &[
        "check Counter",
        "check Counter . --against git:main",
        "check Counter --call 'migrate(uint256)' 5 --format github",
    ],
    writes: |args| args.sarif.as_ref().map(|_| "--sarif"),
    governed: Governs::Never,
    reports: || vec![report_type::<CheckReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A check of what would become the next version.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The definition
    pub name: String,
    /// The new code: as for migrate, but no address
    #[arg(default_value = ".")]
    pub source: String,
    /// Compare with this instead of the live version: a version that is kept here, git:REVISION, or
    /// a file with a layout. This needs no chain
    #[arg(long, value_name = "VERSION|git:REVISION|FILE")]
    pub against: Option<String>,
    /// The label of the version in --against, if that does not contain it
    #[arg(long, value_name = "VERSION", requires = "against")]
    pub from: Option<String>,
    /// The label of the new version [default: the target of its declared migration]
    #[arg(long = "label", value_name = "VERSION")]
    pub version: Option<String>,
    /// Lines for people, or workflow commands for GitHub Actions, which shows them next to the code
    #[arg(long, value_enum, default_value_t = Format::People)]
    pub format: Format,
    /// Write the findings to this file too, as SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// Maximum number of instances to try
    #[arg(long, value_name = "NUMBER", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub instances: u32,
    /// Maximum number of batches of complex migrations to try, in 60 s for 500
    #[arg(long, value_name = "NUMBER", default_value_t = BATCHES)]
    pub batches: u64,
    /// Fuzz the upgrade for this time, such as 60s, and report what differs, as the command fuzz does
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "against")]
    pub fuzz: Option<Duration>,
    /// The step into it, as for migrate.
    #[command(flatten)]
    pub step: StepArgs,
    /// Arguments about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// The format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    People,
    /// Workflow commands.
    Github,
}

/// The state of a check: its findings so far.
struct Check<'a> {
    args: &'a CheckArgs,
    /// The functions of the new code that callers can use.
    interface: Callable,
    /// The lines of its fields and functions in its sources.
    places: Places,
    /// The folder that paths are shown from.
    root: PathBuf,
    findings: Vec<Finding>,
    coverage: Coverage,
    /// The declarations of its author.
    declared: Declared,
    /// True if it builds. If not, nothing else is reported.
    is_built: bool,
    /// True if the upgrade was tried on some instances only, or to its start only.
    is_tried_in_part: bool,
}

pub(crate) async fn run(context: &Context, args: &CheckArgs) -> Result<Outcome> {
    if args.fuzz.is_some() {
        context.program.wings.laboratory(FUZZ)?;
    }
    Baseline::check_arguments(args)?;
    let mut check = Check {
        args,
        interface: Callable::default(),
        places: Places::default(),
        root: repository()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        declared: declared(context, &args.name),
        is_built: true,
        is_tried_in_part: false,
    };
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let asks_registry = reviewed.is_some() || args.against.is_none();
    let of_manifest = of_manifest.filter(|_| asks_registry);
    check.coverage = seen_by(of_manifest.as_ref());
    check.findings.extend(of_manifest);
    let context = reviewed.as_ref().unwrap_or(context);
    let mut built = None;
    // Before the change's own code is built: a build script could write into the repository.
    let base = Baseline::find(context, args).await;
    match context.artifact(&args.source) {
        Ok(artifact) => {
            check.interface = artifact.interface.clone().unwrap_or_default();
            check.places = context.places_of(artifact.codehash());
            let mut base = base?;
            let found = Built {
                codehash: artifact.codehash(),
                code_bytes: artifact.size(),
                against: base.what.clone(),
                from: base.label.clone(),
                to: check.label(&artifact, &base),
            };
            check
                .compare(context, &artifact, &mut base, &found.to)
                .await?;
            built = Some(found);
        }
        Err(Error::Build(error)) => {
            check.does_not_build(&error);
            check.coverage = Coverage::absent("it does not build");
            check.is_built = false;
        }
        Err(error) => return Err(error),
    }
    let report = check.report(context, built);
    if let Some(file) = &args.sarif {
        report.write_sarif(file)?;
    }
    Ok(context.outcome(&report))
}

impl Check<'_> {
    fn does_not_build(&mut self, error: &BuildError) {
        let finding = Finding::refusal(Part::Code, None, &Report::of(error));
        let place = finding.details.iter().find_map(|line| place_in(line));
        let place = place.map(|(file, line)| (self.crate_folder().join(file), line));
        let place = place.as_ref().map(|(file, line)| (file.as_path(), *line));
        self.findings
            .push(finding.from(Origin::Build).at(place, &self.root));
    }

    fn crate_folder(&self) -> PathBuf {
        let folder = Path::new(&self.args.source).canonicalize();
        folder.unwrap_or_else(|_| self.root.clone())
    }

    async fn compare(
        &mut self,
        context: &Context,
        artifact: &Artifact,
        base: &mut Baseline,
        to: &str,
    ) -> Result<()> {
        let Some(before) = base.before.take() else {
            return self.upgrade(context, to).await;
        };
        let transition = against(context, self.args, (base, before), artifact, to).await?;
        let mut checks = Assessment::asked_by(Role::Ci, context.accepted());
        if matches!(transition.runs, Runs::Nothing) {
            let why = "the label of the previous version is not known; give it with --from";
            self.absent(Part::Steps, why);
        }
        checks.add(transition)?;
        self.absent(Part::Simulation, NOT_ASKED);
        self.take(&checks)
    }

    /// Takes over the findings, the changes of storage that lose nothing, and the interface of the next version.
    fn take(&mut self, checks: &Assessment) -> Result<()> {
        self.coverage.merge(&checks.coverage);
        self.findings.extend(checks.found().cloned());
        for change in checks.changes() {
            if change.decision == Decision::Safe {
                let says = format!("{}: {}", change.field, change.note);
                let id = finding_id(&change);
                self.findings.push(Finding {
                    about: Some(change.field),
                    ..Finding::new(Part::Layout, Severity::Note, id, says)
                });
            }
        }
        let before = checks.before().into_iter();
        let added = before.flat_map(|old| added(old, &self.interface));
        self.findings.extend(added);
        Ok(())
    }

    /// Notes that a part is not known.
    fn absent(&mut self, part: Part, why: &str) {
        let absent = Evidence::whole(part, Origin::NotKnown, why);
        self.coverage.add(absent);
    }

    /// The new version's label: as given, else the target of the declared migration.
    fn label(&self, artifact: &Artifact, base: &Baseline) -> String {
        let declared = || {
            let mut steps = artifact.steps.iter().flatten();
            let from = base.label.as_deref()?;
            let own = steps.find(|step| step.kind == StepKind::Migration && step.from == from);
            own.map(|one| one.to.clone())
        };
        let label = self.args.version.clone().or_else(declared);
        label.unwrap_or_else(|| NEXT.into())
    }
}

/// The place in a line of a compiler: ` --> src/lib.rs:3:5`.
fn place_in(line: &str) -> Option<(PathBuf, usize)> {
    let (_, place) = line.split_once("--> ")?;
    let mut parts = place.trim().rsplitn(3, ':');
    let (_, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some((PathBuf::from(file), line.parse().ok()?))
}
