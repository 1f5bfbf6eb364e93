//! `run-migration`: the handler's part of a complex migration.

mod listed;

use super::args::{Gather, MigrationArgs};
use super::context::{Context, Unverified};
use crate::app_error::Error;
use crate::client::Client;
use crate::error::Exit;
use crate::journal::Journal;
use crate::migration::{self, End, Migrated, MigrationRequest, Source};
use crate::names::Names;
use crate::output::Outcome;
use crate::registry::registry_of;
use crate::report::CommandReport;
use crate::text::{count, grouped};
use alloy::primitives::Address;
use alloy::primitives::utils::format_ether;
use serde::Serialize;
use std::time::Duration;

/// How long one answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context, args: &MigrationArgs) -> Result<Outcome, Error> {
    let proxy = context.manifest.address(&args.proxy)?;
    let patience = Duration::from_secs(args.retry_for);
    let client = context.client().await?;
    let client = client.bearing(patience, ANSWER.min(patience));
    verify_registry(context, &client, proxy).await?;
    let journal = context.journal(&client, "run-migration").await?;
    let request = MigrationRequest {
        proxy,
        source: source(context, &client, &journal, args).await?,
        in_flight: args.in_flight.into(),
        gas: args.gas,
        ends: !args.no_end,
        again: args.command_line(),
    };
    let migrated = migration::run(&client, journal, &request).await?;
    if let (true, Some(Gather::Census(_)), Source::File(list)) =
        (migrated.ended, &args.gather, &request.source)
    {
        // It has served.
        let _ = std::fs::remove_file(list);
    }
    let again = request.again;
    let report = Reported { migrated, again };
    Ok(Outcome::of(&report, &context.names()))
}

/// First contact with the registry of the instance.
async fn verify_registry(context: &Context, client: &Client, proxy: Address) -> Result<(), Error> {
    let registry = registry_of(client, proxy).await?;
    let unverified = Unverified::of_account(registry);
    context.verified(client, unverified).await.map(drop)
}

/// Where the items come from.
async fn source(
    context: &Context,
    client: &Client,
    journal: &Journal,
    args: &MigrationArgs,
) -> Result<Source, Error> {
    if args.from_block.is_some() && args.gather != Some(Gather::Erc721) {
        return Err(Error::Usage {
            message: "--from-block is of --gather erc721 alone".into(),
            expected: "--gather erc721, whose events begin there".into(),
            found: "items of another origin".into(),
            next: "leave --from-block out".into(),
        });
    }
    Ok(match (&args.items, &args.gather) {
        (Some(path), _) => Source::File(path.clone()),
        (None, Some(Gather::Erc721)) => Source::Erc721(args.from_block.unwrap_or_default()),
        (None, Some(Gather::Census(entries))) => {
            let proxy = context.manifest.address(&args.proxy)?;
            listed::source(context, client, journal, proxy, entries).await?
        }
        (None, None) => Source::Contract,
    })
}

/// What `run-migration` reports.
#[derive(Serialize)]
struct Reported {
    #[serde(flatten)]
    migrated: Migrated,
    /// The command that goes on.
    #[serde(skip)]
    again: String,
}

impl CommandReport for Reported {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Migrated { proxy, spent, .. } = &self.migrated;
        let mut lines = vec![format!(
            "{proxy}  {} in {}, {} gas, {} ETH, {:.1} s",
            count(spent.items, "item"),
            count(spent.transactions, "transaction"),
            grouped(spent.gas),
            format_ether(spent.wei),
            self.migrated.taken.as_secs_f64(),
        )];
        if let Some(End { tx, gas }) = self.migrated.end {
            let gas = grouped(gas);
            lines.push(format!("{:<44} {tx}  {gas:>10} gas", "endMigration"));
        }
        match (&self.migrated.live, &self.migrated.then) {
            (Some(live), _) => lines.push(format!("{proxy}  {live}")),
            (None, Some(next)) => {
                lines.push(format!("{proxy}  {}", next.summary()));
                lines.push(format!("next: stylus-upgrades run-migration {proxy}"));
            }
            (None, None) => {
                let done = self.migrated.at.map_or(0, |at| at.done);
                lines.push(format!("{proxy}  in the new form: {}", count(done, "item")));
                lines.push(format!("next: {}", self.again));
            }
        }
        lines
    }

    fn exit(&self) -> Exit {
        match (&self.migrated.live, &self.migrated.then) {
            (None, Some(_)) => Exit::Partial,
            _ => Exit::Done,
        }
    }
}
