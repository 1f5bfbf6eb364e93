//! `check`: what a pull request would do to what is live, in one command.

mod baseline;
mod parts;

pub(super) use parts::initializer_finding;

use super::args::{StepArgs, StorageArgs};
use super::context::Context;
use crate::app_error::Error;
use crate::assess::{
    Coverage, Evidence, Finding, FindingId, Origin, Part, Role, Severity, annotation, decide,
};
use crate::build::{Artifact, BuildError, repository};
use crate::error::{Exit, Explain, Report};
use crate::interface::Places;
use crate::layout::{Known, Pair, Said, Side, check_storage, finding_id, report};
use crate::manifest::{FILE, Manifest};
use crate::output::Outcome;
use baseline::Baseline;
use clap::{Args, ValueEnum};
use std::cmp::Reverse;
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
    /// Where something stands in the sources.
    places: Places,
    /// The folder that paths are shown from.
    root: PathBuf,
    findings: Vec<Finding>,
    coverage: Coverage,
    /// Whether it builds: nothing else is told otherwise.
    is_built: bool,
    /// Whether the upgrade was tried on some instances only, or to its start only.
    is_tried_in_part: bool,
}

pub(super) async fn run(context: &Context, args: &CheckArgs) -> Result<Outcome, Error> {
    let mut check = Check {
        args,
        places: Places::default(),
        root: repository()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default(),
        findings: Vec::new(),
        coverage: Coverage::default(),
        is_built: true,
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
            check.places = context.places_of(artifact.codehash());
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
            check.is_built = false;
        }
        Err(error) => return Err(error),
    }
    Ok(check.report(context, outcome))
}

/// Whether the change names another registry or chain than the default branch, which counts.
fn other_manifest(changed: &Context, reviewed: &Context) -> Option<Finding> {
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
    let found = || {
        Finding::named(
            Part::Registry,
            Severity::Warning,
            "manifest-changed",
            message,
        )
    };
    (!is_same).then(|| found().from(Origin::Change))
}

impl Check<'_> {
    fn does_not_build(&mut self, error: &BuildError) {
        let finding = Finding::refusal(Part::Code, None, &Report::of(error));
        let place = error.details().iter().find_map(|line| place_in(line));
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
        base: &Baseline,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let to = self.label(artifact, base);
        outcome.field("from", &base.label);
        outcome.field("to", &to);
        let refused = self.layouts(context, artifact, base, &to)?;
        self.abi(artifact, base);
        self.initializers(artifact, base, &to);
        if base.is_live {
            return self.upgrade(context, &to, &refused).await;
        }
        let why = "--against was given, so no chain was asked";
        for part in [Part::Trial, Part::LiveInstances] {
            self.absent(part, why);
        }
        self.steps(context, artifact, base, &to)?;
        match artifact.source_hash().is_zero() {
            true => self.absent(Part::Source, "it was not built from sources here"),
            false => self.coverage.seen(Part::Source, Origin::Build),
        }
        Ok(())
    }

    /// Notes that nothing is known of a part.
    fn absent(&mut self, part: Part, why: &str) {
        let absent = Evidence::whole(part, Origin::NotKnown, why);
        self.coverage.add(absent);
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

    /// Whether it may take over the storage. What refuses it.
    fn layouts(
        &mut self,
        context: &Context,
        artifact: &Artifact,
        base: &Baseline,
        to: &str,
    ) -> Result<Vec<FindingId>, Error> {
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
            accepted: context.accepted(),
            migrates: artifact.info.migrates.clone(),
        };
        let both = (base.side.known.document(), pair.new.known.document());
        let findings = match both {
            (Some(old), Some(new)) => report(&old.layout, &new.layout, &said)?.findings,
            _ => Vec::new(),
        };
        let error = match check_storage(&pair, &said) {
            Ok(check) => {
                self.safe_fields(&check.findings);
                self.findings.extend(check.accepted);
                match &check.unknown {
                    Some(why) => {
                        let absent = Evidence::whole(Part::Layout, Origin::NotKnown, why);
                        self.coverage.add(absent.told());
                    }
                    None => self.coverage.seen(Part::Layout, Origin::Build),
                }
                for why in &check.partial {
                    let some = Evidence::some(Part::Layout, Origin::NotKnown, why);
                    self.coverage.add(some);
                }
                return Ok(Vec::new());
            }
            Err(error) => error,
        };
        let ids = error.ids();
        if ids.is_empty() {
            return Err(error.into());
        }
        let open = findings.iter().filter(|one| ids.contains(&finding_id(one)));
        let open: Vec<&stylus_layout::Finding> = open.collect();
        if open.is_empty() {
            let why = error.why_unchecked();
            let absent = Evidence::whole(Part::Layout, Origin::NotKnown, why);
            self.coverage.add(absent.told());
            self.findings.extend(Error::from(error).findings());
            return Ok(ids);
        }
        self.coverage.seen(Part::Layout, Origin::Build);
        for finding in open {
            let place = |at: &Option<stylus_layout::Location>| {
                at.as_ref()
                    .map_or("nowhere".to_owned(), ToString::to_string)
            };
            let message = format!(
                "{}: {} → {}: {}",
                finding.field,
                place(&finding.old),
                place(&finding.new),
                finding.note
            );
            let id = finding_id(finding);
            let found = Finding {
                next: Some(format!("declare it, or {}", FindingId::flag([&id]))),
                ..Finding::new(Part::Layout, Severity::Danger, id, message)
            };
            let at = self.places.field(&finding.field);
            self.findings
                .push(found.from(Origin::Build).at(at, &self.root));
        }
        Ok(ids)
    }

    /// What came of it.
    fn report(mut self, context: &Context, mut outcome: Outcome) -> Outcome {
        let seen = self.coverage.findings().into_iter();
        let is_told = |one: &Finding| self.is_built && one.severity != Severity::Good;
        self.findings.extend(seen.filter(is_told));
        let accepted = context.accepted();
        let refused = decide(&self.findings, &accepted, Role::Ci).refused;
        for one in &mut self.findings {
            one.severity = match refused.iter().any(|other| other.id == one.id) {
                true => Severity::Danger,
                false if accepted.contains(&one.id) => Severity::Warning,
                false => one.severity,
            };
        }
        self.findings
            .sort_by_key(|finding| Reverse(finding.severity));
        let errors = refused.len();
        outcome.field("findings", &self.findings);
        let all = self.findings.iter();
        let accepted: Vec<_> = all.filter(|one| accepted.contains(&one.id)).collect();
        if !accepted.is_empty() {
            outcome.field("accepted", accepted);
        }
        outcome.field("coverage", &self.coverage);
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
