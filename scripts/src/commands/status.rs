//! `status`: what is live, read from the chain; for one instance with its storage by variables, its path and its
//! events.

use super::doctor;
use super::prelude::*;
use crate::assess::Finding;
use crate::governance::definitions;
use crate::inspect::{
    Inspection, MigrationStatus, events, fields, framework, instance_line, steps_to,
};
use crate::model::{Instance, Used};
use crate::registry::{DefinitionStatus, definition_status, instance_status};
use std::collections::BTreeMap;

pub(super) async fn run(context: &Context, subject: Option<&str>) -> Result<Outcome> {
    let session = Session::reading(context).await?;
    let registry = session.registry;
    let found = match subject {
        None => of_definitions(session, definitions(registry).await?).await?,
        // An address is an instance, and so is an alias.
        Some(name) => match context.manifest.known_address(name)? {
            Some(proxy) => Found::Instance(Box::new(inspect(session, proxy).await?)),
            None => of_definitions(session, vec![name.to_owned()]).await?,
        },
    };
    let report = StatusReport {
        registry: registry.address,
        warnings: doctor::warn(session, found.used()).await?,
        found,
    };
    Ok(context.outcome(&report))
}

/// What is known of an instance.
pub(super) async fn inspect(session: Session<'_>, proxy: Address) -> Result<Inspection> {
    let Session { context, registry } = session;
    let names = context.names();
    let status = instance_status(registry, proxy).await?;
    let Instance {
        definition: name,
        version,
        ..
    } = &status.instance;
    let current = session.registry.head(name).await?.current;
    let layout = session.registry.code(name, version).await?.layout;
    let known = session.documents().get(layout).await?;
    let (fields, fields_unknown) = match known.value() {
        None => (Vec::new(), Some(known.why().to_owned())),
        Some(document) => fields(registry.client, proxy, &document.layout).await?,
    };
    let labels = session.registry.labels(name).await?;
    Ok(Inspection {
        block: registry.client.newest_block().await?,
        steps: steps_to(registry, (proxy, version), &current).await?,
        current,
        migration: MigrationStatus::of(registry.client, &status.instance).await?,
        fields,
        fields_unknown,
        framework: framework(registry.client, proxy, &labels).await?,
        entries: events(registry, name, proxy, &names).await?,
        instance: status,
    })
}

async fn of_definitions(session: Session<'_>, names: Vec<String>) -> Result<Found> {
    let mut definitions = Vec::with_capacity(names.len());
    let mut migrations = BTreeMap::new();
    for name in names {
        let status = definition_status(session.registry, &name).await?;
        for one in &status.instances {
            let migration = MigrationStatus::of(session.registry.client, &one.instance).await?;
            migrations.extend(migration.map(|found| (one.instance.proxy, found)));
        }
        definitions.push(status);
    }
    Ok(Found::Definitions {
        definitions,
        migrations,
    })
}

/// What `status` reports.
#[derive(Serialize)]
pub(super) struct StatusReport {
    registry: Address,
    #[serde(flatten)]
    found: Found,
    /// Programs that expire soon or do not run.
    warnings: Vec<Finding>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Found {
    Definitions {
        definitions: Vec<DefinitionStatus>,
        /// By instance.
        #[serde(skip)]
        migrations: BTreeMap<Address, MigrationStatus>,
    },
    Instance(Box<Inspection>),
}

impl Found {
    /// The code that users run.
    fn used(&self) -> Vec<Used> {
        let instances = match self {
            Self::Instance(one) => vec![&one.instance],
            Self::Definitions { definitions, .. } => {
                definitions.iter().flat_map(|one| &one.instances).collect()
            }
        };
        let used = instances.iter();
        used.flat_map(|one| Used::by(&one.instance, one.implementation))
            .collect()
    }
}

impl CommandReport for StatusReport {
    fn lines(&self, names: &Names) -> Vec<String> {
        match &self.found {
            Found::Instance(one) => one.lines(names),
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
                let lines = definitions.iter();
                lines
                    .flat_map(|one| definition_lines(one, migrations, names))
                    .collect()
            }
        }
    }
}

fn definition_lines(
    status: &DefinitionStatus,
    migrations: &BTreeMap<Address, MigrationStatus>,
    names: &Names,
) -> Vec<String> {
    let current = match status.current.as_str() {
        "" => "nothing yet",
        current => current,
    };
    let mut lines = vec![format!(
        "{}  current {current}  sequence {}  {}",
        status.name, status.sequence, status.state
    )];
    if let Some(policy) = &status.migrate {
        lines.push(format!("  migrate  {}", names.policy(policy)));
    }
    for version in &status.versions {
        let from: Vec<&str> = version.incoming().map(|step| &*step.from).collect();
        let way = match from.is_empty() {
            true => String::new(),
            false => format!("  from {}", from.join(", ")),
        };
        lines.push(format!(
            "  version  {:<8} {}  {}{way}",
            version.version, version.code.implementation, version.code.codehash
        ));
    }
    for one in &status.instances {
        let proxy = one.instance.proxy;
        lines.push(format!("  {}", instance_line(&one.instance, names)));
        lines.extend(migrations.get(&proxy).iter().flat_map(|one| one.lines()));
        let waits = status.waiting.iter().filter(|one| one.proxy == proxy);
        for one in waits {
            lines.push(format!("    waits: {}", one.reason));
            lines.push(format!("    next: {}", one.next));
        }
    }
    lines
}
