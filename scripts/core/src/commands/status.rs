//! `status`: what is live, read from the chain; for one instance with its storage by variables, its path and its
//! events.

use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::Finding;
use crate::context::prelude::*;
use crate::governance::{DefinitionControl, RipeAction, UnsetRole, definitions, explain, ripe};
use crate::inspect::{Inspection, MigrationStatus, instance_lines};
use crate::model::{ProxySamples, Used};
use crate::pipeline::control;
use crate::pipeline::inspection::inspect;
use crate::pipeline::standing::{self, Instances};
use crate::questions::ask_all;
use crate::registry::{DefinitionStatus, InstanceStatus, definition_status};
use crate::text::{bounded, count};
use clap::Args;
use futures::try_join;
use std::collections::BTreeMap;
use std::path::Path;

/// `status`.
pub(crate) static SPEC: Spec<StatusArgs> = Spec {
    name: "status",
    about: "Show what is live: everything, a definition, or one instance with its storage and events",
    group: Group::Look,
    examples: &[
        "status",
        "status counter",
        "status Counter --report counter.html",
    ],
    writes: |args| args.report.as_ref().map(|_| "--report"),
    governed: Governs::Never,
    reports: || {
        vec![
            report_type::<StatusReport>(),
            report_type::<WrittenReport<'_>>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// The subject of `status`, and the file for its page.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// A definition's name, or an instance's address or alias: its storage by variables, the steps to the
    /// current version, its events
    pub subject: Option<String>,
    /// Write the definition, its open actions and its history into this file, a self-contained page
    #[arg(long, value_name = "FILE.html", requires = "subject")]
    pub report: Option<std::path::PathBuf>,
}

pub(crate) async fn run(context: &Context, args: &StatusArgs) -> Result<Outcome> {
    let subject = args.subject.as_deref();
    if let Some(file) = &args.report {
        let name = subject.unwrap_or_default();
        let console = context.program.wings.console("--report")?;
        let bytes = (console.report)(context, file, name).await?;
        return Ok(context.outcome(&WrittenReport { file, name, bytes }));
    }
    let session = Session::reading(context).await?;
    let registry = session.registry;
    let mut found = match subject {
        None => of_definitions(session, definitions(registry).await?).await?,
        // An address is an instance, and so is an alias.
        Some(name) => match context.manifest.known_address(name)? {
            Some(proxy) => Found::Instance(Box::new(inspect(session, proxy).await?)),
            None => of_definitions(session, vec![name.to_owned()]).await?,
        },
    };
    let of_instances = found.definitions().map(|name| {
        let which = Instances::Of(name, usize::MAX);
        standing::of_instances(session, which)
    });
    let (mut warnings, of_instances, controls) = try_join!(
        standing::programs(session, found.used()),
        ask_all(of_instances),
        found.controls(session)
    )?;
    found.set_controls(controls);
    warnings.extend(of_instances.into_iter().flatten());
    let warnings = standing::taken(context, warnings);
    context.warn_all(&warnings);
    let mut waiting = Vec::new();
    for name in found.definitions() {
        waiting.extend(ripe(registry, name).await?);
    }
    let report = StatusReport {
        is_full: context.global.full,
        registry: registry.address,
        ripe: waiting,
        warnings,
        found,
    };
    Ok(context.outcome(&report))
}

async fn of_definitions(session: Session<'_>, names: Vec<String>) -> Result<Found> {
    let registry = session.registry;
    let statuses = names.iter().map(|name| definition_status(registry, name));
    let definitions = ask_all(statuses).await?;
    let instances = definitions
        .iter()
        .flat_map(|definition| &definition.instances);
    let migrations = instances.map(async |one| {
        let migration = match MigrationStatus::of(registry.client, &one.instance).await {
            Ok(None) => return Ok(None),
            Ok(Some(migration)) => Ok(migration),
            Err(error) if error.is_no_answer() => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        Ok::<_, Error>(Some((one.instance.proxy, migration)))
    });
    let migrations = ask_all(migrations).await?.into_iter().flatten();
    let definitions = definitions.into_iter().map(|status| ShownDefinition {
        status,
        control: None,
    });
    Ok(Found::Definitions {
        migrations: migrations.collect(),
        definitions: definitions.collect(),
    })
}

/// The report of `status`.
#[derive(Serialize)]
pub(crate) struct StatusReport {
    #[serde(skip)]
    is_full: bool,
    registry: Address,
    #[serde(flatten)]
    found: Found,
    /// Actions that anybody may execute.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ripe: Vec<RipeAction>,
    /// Programs that expire soon or do not run, and what is found about instances.
    warnings: Vec<Finding>,
}

/// The complex migrations that instances are in, or why one is not known.
type Migrations = BTreeMap<Address, Result<MigrationStatus, String>>;

#[derive(Serialize)]
#[serde(untagged)]
enum Found {
    Definitions {
        definitions: Vec<ShownDefinition>,
        #[serde(skip)]
        migrations: Migrations,
    },
    Instance(Box<Inspection>),
}

/// A definition, with who controls its code.
#[derive(Serialize)]
struct ShownDefinition {
    #[serde(flatten)]
    status: DefinitionStatus,
    /// The accounts that can replace the code.
    control: Option<DefinitionControl>,
}

impl Found {
    /// The control of each definition that is shown.
    async fn controls(&self, session: Session<'_>) -> Result<Vec<Option<DefinitionControl>>> {
        let all = match self {
            Self::Definitions { definitions, .. } => definitions.as_slice(),
            Self::Instance(_) => &[],
        };
        let controls = all.iter().map(async |definition| {
            control::of_policies(session, &definition.status.policies).await
        });
        ask_all(controls).await
    }

    /// Shows the control of each definition.
    fn set_controls(&mut self, controls: Vec<Option<DefinitionControl>>) {
        if let Self::Definitions { definitions, .. } = self {
            for (definition, control) in definitions.iter_mut().zip(controls) {
                definition.control = control;
            }
        }
    }

    /// The definitions that are shown.
    fn definitions(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::Definitions { definitions, .. } => definitions.as_slice(),
            Self::Instance(_) => &[], // it shows its own arrival
        };
        all.iter().map(|definition| definition.status.name.as_str())
    }

    /// The code that users run.
    fn used(&self) -> Vec<Used> {
        let instances = match self {
            Self::Instance(one) => vec![&one.instance],
            Self::Definitions { definitions, .. } => definitions
                .iter()
                .flat_map(|definition| &definition.status.instances)
                .collect(),
        };
        let mut samples = ProxySamples::default();
        let sampled = instances
            .into_iter()
            .filter(|status| samples.needs(&status.instance, Some(status.implementation)));
        sampled
            .flat_map(|status| Used::by(&status.instance, status.implementation))
            .collect()
    }
}

impl CommandReport for StatusReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        match &self.found {
            Found::Instance(one) => one.lines(self.is_full, names),
            Found::Definitions { definitions, .. } if definitions.is_empty() => [
                "nothing is defined yet",
                "next: stylus-upgrades define NAME --migrate POLICY",
            ]
            .map(str::to_owned)
            .into(),
            Found::Definitions {
                definitions,
                migrations,
            } => {
                let lines = definitions.iter().flat_map(|definition| {
                    let name = &definition.status.name;
                    let of_it = |ripe: &&RipeAction| ripe.definition == *name;
                    let ripe = self.ripe.iter().filter(of_it);
                    let ripe = ripe.map(|one| format!("  ripe     {}", one.says()));
                    definition_lines(definition, migrations, names, self.is_full)
                        .into_iter()
                        .chain(ripe)
                });
                lines.collect()
            }
        }
    }
}

/// A line for each role that acts, set or not.
fn role_lines(status: &DefinitionStatus, names: &Names) -> Vec<String> {
    let set = status.policies.iter();
    let set = set.map(|(role, policy)| format!("  {role:<8} {}", names.policy(policy)));
    let migrate = status.migrate.as_deref();
    let migrate = migrate.and_then(|text| explain("migrate", text, names).ok());
    let unset = UnsetRole::all(|role| status.policies.contains_key(role), migrate.as_ref());
    let unset = unset
        .into_iter()
        .map(|role| format!("  {}", role.line(names)));
    set.chain(unset).collect()
}

fn definition_lines(
    definition: &ShownDefinition,
    migrations: &Migrations,
    names: &Names,
    is_full: bool,
) -> Vec<String> {
    let ShownDefinition { status, control } = definition;
    let current = match status.current.as_str() {
        "" => "nothing yet",
        current => current,
    };
    let mut lines = vec![format!(
        "{}  current {current}  sequence {}  {}",
        status.name, status.sequence, status.state
    )];
    lines.extend(role_lines(status, names));
    let control = control.iter();
    lines.extend(control.map(|control| format!("  {:<8} {}", "control", control.sentence)));
    let mut versions = Vec::new();
    for version in &status.versions {
        let from: Vec<&str> = version.incoming().map(|step| &*step.from).collect();
        let way = if from.is_empty() {
            String::new()
        } else {
            format!("  from {}", from.join(", "))
        };
        versions.push(format!(
            "  version  {:<8} {}  {}{way}",
            version.version, version.code.implementation, version.code.codehash
        ));
    }
    lines.extend(bounded(versions, is_full));
    let is_short = !is_full && status.instances.len() > INSTANCES_MAX;
    if is_short {
        lines.extend(instance_counts(status));
    }
    let shown = status.instances.iter();
    let shown = shown.filter(|instance| !is_short || is_unusual(status, instance));
    let mut instances = Vec::new();
    for one in shown {
        let proxy = one.instance.proxy;
        let own = instance_lines(one, names).into_iter();
        instances.extend(own.map(|line| format!("  {line}")));
        match migrations.get(&proxy) {
            Some(Ok(migration)) => instances.extend(migration.lines()),
            Some(Err(why)) => instances.push(format!("    migration unknown: {why}")),
            None => {}
        }
        let waits = status.waiting.iter().filter(|one| one.proxy == proxy);
        for one in waits {
            instances.push(format!("    waits: {}", one.reason));
            instances.push(format!("    next: {}", one.next));
        }
    }
    lines.extend(bounded(instances, !is_short));
    lines
}

/// Instances of a definition that have a line each without `--full`, at most.
const INSTANCES_MAX: usize = 32;

/// The number of instances at each version, by their state.
fn instance_counts(status: &DefinitionStatus) -> Vec<String> {
    let mut counts = BTreeMap::<(String, String), usize>::new();
    for listed in &status.instances {
        let instance = &listed.instance;
        let (version, state) = (instance.version.clone(), instance.state.to_string());
        *counts.entry((version, state)).or_default() += 1;
    }
    let lines = counts.into_iter().map(|((version, state), number)| {
        format!("  {} at {version}  {state}", count(number, "instance"))
    });
    bounded(lines.collect(), false)
}

/// Returns true for an instance that is not what its definition is, or whose registry is not known.
fn is_unusual(status: &DefinitionStatus, listed: &InstanceStatus) -> bool {
    let proxy = listed.instance.proxy;
    let waits = status.waiting.iter().any(|waiting| waiting.proxy == proxy);
    waits || listed.registry.is_none() || listed.instance.state.is_migrating()
}

/// The file that was written.
#[derive(Serialize)]
pub(crate) struct WrittenReport<'a> {
    file: &'a Path,
    name: &'a str,
    bytes: usize,
}

impl CommandReport for WrittenReport<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let file = self.file.display();
        vec![format!("written    {file} ({} bytes)", self.bytes)]
    }
}
