//! `status INSTANCE`: one instance, with its storage by variables, its path and what happened to it.

use super::facts::Place;
use crate::app_error::Error;
use crate::inspect::{Inspection, MigrationStatus, events, fields, framework, steps_to};
use crate::model::Instance;
use crate::registry::instance_status;
use alloy::primitives::Address;

/// What is known of an instance.
pub(super) async fn inspect(place: Place<'_>, proxy: Address) -> Result<Inspection, Error> {
    let (context, client, registry) = place.parts();
    let names = context.names();
    let status = instance_status(client, registry, proxy).await?;
    let Instance {
        definition: name,
        version,
        ..
    } = &status.instance;
    let current = place.reader().head(name).await?.current;
    let layout = place.reader().code(name, version).await?.layout;
    let known = context.documents(client, registry).get(layout).await?;
    let (fields, fields_unknown) = match known.value() {
        None => (Vec::new(), Some(known.why().to_owned())),
        Some(document) => fields(client, proxy, &document.layout).await?,
    };
    let labels = place.reader().labels(name).await?;
    Ok(Inspection {
        block: client.newest_block().await?,
        steps: steps_to(client, registry, (proxy, version), &current).await?,
        current,
        migration: MigrationStatus::of(client, &status.instance).await?,
        fields,
        fields_unknown,
        framework: framework(client, proxy, &labels).await?,
        entries: events(client, registry, name, proxy, &names).await?,
        instance: status,
    })
}
