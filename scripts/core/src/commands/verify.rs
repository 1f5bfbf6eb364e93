//! `verify`: whether code, slots and views are as recorded, and how much of that could be checked.

mod builds;

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::{Coverage, Finding, Refused, Role, Severity, decide};
use crate::context::prelude::*;
use crate::governance::seconds_left;
use crate::history::{
    Section, VerifiedHistory, VerifyReport, Wanted, read_existing, read_verified,
};
use crate::pipeline::standing::{self, Instances};
use crate::publication::{Publication, PublishArgs};

use crate::registry::definitions;
use builds::{built, coverage as coverage_of, framework_checks, published_builds};
use clap::{ArgGroup, Args};
use std::collections::BTreeSet;

/// `verify`.
pub(crate) static SPEC: Spec<VerifyArgs> = Spec {
    name: "verify",
    about: "Check whether live code, slots and views are what was recorded",
    group: Group::Look,
    examples: &["verify", "verify Counter --source .", "verify --framework"],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<Verified>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// The versions to verify, and their sources.
#[derive(Debug, Default, Args)]
#[command(group(ArgGroup::new("of_version").args(["source", "publish"]).multiple(true)))]
pub(crate) struct VerifyArgs {
    /// The definition [default: all]
    pub name: Option<String>,
    /// The version that --source or --publish is about [default: the current one]
    #[arg(long, value_name = "VERSION", requires_all = ["name", "of_version"])]
    pub version: Option<String>,
    /// A crate's folder, a .wasm file, or a contract of this workspace by name
    #[arg(long, value_name = "SOURCE", requires = "name")]
    pub source: Option<String>,
    /// Also check whether registry, shared programs and proxies are what this program deploys
    #[arg(long)]
    pub framework: bool,
    /// The arguments for an explorer.
    #[command(flatten)]
    pub publish: PublishArgs,
}

pub(crate) async fn run(context: &Context, args: &VerifyArgs) -> Result<Outcome> {
    let publish = match args.publish.publish {
        Some(interface) => Some((
            context.program.wings.console("--publish")?.publish,
            interface,
        )),
        None => None,
    };
    let session = Session::reading(context).await?;
    let report = verify(session, args).await?;
    let published = match (&args.name, &report.error, publish) {
        (Some(name), None, Some((publish, interface))) => {
            let version = version(session, name, args.version.as_deref()).await?;
            let subject = (name.as_str(), version.as_str());
            Some(publish(session, subject, interface, &args.publish).await?)
        }
        _ => None,
    };
    let verified = Verified { report, published };
    Ok(context.outcome(&verified))
}

/// The report of `verify`.
#[derive(Serialize)]
pub(crate) struct Verified {
    #[serde(flatten)]
    report: VerifyReport,
    /// The answer of an explorer to the sources, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Publication>,
}

impl CommandReport for Verified {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.report.lines(names);
        lines.extend(self.published.iter().flat_map(Publication::lines));
        lines
    }

    fn exit(&self) -> Exit {
        self.report.exit()
    }
}

/// Compares a definition, or all of them, with what was recorded.
pub(crate) async fn verify(session: Session<'_>, args: &VerifyArgs) -> Result<VerifyReport> {
    let Session { context, registry } = session;
    let client = registry.client;
    let (name, source) = (args.name.as_deref(), args.source.as_deref());
    context.say_read_at(session.read_at(), true);
    let (mut sections, mut differences) = (Vec::new(), Vec::new());
    let (mut proxies, mut used) = (Vec::new(), Vec::new());
    let (mut coverage, mut found) = (Coverage::default(), Vec::new());
    let documents = session.documents();
    let is_running = seconds_left(client, registry.address).await?.is_some();
    let names = context.names();
    for name in named(session, name).await? {
        let verified = read_verified(registry, &name, &names, Wanted::None).await?;
        let VerifiedHistory {
            compared,
            verification,
        } = verified;
        let events = compared.definition();
        let versions = &events.versions;
        let built = source.map(|_| args.version.as_ref().unwrap_or(&events.current));
        let whose = (name.as_str(), is_running);
        let built = built.map(String::as_str);
        coverage.merge(&coverage_of(&documents, whose, versions, built).await?);
        used.extend(events.used());
        proxies.extend(
            events
                .instances
                .iter()
                .map(|instance| (instance.proxy, instance.kind)),
        );
        if is_running && !name.is_empty() {
            let which = Instances::Of(&name, usize::MAX);
            found.extend(standing::of_instances(session, which).await?);
        }
        sections.push(Section {
            builds: if is_running {
                published_builds(&documents, versions).await?
            } else {
                Vec::new()
            },
            verification,
            title: Some(name),
        });
        differences.extend(compared.differences);
    }
    if let (Some(name), Some(source)) = (name, source) {
        let version = version(session, name, args.version.as_deref()).await?;
        let checks = built(session, name, &version, source).await?;
        sections.push(Section::of(None, checks));
    }
    if args.framework {
        let checks = framework_checks(session, &proxies).await?;
        sections.push(Section::of(Some("framework"), checks));
    }
    let (mut judged, mut warnings) = (
        coverage.findings(),
        standing::programs(session, used).await?,
    );
    let (told, refusing) = split(found);
    warnings.extend(told);
    judged.extend(refusing);
    context.warn_all(&warnings);
    let mut report = VerifyReport::of(registry.address, sections, warnings);
    if report.checks.iter().any(|check| !check.ok)
        && let Some(error) = &report.error
    {
        context.note(&error.message);
    }
    let decision = decide(&judged, &context.accepted(), Role::Reader);
    if let (None, Some(refused)) = (&report.error, Refused::of(decision.refused)) {
        let error = Report::of(&refused);
        context.output.explain(&error);
        report.error = Some(error);
    }
    (report.differences, report.coverage) = (differences, coverage);
    report.is_full = context.global.full;
    report.accepted = decision.accepted;
    Ok(report)
}

/// The findings that refuse nothing, and the others.
fn split(found: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let is_told = |one: &Finding| one.severity < Severity::Danger;
    found.into_iter().partition(is_told)
}

/// The definition that was named, else all of them.
async fn named(session: Session<'_>, name: Option<&str>) -> Result<Vec<String>> {
    if let Some(name) = name {
        return Ok(vec![name.to_owned()]);
    }
    let Session { context, registry } = session;
    let found = definitions(registry).await?;
    // An endpoint can hide a whole definition; the local records show those that were registered from here.
    let kept = context.versions().records()?.into_iter();
    let kept = kept.filter(|one| {
        (one.chain_id, one.registry) == (registry.client.chain_id(), registry.address)
    });
    let all: BTreeSet<String> = found.into_iter().chain(kept.map(|one| one.name)).collect();
    if all.is_empty() {
        let names = context.names();
        read_existing(registry, "", &names, Wanted::None).await?; // or the endpoint shows no event at all
        let what = format!("the registry {registry} has no definitions");
        let refusal = Refusal::new("NothingToCheck", format!("nothing to verify: {what}"));
        let refusal = refusal.with(
            "at least one definition",
            what,
            "stylus-upgrades define NAME --migrate POLICY creates a definition",
        );
        return Err(refusal.into());
    }
    Ok(all.into_iter().collect())
}

/// The version to verify: the current one if none is named.
async fn version(session: Session<'_>, name: &str, version: Option<&str>) -> Result<String> {
    Ok(match version {
        Some(version) => version.to_owned(),
        None => session.registry.head(name).await?.current,
    })
}
