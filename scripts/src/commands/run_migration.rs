//! `run-migration`: the handler's part of a complex migration.

use super::args::{Gather, MigrationArgs};
use super::context::{Context, Unverified};
use crate::app_error::Error;
use crate::client::Client;
use crate::error::Exit;
use crate::migration::{self, ActiveMigration, Migrated, MigrationRequest, Source, ether};
use crate::output::Outcome;
use crate::registry::registry_of;
use crate::text::{count, grouped};
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
    let migrated = migration::run(&client, journal, context.output.clone(), &request).await?;
    Ok(report_of(&migrated, &request))
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

fn report_of(migrated: &Migrated, request: &MigrationRequest) -> Outcome {
    let (proxy, spent) = (migrated.proxy, &migrated.spent);
    let mut outcome = Outcome::default();
    fields(&mut outcome, migrated);
    outcome.line(format!(
        "{proxy}  {} in {}, {} gas, {} ETH, {:.1} s",
        count(spent.items, "item"),
        count(spent.transactions, "transaction"),
        grouped(spent.gas),
        ether(spent.wei),
        migrated.taken.as_secs_f64(),
    ));
    if let Some((tx, gas)) = migrated.end {
        let gas = grouped(gas);
        outcome.line(format!("{:<44} {tx}  {gas:>10} gas", "endMigration"));
    }
    match (&migrated.live, &migrated.then, migrated.at) {
        (Some(live), ..) => outcome.line(format!("{proxy}  {live}")),
        (None, Some(next), _) => {
            outcome.line(format!("{proxy}  {}", next.summary()));
            outcome.line(format!("next: stylus-upgrades run-migration {proxy}"));
            outcome.exit = Some(Exit::Partial);
        }
        (None, None, at) => {
            let done = at.map_or(0, |at| at.done);
            outcome.line(format!("{proxy}  in the new form: {}", count(done, "item")));
            outcome.line(format!("next: {}", request.again));
        }
    }
    outcome
}

fn fields(outcome: &mut Outcome, migrated: &Migrated) {
    outcome.field("proxy", migrated.proxy);
    outcome.field("from", &migrated.from);
    outcome.field("to", &migrated.to);
    outcome.field("back", migrated.back);
    outcome.field("form", migrated.form);
    if let Some(at) = migrated.at {
        outcome.field("done", at.done);
        outcome.field("total", at.total);
    }
    outcome.field("items", migrated.spent.items);
    outcome.field("spent", &migrated.spent);
    outcome.field("seconds", migrated.taken.as_secs_f64());
    outcome.field("ended", migrated.ended);
    if let Some((tx, gas)) = migrated.end {
        outcome.field("tx", tx);
        outcome.field("gas", gas);
    }
    outcome.field("live", &migrated.live);
    outcome.field("then", migrated.then.as_ref().map(ActiveMigration::summary));
}
