//! The entries of a mapping as the items of a migration: a census before the first batch lists them, and the list is
//! kept until the end, so that every run has the same.

use crate::app_error::Error;
use crate::client::Client;
use crate::context::Context;
use crate::error::Refusal;
use crate::ids::CalldataHash;
use crate::journal::Journal;
use crate::migration::{self, ActiveMigration, Source, active};
use crate::own_file;
use crate::pipeline::census_subject::subject;
use alloy::primitives::Address;
use std::path::PathBuf;

/// The list of the entries of an instance. Without a running migration, the next step reports that.
pub(crate) async fn source(
    context: &Context,
    client: &Client,
    journal: &Journal,
    proxy: Address,
    entries: &str,
) -> Result<Source, Error> {
    Ok(match migration::look(client, proxy).await? {
        Some(found) => Source::Made(list(context, client, journal, &found, entries).await?),
        None => Source::Contract,
    })
}

async fn list(
    context: &Context,
    client: &Client,
    journal: &Journal,
    migration: &ActiveMigration,
    entries: &str,
) -> Result<PathBuf, Error> {
    let ActiveMigration { proxy, begun, .. } = *migration;
    // One for each start and each mapping: the entries of another time may differ.
    let mark = CalldataHash::of(entries).to_string();
    let mark = mark.get(2..10).unwrap_or_default();
    let path = journal.beside(&format!("{proxy:#x}-{begun}-{mark}.items"));
    if path.is_file() {
        own_file::open(&path)?;
        return Ok(path);
    }
    let laboratory = context.program.wings.laboratory("--gather census:FIELD")?;
    let listed = (laboratory.entries)(client, proxy).await?;
    let there = client.at(listed.block());
    let standing = active::standing(&there, proxy).await?;
    if standing.is_none_or(|at| at.done > 0 || at.back) {
        let done = standing.map_or(migration.at.done, |at| at.done);
        let path = path.display();
        let message =
            format!("{done} items of {proxy} were migrated from a list that is not in {path}");
        let refusal = Refusal::new("ItemsListMissing", message).with(
            "the list that the first run made and kept",
            "none: another machine or account made it, or another field was named",
            format!(
                "run it on the machine of the first run, or give the same items with --items; or {}",
                migration::way_out(proxy)
            ),
        );
        return Err(refusal.usage().into());
    }
    let subject = subject(context, there.registry(migration.registry), proxy).await?;
    if let Some(folder) = path.parent() {
        own_file::folder(folder)?;
    }
    let (block, field) = (listed.block(), entries);
    let why = listed.write(client, &subject, field, &path).await?;
    let Some(why) = why else {
        return Ok(path);
    };
    let message =
        format!("the census of {proxy} at block {block} may lack entries of {field}: {why}");
    let next = format!(
        "stylus-upgrades census {proxy} --keys FILE takes keys that you know, and keeps them; then run this again"
    );
    let refusal = Refusal::new("CensusNotWhole", message);
    Err(refusal.with("every slot, each explained", why, next).into())
}
