//! `status INSTANCE`: one instance, with its storage by variables, its path and what happened to it.

use super::facts::Place;
use super::status::{instance_line, migration_of};
use crate::app_error::Error;
use crate::inspect::{FieldValue, Steps, events, fields, framework, steps_to};
use crate::layout::Known;
use crate::model::Instance;
use crate::output::Outcome;
use crate::registry::{InstanceStatus, instance_status};
use crate::text::utc;
use alloy::primitives::Address;

/// Adds the instance to `outcome`.
pub(super) async fn instance(
    place: Place<'_>,
    proxy: Address,
    outcome: &mut Outcome,
) -> Result<InstanceStatus, Error> {
    let (context, client, registry) = place.parts();
    let names = context.names();
    let status = instance_status(client, registry, proxy).await?;
    let name = status.instance.definition.clone();
    let current = client.registry(registry).head(&name).await?.current;
    let steps = steps_to(
        client,
        registry,
        (proxy, &status.instance.version),
        &current,
    )
    .await?;

    outcome.field("block", client.newest_block().await?);
    outcome.line(instance_line(&status.instance, &names));
    outcome.line(match &steps {
        Steps::Arrived => "it is at the current version".to_owned(),
        Steps::Refused(why) => format!("no way to the current version {current}: {why}"),
        Steps::Path(_) => format!("the current version is {current}:"),
    });
    if let Steps::Path(path) = &steps {
        for step in path {
            outcome.line(format!("  {} → {}  {}", step.from, step.to, step.runs));
        }
    }
    outcome.field("current", current);
    outcome.field("steps", steps);
    let migration = migration_of(client, &status.instance, outcome).await?;
    outcome.field("migration", migration);
    storage(place, &status.instance, outcome).await?;
    let (entries, own) = events(client, registry, &name, proxy, &names).await?;
    outcome.line("events");
    for entry in &entries {
        let (time, who) = (utc(entry.time), names.short(entry.who));
        outcome.line(format!("  {time}  {who}  {}", entry.what));
    }
    for one in &own {
        outcome.line(format!("  block {}  {}", one.block, one.what));
    }
    outcome.field("entries", entries);
    outcome.field("emitted", own);
    outcome.field("instance", &status);
    Ok(status)
}

/// The variables of the version's layout, where it is known, and what the proxy itself keeps.
async fn storage(
    place: Place<'_>,
    instance: &Instance,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let Instance {
        proxy,
        definition: name,
        version,
        ..
    } = instance;
    let hash = client.registry(registry).code(name, version).await?.layout;
    let (found, unknown) = match context.documents(client, registry).get(hash).await? {
        Known::Not(why) => (Vec::new(), Some(why)),
        Known::Document(document) => fields(client, *proxy, &document.layout).await?,
    };
    let labels = client.registry(registry).labels(name).await?;
    let own = framework(client, *proxy, &labels).await?;
    outcome.line(format!("storage of {version}"));
    if let Some(why) = &unknown {
        outcome.line(format!("  not all of it is known: {why}"));
    }
    outcome.lines.extend(found.iter().chain(&own).map(line));
    outcome.field("fields", found);
    outcome.field("fields_unknown", unknown);
    outcome.field("framework", own);
    Ok(())
}

fn line(one: &FieldValue) -> String {
    let FieldValue {
        area,
        name,
        kind,
        slot,
        offset,
        value,
        ..
    } = one;
    let area = match area.as_str() {
        "" => String::new(),
        area => format!("  {area}"),
    };
    let slot = crate::text::word(slot);
    format!("  {name}: {kind} = {value}  slot {slot} byte {offset}{area}")
}
