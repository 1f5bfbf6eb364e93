//! `check`: what a pull request would do to what is live, in one command.

mod baseline;

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::{
    Coverage, Evidence, Finding, Origin, Part, Role, Severity, annotation, decide,
};
use crate::build::{Artifact, BuildError, repository};
use crate::checks::{Assessment, Runs};
use crate::client::Client;
use crate::context::prelude::*;
use crate::context::seen_by;
use crate::ids::CodeHash;
use crate::interface::{Callable, Places, added};
use crate::layout::finding_id;
use crate::manifest::Declared;
use crate::options::{StepArgs, StorageArgs, UpgradeArgs, time};
use crate::pipeline::calldata;
use crate::pipeline::facts::NOT_ASKED;
use crate::pipeline::fuzz::{SEED, declared, fuzzed};
use crate::pipeline::simulated_upgrade::{SimulatedUpgrade, SimulationOptions, simulate};
use crate::plan::{FuzzRequest, FuzzRun, FuzzSettings, Reads, Verdict, not_tried, only_started};
use baseline::{Baseline, against};
use clap::{Args, ValueEnum};
use std::cmp::Reverse;
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
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<CheckReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A check of what would become the next version.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The definition
    pub name: String,
    /// The new code: as for migrate
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
    /// Maximum number of instances to try
    #[arg(long, value_name = "NUMBER", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub instances: u32,
    /// Fuzz the upgrade for this time, such as 60s, and report what differs, as the command fuzz does
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "against")]
    pub fuzz: Option<Duration>,
    /// The step into it, as for migrate.
    #[command(flatten)]
    pub step: StepArgs,
    /// What is said about its storage.
    #[command(flatten)]
    pub storage: StorageArgs,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    People,
    /// Workflow commands.
    Github,
}

/// What was found so far.
struct Check<'a> {
    args: &'a CheckArgs,
    /// What callers can use of the new code.
    interface: Callable,
    /// Where something stands in its sources.
    places: Places,
    /// The folder that paths are shown from.
    root: PathBuf,
    findings: Vec<Finding>,
    coverage: Coverage,
    /// What an author declares of it.
    declared: Declared,
    /// Whether it builds. If not, nothing else is reported.
    is_built: bool,
    /// Whether the upgrade was tried on some instances only, or to its start only.
    is_tried_in_part: bool,
}

pub(crate) async fn run(context: &Context, args: &CheckArgs) -> Result<Outcome> {
    if args.fuzz.is_some() {
        context.program.wings.laboratory(FUZZ)?;
    }
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

    /// Tries the upgrade on a copy of the chain.
    async fn upgrade(&mut self, context: &Context, to: &str) -> Result<()> {
        let upgrade = UpgradeArgs {
            name: self.args.name.clone(),
            version: to.to_owned(),
            source: Some(self.args.source.clone()),
            action: None,
            step: self.args.step.clone(),
            storage: self.args.storage.clone(),
        };
        let options = SimulationOptions {
            instances: self.args.instances,
            write_expect: None,
        };
        let simulated = simulate(context, &upgrade, options, Role::Ci).await?;
        self.fuzz(&simulated).await;
        let SimulatedUpgrade {
            plan,
            checks,
            taken,
            ..
        } = simulated;
        self.findings.extend(taken);
        self.take(&checks)?;
        let called = calldata::typed(&self.args.step.call);
        let problems = plan.problems.iter().cloned();
        self.findings.extend(problems.map(|one| about(one, called)));
        self.coverage.seen(Part::Simulation, Origin::Chain);
        if plan.instances.is_empty() && plan.untried == 0 {
            let why = "there is no instance to try it on";
            let some = Evidence::some(Part::Simulation, Origin::NotKnown, why);
            self.coverage.add(some);
        }
        let started = only_started(&plan.instances);
        let untried = (plan.untried > 0).then(|| not_tried(plan.untried));
        let of_gas = plan.reads.iter().filter_map(Reads::reads_gas);
        let is_tried = plan.verdict() != Verdict::NotTried;
        for one in of_gas {
            let is_accepted = context.accepted().covers(&one.id);
            self.is_tried_in_part |= !is_accepted;
            let some = Evidence::some(Part::Simulation, Origin::NotKnown, &one.message);
            self.coverage.add(some);
            self.findings.push(one);
        }
        for why in started.into_iter().chain(untried) {
            self.is_tried_in_part = true;
            self.coverage.add(match is_tried {
                true => Evidence::some(Part::Simulation, Origin::NotKnown, why),
                false => Evidence::whole(Part::Simulation, Origin::NotKnown, why),
            });
        }
        for calls in plan.reads.iter().filter_map(Reads::of_calls) {
            let finding =
                Finding::named(Part::Simulation, Severity::Warning, "upgrade-calls", calls);
            self.findings.push(finding);
        }
        Ok(())
    }

    /// Fuzzes the upgrade, if that is wanted.
    async fn fuzz(&mut self, simulated: &SimulatedUpgrade<'_>) {
        let is_refused =
            !simulated.plan.problems.is_empty() || simulated.checks.refusal().is_some();
        let Some(time) = self.args.fuzz.filter(|_| !is_refused) else {
            return;
        };
        let settings = FuzzSettings {
            seed: SEED,
            runs: None,
            time: Some(time),
            declared: self.declared.clone(),
            blind: false,
            corpus: None,
        };
        let laboratory = match simulated.session.context.program.wings.laboratory(FUZZ) {
            Ok(laboratory) => laboratory,
            Err(error) => return self.not_fuzzed(&error),
        };
        let fuzz = async |client: &Client, request: FuzzRequest, instances: &[Address]| {
            (laboratory.fuzz)(client, request, instances).await
        };
        let record = |run: &FuzzRun| run.record.clone();
        let run = match fuzzed(simulated, None, settings, fuzz, record).await {
            Ok(run) => run,
            Err(error) => return self.not_fuzzed(&error),
        };
        for (finding, subject) in run.findings {
            self.findings.push(about(finding, &subject));
        }
        self.findings.push(run.summary);
    }

    /// A fuzzer that did not run refuses.
    fn not_fuzzed(&mut self, error: &Error) {
        let refusal = Finding::refusal(Part::Simulation, None, &Report::of(error));
        self.findings.push(refusal);
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

    /// The place in the sources that a finding is about.
    fn place(&self, finding: &Finding) -> Option<(&Path, usize)> {
        let about = finding.about.as_deref()?;
        match finding.part {
            Part::Layout | Part::LiveInstances => self.places.field(about),
            Part::Simulation => (self.places.function(about)).or_else(|| self.places.field(about)),
            _ => self.places.function(about),
        }
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
            let own = steps.find(|one| one.kind == StepKind::Migration && one.from == from);
            own.map(|one| one.to.clone())
        };
        let label = self.args.version.clone().or_else(declared);
        label.unwrap_or_else(|| NEXT.into())
    }

    /// What came of it.
    fn report(mut self, context: &Context, built: Option<Built>) -> CheckReport {
        let seen = self.coverage.findings().into_iter();
        let is_told = |one: &Finding| self.is_built && one.severity != Severity::Good;
        self.findings.extend(seen.filter(is_told));
        let found = std::mem::take(&mut self.findings).into_iter();
        let placed = found.map(|one| match self.place(&one) {
            Some(place) => one.at(Some(place), &self.root),
            None => one,
        });
        self.findings = placed.collect();
        let accepted = context.accepted();
        let refused = decide(&self.findings, &accepted, Role::Ci).refused;
        for one in &mut self.findings {
            let is_same = |other: &Finding| (&other.id, other.part) == (&one.id, one.part);
            one.severity = match refused.iter().any(is_same) {
                true => Severity::Danger,
                false if accepted.contains(&one.id) => Severity::Warning,
                false => one.severity,
            };
        }
        self.findings
            .sort_by_key(|finding| Reverse(finding.severity));
        let errors = refused.len();
        let all = self.findings.iter();
        let taken = all.filter(|one| accepted.contains(&one.id));
        CheckReport {
            name: self.args.name.clone(),
            built,
            accepted: taken.cloned().collect(),
            coverage: self.coverage,
            ok: errors == 0,
            errors,
            is_tried_in_part: self.is_tried_in_part,
            format: self.args.format,
            findings: self.findings,
        }
    }
}

/// What `check` reports.
#[derive(Serialize)]
pub(crate) struct CheckReport {
    /// The definition.
    name: String,
    #[serde(flatten)]
    built: Option<Built>,
    /// The findings, the most severe first.
    findings: Vec<Finding>,
    /// The findings among them that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted: Vec<Finding>,
    /// How much of each part was checked.
    coverage: Coverage,
    /// Whether no finding blocks an upgrade.
    ok: bool,
    #[serde(skip)]
    errors: usize,
    #[serde(skip)]
    is_tried_in_part: bool,
    #[serde(skip)]
    format: Format,
}

/// The code that was checked, if it builds.
#[derive(Serialize)]
struct Built {
    /// keccak256 of the code.
    codehash: CodeHash,
    /// Bytes of the code on chain.
    code_bytes: usize,
    /// What it was compared with.
    against: String,
    /// The label of that; null if it is not known.
    from: Option<String>,
    /// The label of the new version.
    to: String,
}

impl CommandReport for CheckReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let name = &self.name;
        let mut lines = Vec::new();
        if self.format == Format::People {
            lines.extend(self.findings.iter().flat_map(Finding::lines));
        }
        lines.push(match self.errors {
            0 if self.is_tried_in_part => {
                format!("! {name} can be upgraded to this as far as it was tried")
            }
            0 => format!("✓ {name} can be upgraded to this"),
            1 => format!("✗ 1 finding blocks an upgrade of {name}"),
            errors => format!("✗ {errors} findings block an upgrade of {name}"),
        });
        lines
    }

    fn commands(&self) -> Vec<String> {
        let all = self.findings.iter();
        let annotated = all.filter(|_| self.format == Format::Github);
        annotated.map(annotation).collect()
    }

    fn exit(&self) -> Exit {
        match self.errors {
            0 => Exit::Done,
            _ => Exit::Refused,
        }
    }
}

/// The finding, about the function that a call or a signature names.
fn about(finding: Finding, call: &str) -> Finding {
    let function = call.split('(').next().map(str::to_owned);
    Finding {
        about: function,
        ..finding
    }
}

/// The place in a line of a compiler: ` --> src/lib.rs:3:5`.
fn place_in(line: &str) -> Option<(PathBuf, usize)> {
    let (_, place) = line.split_once("--> ")?;
    let mut parts = place.trim().rsplitn(3, ':');
    let (_, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    Some((PathBuf::from(file), line.parse().ok()?))
}
