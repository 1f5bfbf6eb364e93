//! `status --report FILE`: a definition, its open actions and its history in one file.

use super::console::pages::definition;
use crate::console::page::PageContext;
use crate::console::report::{is_report, render_report};
use crate::context::prelude::*;
use crate::own_file;
use std::path::Path;
use stylus_upgrades_core::commands::{pending, review};

/// Writes the page of a definition and those of its open actions, with all entries of every list. Returns its bytes.
pub(crate) async fn run(context: &Context, file: &Path, name: &str) -> Result<usize> {
    let registry = context.verified_snapshot().await?;
    let place = PageContext {
        names: context.names(),
        chain_id: registry.client.chain_id(),
        registry: registry.address,
        is_file: true,
        explorer: context.manifest.explorer.clone(),
        is_unverified: context.origin_of(registry.address).is_none(),
        ..PageContext::default()
    };
    let (_, page) = definition(context, &place, name, usize::MAX, usize::MAX).await?;
    let mut actions = Vec::new();
    for pending in pending::pending(context, Some(name)).await?.actions {
        if pending.shown.is_some() {
            actions.push(review::review(context, &pending.open.action.to_string()).await?);
        }
    }
    let block = registry.client.newest_block().await?;
    let report = render_report(&place, name, block, &page, &actions);
    let text = context.output.hide_in_page(&report);
    own_file::replace(file, text.as_bytes(), is_report)?;
    Ok(text.len())
}
