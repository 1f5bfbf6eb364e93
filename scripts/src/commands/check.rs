//! `check`: what a pull request would do to what is live, in one command.

mod baseline;
mod parts;

pub(super) use parts::initializer_finding;

use super::args::{StepArgs, StorageArgs};
use super::context::Context;
use super::work::interface_of;
use crate::app_error::Error;
use crate::build::{Artifact, BuildError, repository};
use crate::check::{CheckFinding, CheckPart, Done, Level, annotation};
use crate::coverage::{Coverage, Extent, Part};
use crate::error::{Exit, Explain};
use crate::interface::Interface;
use crate::layout::{Known, LayoutError, Pair, Said, Side, check_storage, finding_id, report};
use crate::manifest::{FILE, Manifest};
use crate::output::Outcome;
use crate::text::shell_word;
use baseline::Baseline;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use stylus_layout::StepKind;

/// The label of a version that nobody named.
const NEXT: &str = "next";

/// A check of what would become the next version.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The definition
    pub name: String,
    /// The new code: as for migrate
    #[arg(default_value = ".")]
    pub source: String,
    /// Compare with this in place of what is live: a version that is kept here, git:REVISION, or a
    /// file with a layout. Then no chain is asked
    #[arg(long, value_name = "VERSION|git:REVISION|FILE")]
    pub against: Option<String>,
    /// The label of the version that --against names, where it does not say
    #[arg(long, value_name = "VERSION", requires = "against")]
    pub from: Option<String>,
    /// The label of the new version [default: where its declared migration leads]
    #[arg(long = "label", value_name = "VERSION")]
    pub version: Option<String>,
    /// The way into it, as for migrate.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Go on although callers lose this, by its name as the finding names it
    /// (function-removed:total()); may be repeated
    #[arg(long, value_name = "FINDING")]
    pub allow_abi: Vec<String>,
    /// Succeed although this was not checked at all; may be repeated
    #[arg(long, value_enum, value_name = "PART")]
    pub allow_unchecked: Vec<CheckPart>,
    /// For people, or workflow commands of GitHub Actions, which it shows beside the lines
    #[arg(long, value_enum, default_value_t = Format::People)]
    pub format: Format,
    /// Instances that are tried, at most
    #[arg(long, value_name = "NUMBER", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub instances: u32,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people.
    People,
    /// Workflow commands.
    Github,
}

/// What was found so far.
struct Check<'a> {
    args: &'a CheckArgs,
    interface: Interface,
    /// The folder that paths are shown from.
    root: PathBuf,
    findings: Vec<CheckFinding>,
    coverage: Coverage,
    done: Done,
    /// Whether the upgrade was tried on some instances only, or to its start only.
    is_tried_in_part: bool,
}

pub(super) async fn run(context: &Context, args: &CheckArgs) -> Result<Outcome, Error> {
    let mut check = Check {
        args,
        interface: Interface::default(),
        root: repository()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        done: Done::default(),
        is_tried_in_part: false,
    };
    let reviewed = context.as_reviewed()?;
    if let Some(reviewed) = &reviewed {
        check.findings.extend(other_manifest(context, reviewed));
    }
    let context = reviewed.as_ref().unwrap_or(context);
    let mut outcome = Outcome::default();
    outcome.field("name", &args.name);
    match context.artifact(&args.source) {
        Ok(artifact) => {
            check.interface = context
                .interface_of(artifact.codehash())
                .unwrap_or_default();
            outcome.field("codehash", artifact.codehash());
            outcome.field("code_bytes", artifact.code.len());
            let base = Baseline::find(context, args).await?;
            outcome.field("against", &base.what);
            check
                .compare(context, &artifact, &base, &mut outcome)
                .await?;
        }
        Err(Error::Build(error)) => {
            check.does_not_build(&error);
            check.coverage = Coverage::absent("it does not build");
        }
        Err(error) => return Err(error),
    }
    Ok(check.report(outcome))
}

/// Whether the change names another registry or chain than the default branch, which counts.
fn other_manifest(changed: &Context, reviewed: &Context) -> Option<CheckFinding> {
    let decides = |context: &Context| {
        let Manifest {
            network,
            chain_id,
            rpc,
            registry,
            ..
        } = &context.manifest;
        (network.clone(), *chain_id, rpc.clone(), *registry)
    };
    let is_same = decides(changed) == decides(reviewed);
    let message = format!(
        "this change names another registry, chain or RPC URL in {FILE}; what the default branch names was asked"
    );
    (!is_same).then(|| CheckFinding::new("manifest-changed", Level::Warning, message))
}

impl Check<'_> {
    fn does_not_build(&mut self, error: &BuildError) {
        let finding = CheckFinding::of("build", error).with_details(error.details());
        let place = error.details().iter().find_map(|line| place_in(line));
        let place = place.map(|(file, line)| (self.crate_folder().join(file), line));
        let place = place.as_ref().map(|(file, line)| (file.as_path(), *line));
        self.findings.push(finding.at(place, &self.root));
    }

    fn crate_folder(&self) -> PathBuf {
        let folder = Path::new(&self.args.source).canonicalize();
        folder.unwrap_or_else(|_| self.root.clone())
    }

    async fn compare(
        &mut self,
        context: &Context,
        artifact: &Artifact,
        base: &Baseline,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let to = self.label(artifact, base);
        outcome.field("from", &base.label);
        outcome.field("to", &to);
        let refused = self.layouts(artifact, base, &to)?;
        self.abi(artifact, base);
        self.initializers(artifact, base, &to);
        if base.is_live {
            return self.upgrade(context, &to, refused.as_deref()).await;
        }
        let why = "--against was given, so no chain was asked";
        self.done.lower(CheckPart::Upgrade, Extent::Absent, why);
        self.coverage
            .lower(Part::LiveInstances, Extent::Absent, why);
        self.steps(context, artifact, base, &to)?;
        if artifact.source_hash().is_zero() {
            let why = "it was not built from sources here";
            self.coverage.lower(Part::Source, Extent::Absent, why);
        }
        if artifact.steps.is_none() {
            let (extent, why) = interface_of(&artifact.code, &[]);
            self.coverage.lower(Part::Interface, extent, &why);
        }
        // A layout that is not known was refused for itself, or allowed by --allow-layout.
        let allowed = [&self.args.storage.allow_absent[..], &[Part::Layout]].concat();
        for error in self.coverage.absent_but(&allowed) {
            self.findings.push(CheckFinding::of("coverage", &error));
        }
        Ok(())
    }

    /// The new version's label: as given, else where the migration leads that the code declares.
    fn label(&self, artifact: &Artifact, base: &Baseline) -> String {
        let declared = || {
            let mut steps = artifact.steps.iter().flatten();
            let from = base.label.as_deref()?;
            let own = steps.find(|one| one.kind == StepKind::Migration && one.from == from);
            own.map(|one| one.to.clone())
        };
        let label = self.args.version.clone().or_else(declared);
        label.unwrap_or_else(|| NEXT.into())
    }

    /// Whether it may take over the storage. The name of the refusal, if it is refused.
    fn layouts(
        &mut self,
        artifact: &Artifact,
        base: &Baseline,
        to: &str,
    ) -> Result<Option<String>, Error> {
        let storage = &self.args.storage;
        let known = match artifact.document() {
            Some(document) => document.into(),
            None => Known::Not("the contract declares none".into()),
        };
        let pair = Pair {
            name: &self.args.name,
            from: base.label.as_deref().unwrap_or(&base.what),
            to,
            old: base.side.clone(),
            new: Side {
                hash: artifact.layout_hash(),
                known,
            },
            runs_migration: self.args.step.runs_migration(),
            goes_back: false,
        };
        let said = Said {
            renames: storage.rename.clone(),
            retypes: storage.retype.clone(),
            allowed: storage.allow_layout.clone(),
            migrates: artifact.info.migrates.clone(),
        };
        let both = (base.side.known.document(), pair.new.known.document());
        let findings = match both {
            (Some(old), Some(new)) => report(&old.layout, &new.layout, &said)?.findings,
            _ => Vec::new(),
        };
        let (refusal, open): (String, Vec<String>) = match check_storage(&pair, &said) {
            Ok(check) => {
                self.safe_fields(&check.findings);
                for accepted in &check.accepted {
                    let message = format!("{}: {}", accepted.finding, accepted.because);
                    let finding = CheckFinding::new("layout-accepted", Level::Warning, message);
                    self.findings.push(finding);
                }
                if let Some(why) = &check.unknown {
                    self.coverage.lower(Part::Layout, Extent::Absent, why);
                }
                for why in &check.partial {
                    self.coverage.lower(Part::Layout, Extent::Partial, why);
                }
                return Ok(None);
            }
            Err(error) if !error.is_refusal() => return Err(error.into()),
            Err(error) => {
                let name = error.name();
                match error {
                    LayoutError::Refused { findings, .. } | LayoutError::Asks { findings, .. } => {
                        (name, findings)
                    }
                    error => {
                        let why = error.why_unchecked();
                        self.coverage.lower(Part::Layout, Extent::Absent, &why);
                        self.findings.push(CheckFinding::of("layout", &error));
                        return Ok(Some(name));
                    }
                }
            }
        };
        for finding in findings
            .iter()
            .filter(|one| open.contains(&finding_id(one)))
        {
            let place = |at: &Option<stylus_layout::Location>| {
                at.as_ref()
                    .map_or("nowhere".to_owned(), ToString::to_string)
            };
            let code = format!("layout-{}", finding.verdict.name());
            let message = format!(
                "{}: {} → {}: {}",
                finding.field,
                place(&finding.old),
                place(&finding.new),
                finding.note
            );
            let mut found = CheckFinding::new(code, Level::Error, message);
            found.allow = Some(format!(
                "--allow-layout {}",
                shell_word(&finding_id(finding))
            ));
            let at = self.interface.place_of(&finding.field);
            self.findings.push(found.at(at, &self.root));
        }
        Ok(Some(refusal))
    }

    /// What came of it.
    fn report(mut self, mut outcome: Outcome) -> Outcome {
        if !self
            .findings
            .iter()
            .any(|one| one.code.starts_with("build-"))
        {
            for error in self.done.absent_but(&self.args.allow_unchecked) {
                self.findings.push(CheckFinding::of("coverage", &error));
            }
        }
        for (part, extent, why) in self.done.notes() {
            let extent = match extent {
                Extent::Complete => continue,
                Extent::Partial => "in part",
                Extent::Absent => "not",
            };
            let message = format!("{part} was {extent} checked: {why}");
            let finding = CheckFinding::new(format!("coverage-{part}"), Level::Warning, message);
            self.findings.push(finding);
        }
        for line in self.coverage.lines() {
            let message = line
                .split_whitespace()
                .skip(1)
                .collect::<Vec<_>>()
                .join(" ");
            self.findings
                .push(CheckFinding::new("coverage", Level::Warning, message));
        }
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.level));
        let errors = self
            .findings
            .iter()
            .filter(|one| one.level == Level::Error)
            .count();
        outcome.field("findings", &self.findings);
        outcome.field("coverage", &self.coverage);
        outcome.field("checked", &self.done);
        outcome.field("ok", errors == 0);
        for finding in &self.findings {
            match self.args.format {
                Format::People => outcome.lines.extend(finding.lines()),
                Format::Github => outcome.commands.push(annotation(finding)),
            }
        }
        outcome.line(match errors {
            0 if self.is_tried_in_part => {
                format!(
                    "! {} can be upgraded to this as far as it was tried",
                    self.args.name
                )
            }
            0 => format!("✓ {} can be upgraded to this", self.args.name),
            errors => format!("✗ {errors} in the way of an upgrade of {}", self.args.name),
        });
        outcome.exit = (errors > 0).then_some(Exit::Refused);
        outcome
    }
}

/// The place in a line of a compiler: ` --> src/lib.rs:3:5`.
fn place_in(line: &str) -> Option<(PathBuf, usize)> {
    let (_, place) = line.split_once("--> ")?;
    let mut parts = place.trim().rsplitn(3, ':');
    let (_, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some((PathBuf::from(file), line.parse().ok()?))
}
