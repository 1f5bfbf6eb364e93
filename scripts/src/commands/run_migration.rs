//! `run-migration`: the handler's part of a complex migration.

use super::args::{Gather, MigrationArgs};
use super::context::{Context, Unverified};
use crate::app_error::Error;
use crate::client::Client;
use crate::error::Exit;
use crate::governance::Names;
use crate::migration::{self, End, Migrated, MigrationRequest, Source};
use crate::output::Outcome;
use crate::registry::registry_of;
use crate::report::CommandReport;
use crate::text::{count, grouped};
use alloy::primitives::utils::format_ether;
use serde::Serialize;
use std::time::Duration;

/// How long one answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context, args: &MigrationArgs) -> Result<Outcome, Error> {
    let request = MigrationRequest {
        proxy: context.manifest.address(&args.proxy)?,
        source: source(args),
        in_flight: args.in_flight.into(),
        gas: args.gas,
        ends: !args.no_end,
        again: again(args),
    };
    let patience = Duration::from_secs(args.retry_for);
    let client = context.client().await?;
    let client = client.bearing(patience, ANSWER.min(patience));
    verify_registry(context, &client, &request).await?;
    let journal = context.journal(&client, "run-migration").await?;
    let migrated = migration::run(&client, journal, &request).await?;
    let again = request.again;
    let report = Reported { migrated, again };
    Ok(Outcome::of(&report, &context.names()))
}

/// First contact with the registry of the instance.
async fn verify_registry(
    context: &Context,
    client: &Client,
    request: &MigrationRequest,
) -> Result<(), Error> {
    let registry = registry_of(client, request.proxy).await?;
    let unverified = Unverified::of_account(registry);
    context.verified(client, unverified).await.map(drop)
}

fn source(args: &MigrationArgs) -> Source {
    match (&args.items, args.gather) {
        (Some(path), _) => Source::File(path.clone()),
        (None, Some(Gather::Erc721)) => Source::Erc721(args.from_block),
        (None, None) => Source::Contract,
    }
}

/// The command line that goes on.
fn again(args: &MigrationArgs) -> String {
    let mut line = format!("stylus-upgrades run-migration {}", args.proxy);
    if let Some(path) = &args.items {
        line.push_str(&format!(" --items {}", path.display()));
    }
    if args.gather.is_some() {
        line.push_str(&format!(
            " --gather erc721 --from-block {}",
            args.from_block
        ));
    }
    line
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
