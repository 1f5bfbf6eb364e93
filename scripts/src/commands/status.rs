//! `status`: what is live, read from the chain.

use super::context::Context;
use super::doctor;
use super::facts::Place;
use crate::app_error::Error;
use crate::client::Client;
use crate::governance::{Names, definitions};
use crate::manifest::ManifestError;
use crate::migration::{self, ActiveMigration};
use crate::model::{Instance, Used};
use crate::output::Outcome;
use crate::registry::{self, DefinitionStatus, InstanceStatus};
use alloy::primitives::Address;
use serde::Serialize;

pub(super) async fn run(context: &Context, subject: Option<&str>) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    let instances = match subject {
        None => {
            let names = definitions(&client, registry).await?;
            everything(Place::of(context, &client, registry), &names, &mut outcome).await?
        }
        Some(name) => match instance(context, name)? {
            Some(proxy) => {
                let status = registry::instance_status(&client, registry, proxy).await?;
                outcome.line(instance_line(&status.instance, &context.names()));
                let migration = migration_of(&client, &status.instance, &mut outcome).await?;
                outcome.field("migration", migration);
                outcome.field("instance", &status);
                vec![status]
            }
            None => {
                everything(
                    Place::of(context, &client, registry),
                    &[name.to_owned()],
                    &mut outcome,
                )
                .await?
            }
        },
    };
    let used = instances.iter();
    let used = used.flat_map(|one| Used::by(&one.instance, one.implementation));
    doctor::warn(
        Place::of(context, &client, registry),
        used.collect(),
        &mut outcome,
    )
    .await?;
    Ok(outcome)
}

async fn everything(
    place: Place<'_>,
    names: &[String],
    outcome: &mut Outcome,
) -> Result<Vec<InstanceStatus>, Error> {
    let (context, client, registry) = place.parts();
    let mut instances = Vec::new();
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let status = registry::definition_status(client, registry, name).await?;
        outcome
            .lines
            .extend(definition_lines(&status, &context.names()));
        for instance in &status.instances {
            let line = instance_line(&instance.instance, &context.names());
            outcome.line(format!("  {line}"));
            migration_of(client, &instance.instance, outcome).await?;
            if let Some(waits) = status
                .waiting
                .iter()
                .find(|one| one.proxy == instance.instance.proxy)
            {
                outcome.line(format!("    waits: {}; {}", waits.reason, waits.next));
            }
        }
        instances.extend(status.instances.iter().cloned());
        all.push(status);
    }
    outcome.field("definitions", all);
    Ok(instances)
}

/// The migration that an instance is in, and who goes on with it.
pub(super) async fn migration_of(
    client: &Client,
    instance: &Instance,
    outcome: &mut Outcome,
) -> Result<Option<Migration>, Error> {
    if !instance.state.is_migrating() {
        return Ok(None);
    }
    let Some(way) = migration::look(client, instance.proxy).await? else {
        return Ok(None);
    };
    let next = format!("stylus-upgrades run-migration {}", instance.proxy);
    outcome.line(format!("    {}", way.summary()));
    outcome.line(format!("    next: {next}"));
    Ok(Some(Migration::of(&way, next)))
}

/// A migration under way, for programs.
#[derive(Serialize)]
pub(super) struct Migration {
    from: String,
    to: String,
    program: Address,
    handler: Address,
    back: bool,
    done: u64,
    total: u64,
    next: String,
}

impl Migration {
    fn of(way: &ActiveMigration, next: String) -> Self {
        Self {
            from: way.from.clone(),
            to: way.to.clone(),
            program: way.program,
            handler: way.at.handler,
            back: way.at.back,
            done: way.at.done,
            total: way.at.total,
            next,
        }
    }
}

/// A subject that is an address is an instance; so is an alias.
fn instance(context: &Context, subject: &str) -> Result<Option<Address>, ManifestError> {
    match context.manifest.address(subject) {
        Err(ManifestError::UnknownAlias { .. }) => Ok(None),
        found => found.map(Some),
    }
}

fn definition_lines(status: &DefinitionStatus, names: &Names) -> Vec<String> {
    let current = if status.current.is_empty() {
        "nothing yet"
    } else {
        &status.current
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
        let way = if from.is_empty() {
            String::new()
        } else {
            format!("  from {}", from.join(", "))
        };
        lines.push(format!(
            "  version  {:<8} {}  {}{way}",
            version.version, version.code.implementation, version.code.codehash
        ));
    }
    lines
}

fn instance_line(instance: &Instance, names: &Names) -> String {
    format!(
        "instance {}  {} {}  {}  {}",
        names.long(instance.proxy),
        instance.definition,
        instance.version,
        instance.kind,
        instance.state
    )
}
