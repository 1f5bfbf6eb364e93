//! `run-migration`: the handler's part of a complex migration; with `--handler` and `--abort`, what approvers decide
//! about an instance between versions.

mod governed;
mod listed;

use super::spec::{Governs, Group, Spec, report_type};
use crate::assess::Finding;
use crate::client::Client;
use crate::context::Unverified;
use crate::context::prelude::*;
use crate::journal::Journal;
use crate::migration::{self, End, Migrated, MigrationRequest, Source};
use crate::pipeline::effects::Governed;
use crate::pipeline::standing::{self, Instances};
use crate::registry::registry_of;
use crate::text::count;
use crate::text::shell_word;
use clap::Args;
use governed::{BetweenVersions, govern};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The items that can be gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gather {
    /// Tokens and owners of an ERC-721 collection.
    Erc721,
    /// The entries of a mapping.
    Census(String),
}

impl fmt::Display for Gather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Erc721 => f.write_str("erc721"),
            Self::Census(entries) => write!(f, "census:{entries}"),
        }
    }
}

impl FromStr for Gather {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("census:")) {
            ("erc721", _) => Ok(Self::Erc721),
            (_, Some(field)) if !field.is_empty() => Ok(Self::Census(field.to_owned())),
            _ => Err("neither erc721 nor census:FIELD".into()),
        }
    }
}

/// `run-migration`.
pub(crate) static SPEC: Spec<MigrationArgs> = Spec {
    name: "run-migration",
    about: "Run the batches of a complex or full migration, as often as needed; or name another handler, or abort it",
    group: Group::Upgrade,
    examples: &[
        "run-migration points --account ana",
        "run-migration token --gather erc721 --account ana",
        "run-migration points --abort --account ana",
    ],
    writes: |args| matches!(args.gather, Some(Gather::Census(_))).then_some("--gather census"),
    governed: Governs::When("run-migration --handler or --abort", |args| {
        args.handler.is_some() || args.abort
    }),
    reports: || {
        vec![
            report_type::<MigratedReport>(),
            report_type::<Governed<BetweenVersions>>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// A complex migration to continue.
#[derive(Debug, Args)]
pub(crate) struct MigrationArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// The items, one per line: words in hexadecimal or decimal, separated by commas, such as an
    /// address, or `id,owner` [default: the contract knows them]
    #[arg(long, value_name = "FILE")]
    pub items: Option<PathBuf>,
    /// Gather the items: `erc721`, the tokens of a collection and their owners, from its events; `census:FIELD`,
    /// the keys of a mapping, from a census before the first batch; `census:FIELD,value`, the keys and their values
    #[arg(long, value_name = "KIND", conflicts_with = "items")]
    pub gather: Option<Gather>,
    /// Maximum gas of one transaction [default: half of what the chain allows]
    #[arg(long, value_name = "GAS")]
    pub gas: Option<u64>,
    /// Stop after the last item, without endMigration
    #[arg(long)]
    pub no_end: bool,
    /// How long to retry a request that the chain does not answer
    #[arg(long, alias = "patience", value_name = "SECONDS", default_value_t = 60)]
    pub retry_for: u64,
    /// Send no batch: the approvers name another handler, who sends the batches from now on
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["abort", "items", "gather"])]
    pub handler: Option<String>,
    /// Send no batch: the approvers abort the migration; its batches are undone by the next run
    #[arg(long, conflicts_with_all = ["items", "gather"])]
    pub abort: bool,
}

impl MigrationArgs {
    /// The command line that continues it.
    pub(crate) fn command_line(&self) -> String {
        let items = self.items.as_ref().map(|path| path.display().to_string());
        let gather = self.gather.as_ref().map(ToString::to_string);
        let mut line = format!("stylus-upgrades run-migration {}", shell_word(&self.proxy));
        for (flag, value) in [("--items", items), ("--gather", gather)] {
            if let Some(value) = value {
                line.push_str(&format!(" {flag} {}", shell_word(&value)));
            }
        }
        line
    }
}

/// The timeout of one answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Runs the batches; or names another handler, or aborts the migration.
pub(crate) async fn run(context: &Context, args: &MigrationArgs) -> Result<Outcome> {
    if args.abort || args.handler.is_some() {
        govern(context, &args.proxy, args.handler.as_deref()).await
    } else {
        batches(context, args).await
    }
}

async fn batches(context: &Context, args: &MigrationArgs) -> Result<Outcome> {
    let proxy = context.manifest.address(&args.proxy)?;
    let patience = Duration::from_secs(args.retry_for);
    let client = context.client().await?;
    let client = client.bearing(patience, ANSWER.min(patience));
    let registry = registry_of(&client, proxy).await?;
    let unverified = Unverified::of_account(registry.address);
    let registry = context.verified(&client, unverified).await?;
    // The instance is paused until its last batch, so that these stop none.
    let which = Instances::Single(proxy);
    let found = standing::with_expiring(Session { context, registry }, which).await?;
    let warnings = standing::taken(context, found);
    context.warn_all(&warnings);
    let journal = context.journal(&client, "run-migration").await?;
    let request = MigrationRequest {
        proxy,
        source: source(context, &client, &journal, args).await?,
        gas: args.gas,
        ends: !args.no_end,
        again: args.command_line(),
    };
    let migrated = migration::run(&client, journal, &request).await?;
    let report = MigratedReport {
        migrated,
        warnings,
        again: request.again,
    };
    Ok(context.outcome(&report))
}

/// The source of the items.
async fn source(
    context: &Context,
    client: &Client,
    journal: &Journal,
    args: &MigrationArgs,
) -> Result<Source> {
    Ok(match (&args.items, &args.gather) {
        (Some(path), _) => Source::File(path.clone()),
        (None, Some(Gather::Erc721)) => Source::Erc721,
        (None, Some(Gather::Census(entries))) => {
            let proxy = context.manifest.address(&args.proxy)?;
            listed::source(context, client, journal, proxy, entries).await?
        }
        (None, None) => Source::Contract,
    })
}

/// The report of a run.
#[derive(Serialize)]
pub(crate) struct MigratedReport {
    #[serde(flatten)]
    migrated: Migrated,
    /// Programs that expire soon or do not run, and what is found about the instance.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding>,
    /// The command that continues it.
    #[serde(skip)]
    again: String,
}

impl CommandReport for MigratedReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let migrated = &self.migrated;
        let Migrated { proxy, spent, .. } = migrated;
        let spent_line = format!(
            "{proxy}  {} in {}, {}, {:.1} s",
            count(spent.items, "item"),
            count(spent.transactions, "transaction"),
            spent.cost,
            migrated.taken.as_secs_f64(),
        );
        let mut lines: Vec<String> = migrated
            .live
            .iter()
            .map(|live| format!("{proxy}  {live}"))
            .collect();
        lines.push(spent_line);
        if let Some(End { tx, gas }) = migrated.end {
            let gas = gas.to_string();
            lines.push(format!("{:<44} {tx}  {gas:>18}", "endMigration"));
        }
        match (&migrated.live, &migrated.then) {
            (Some(_), _) => {}
            (None, Some(next)) => {
                lines.push(format!("{proxy}  {}", next.summary()));
                lines.push(format!("next: stylus-upgrades run-migration {proxy}"));
            }
            (None, None) => {
                let done = migrated.at.map_or(0, |at| at.done);
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
