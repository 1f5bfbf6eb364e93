//! One instance: its storage by variables, its path, its events.

use super::standing::{self, Instances};
use crate::context::prelude::*;
use crate::inspect::{Inspection, MigrationStatus, events, fields, framework, steps_to};
use crate::model::Instance;
use crate::registry::instance_status;

/// Reads what is known of an instance.
pub async fn inspect(session: Session<'_>, proxy: Address) -> Result<Inspection> {
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
    let which = Instances::Single(proxy);
    let found = standing::of_instances(session, which).await?;
    Ok(Inspection {
        block: registry.client.newest_block().await?,
        findings: standing::taken(context, found),
        steps: steps_to(registry, (name, &labels), (proxy, version), &current).await?,
        current,
        migration: MigrationStatus::of(registry.client, &status.instance).await?,
        fields,
        fields_unknown,
        framework: framework(registry.client, proxy, &labels).await?,
        entries: events(registry, name, proxy, &names).await?,
        instance: status,
    })
}
