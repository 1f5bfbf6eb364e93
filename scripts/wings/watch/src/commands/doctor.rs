//! `doctor`: whether everything that is needed still runs, for how long, and how to repair it.

use crate::app_error::Error;
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::Client;
use crate::context::Session;
use crate::context::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::{Context, Unverified};
use crate::doctor::{self, CureOutcome, endpoint};
use crate::error::{Exit, Report};
use crate::expiry::{AHEAD_DAYS, ChainFacts, Cure, DAY, Diagnosis, Program, Subject};
use crate::governance::{definitions, ripe};
use crate::names::Names;
use crate::output::Outcome;
use crate::pipeline::standing;
use crate::progress::Progress;
use crate::registry::Registry;
use crate::report::CommandReport;
use crate::text::count;
use alloy::primitives::Address;
use clap::Args;
use serde::Serialize;

/// `doctor`.
pub(crate) static SPEC: Spec<DoctorArgs> = Spec {
    name: "doctor",
    about: "Check whether everything that is needed still runs, and for how long; --fix repairs it",
    group: Group::Look,
    examples: &[
        "doctor",
        "doctor --fix --within 90 --account ana",
        "doctor --endpoint --rpc-url https://rpc.example.org",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || {
        vec![
            report_type::<DoctorReport>(),
            report_type::<ChainReport>(),
            report_type::<endpoint::EndpointReport>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// Whether everything that is needed still runs, and for how long.
///
/// Exit code 0: it does. 1: something that is needed does not work now. 3: something ends within 60
/// days, or a definition is paused. 5: not everything could be fixed.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Extend or repeat activations, which costs data fees. Any key can do this; after an interruption run
    /// it again
    #[arg(long)]
    pub fix: bool,
    /// With --fix, also fix old versions that only a rollback or a new instance needs
    #[arg(long, requires = "fix")]
    pub all: bool,
    /// With --fix, extend activations that have fewer days left than this
    #[arg(long, value_name = "DAYS", default_value_t = AHEAD_DAYS)]
    pub within: u64,
    /// Ask the endpoint alone, for what commands need of one: questions, transactions, old state, events, proofs,
    /// traces
    #[arg(long, conflicts_with_all = ["fix", "all"])]
    pub endpoint: bool,
}

/// The report of `doctor` about a registry.
#[derive(Serialize)]
pub(crate) struct DoctorReport {
    /// The cures that `--fix` did.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Vec<CureOutcome>>,
    registry: Address,
    #[serde(flatten)]
    pub(crate) diagnosis: Diagnosis,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    #[serde(skip)]
    exit: Exit,
    #[serde(skip)]
    is_full: bool,
}

pub(crate) async fn run(context: &Context, args: &DoctorArgs) -> Result<Outcome, Error> {
    if args.endpoint {
        let report = endpoint::examine(&context.unasked()?).await?;
        return Ok(context.outcome(&report));
    }
    let fix = args.fix.then_some(args.all);
    let Some(registry) = context.named_registry()? else {
        if args.fix {
            context.registry()?; // there is nothing to be fixed without one
        }
        return examine_chain(context).await;
    };
    let within = args.within.saturating_mul(DAY);
    let report = examine_registry(context, registry, within, fix).await?;
    Ok(context.outcome(&report))
}

/// Examines the registry, and changes nothing.
pub(crate) async fn diagnose(context: &Context) -> Result<Diagnosis, Error> {
    let registry = context.registry()?;
    let report = examine_registry(context, registry, AHEAD_DAYS * DAY, None).await?;
    Ok(report.diagnosis)
}

async fn examine_registry(
    context: &Context,
    unverified: Unverified,
    within: u64,
    fix_all: Option<bool>,
) -> Result<DoctorReport, Error> {
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    context.say_read_at(Session { context, registry }.read_at(), true);
    let client = if fix_all.is_some() && client.has_key() {
        context.journalled(client.clone(), "doctor --fix").await?
    } else {
        client.clone()
    };
    let registry = client.registry(registry.address);
    let framework = context.builder()?.framework()?;
    let subject = Subject {
        registry,
        framework: &framework,
    };
    let mut diagnosis = doctor::examine(subject, within).await?;
    let mut fixed = None;
    if let Some(all) = fix_all {
        let (cured, is_paid) = fix(context, &client, all, &diagnosis).await?;
        fixed = Some(cured);
        if is_paid {
            diagnosis = doctor::examine(subject, within).await?;
        }
    }
    let found = find_standing(Session { context, registry }).await;
    let known = &diagnosis.findings;
    let is_new = |finding: &Finding| known.iter().all(|other| other.id != finding.id);
    let found: Vec<Finding> = found.into_iter().filter(is_new).collect();
    diagnosis.findings.extend(found);
    diagnosis.findings.extend(find_ripe_actions(registry).await);
    diagnosis
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let is_partial = fixed
        .iter()
        .flatten()
        .any(|cure: &CureOutcome| cure.error.is_some());
    let exit = match diagnosis.severity() {
        _ if is_partial => Exit::Partial,
        Some(Severity::Danger) => Exit::Refused,
        Some(Severity::Warning) => Exit::NotReady,
        Some(_) | None => Exit::Done,
    };
    let ok = exit == Exit::Done;
    let first = diagnosis.findings.first().filter(|_| !ok);
    Ok(DoctorReport {
        fixed,
        registry: registry.address,
        ok,
        error: first.map(|first| Report::of(first)),
        exit,
        is_full: context.global.full,
        diagnosis,
    })
}

/// Finds what instances run and where they come from.
async fn find_standing(session: Session<'_>) -> Vec<Finding> {
    match standing::of_registry(session).await {
        Ok(found) => standing::taken(session.context, found),
        Err(error) => {
            // a registry that does not run answers nothing; its programs are told of
            let says = format!("what instances run and where they come from is not known: {error}");
            let unknown = Finding::named(
                Part::Instances,
                Severity::Unknown,
                FindingKind::Instances,
                says,
            );
            vec![unknown]
        }
    }
}

/// Finds the actions that wait for somebody who executes them.
async fn find_ripe_actions(registry: Registry<'_>) -> Vec<Finding> {
    let Ok(mut names) = definitions(registry).await else {
        return Vec::new(); // a registry that does not run answers nothing; its programs are told of
    };
    names.push(String::new());
    let mut all = Vec::new();
    for name in names {
        all.extend(ripe(registry, &name).await.unwrap_or_default());
    }
    let all = all.iter();
    all.map(|action| {
        let says = action.says();
        Finding::named(Part::Policy, Severity::Note, FindingKind::Ripe, says)
    })
    .collect()
}

/// Examines the endpoint alone.
async fn examine_chain(context: &Context) -> Result<Outcome, Error> {
    let client = context.reader().await?;
    let chain = ChainFacts::read(&client).await?;
    let report = ChainReport { chain, ok: true };
    Ok(context.outcome(&report))
}

/// The report of `doctor` without a registry.
#[derive(Serialize)]
pub(crate) struct ChainReport {
    /// The chain behind the endpoint.
    chain: ChainFacts,
    /// Always: it answers.
    ok: bool,
}

impl CommandReport for ChainReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = self.chain.lines();
        lines.push("registry".into());
        lines.push("  · none is given: --registry ADDRESS examines it and what it needs".into());
        lines
    }
}

/// Repairs what it can. The flag is true if anything was paid for.
async fn fix(
    context: &Context,
    client: &Client,
    all: bool,
    diagnosis: &Diagnosis,
) -> Result<(Vec<CureOutcome>, bool), Error> {
    let programs = diagnosis.programs.iter();
    let all: Vec<&Program> = programs
        .filter(|program| (program.needed || all) && program.cure != Cure::None)
        .collect();
    let is_later = |program: &&&Program| matches!(program.cure, Cure::Later { .. });
    let paid = all.len() - all.iter().filter(is_later).count();
    if paid > 0 {
        client.sender("doctor --fix")?;
        let fees = doctor::estimate_fees(client, &all).await?;
        context.output.note(&format!(
            "fixing {}; data fees about {fees} wei, plus gas",
            count(paid, "program")
        ));
    }
    let bump = context.global.data_fee_bump_percent;
    let cured = doctor::fix(client, &all, bump, &*context.output).await?;
    Ok((cured, paid > 0))
}

impl CommandReport for DoctorReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(cured) = &self.fixed {
            lines.push("fixed".to_owned());
            if cured.is_empty() {
                lines.push("  nothing to fix".into());
            }
            lines.extend(cured.iter().map(CureOutcome::line));
        }
        lines.extend(
            self.diagnosis
                .lines(&names.long(self.registry), self.is_full),
        );
        lines
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}
