//! The handler's part of a complex migration: batches from where the chain says it is to the
//! last item, and its end.
//!
//! The chain is the truth. A batch names the position that it begins at, so that none counts
//! twice, no matter who sends it and how often; whatever goes otherwise than expected, the chain is
//! looked at again and the next batch begins where it says. The journal only says what may
//! still be on its way.
//!
//! | module | holds |
//! |---|---|
//! | [`active`] | the migration that an instance is in |
//! | [`items`] | the list of items, read as it is needed |
//! | [`gather`](mod@gather) | tokens and owners from a collection's events |
//! | [`size`] | how many items go into one transaction |
//! | [`runner`] | batch after batch |
//! | [`end`](mod@end) | `endMigration` |
//! | `tried`, `budget` | the same on a copy, and how much of it |
//! | [`cost`] | cost |

pub mod active;
mod budget;
pub mod cost;
pub mod end;
mod error;
pub mod gather;
pub mod items;
pub mod runner;
pub mod size;
mod tried;

pub use active::ActiveMigration;
pub use budget::{BATCHES, Budget};
pub use cost::Spent;
pub use error::way_out;
pub use runner::Form;
pub use tried::{Tried, handler, try_out};

use crate::client::{ChainError, Client};
use crate::cost::Gas;
use crate::error::{Exit, Explain, Refusal};
use crate::ids::TxHash;
use crate::journal::Journal;
use crate::text::grouped;
use active::Standing;
use alloy::eips::BlockId;
use alloy::primitives::{Address, address};
use alloy::providers::Provider;
use end::{Ended, end};
use error::total_mismatch;
use gather::gather;
use items::Items;
use runner::{BatchRunner, Ran};
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// ArbGasInfo, which says what one transaction may use.
const GAS_INFO: Address = address!("000000000000000000000000000000000000006C");
/// Gas of a transaction where the chain does not say: Arbitrum One's limit.
const GAS_MAX: u64 = 32_000_000;

/// The time for which trouble is borne while a migration is read.
const LOOK: Duration = Duration::from_secs(10);

alloy::sol! {
    /// Of the precompile ArbGasInfo, from ArbOS 50 on.
    function getMaxTxGasLimit() external view returns (uint256);
}

/// The request of an operator.
#[derive(Debug, Clone)]
pub struct MigrationRequest {
    /// The proxy.
    pub proxy: Address,
    /// The source of the items.
    pub source: Source,
    /// Gas of a transaction, at most; half of what the chain allows if it is not given.
    pub gas: Option<u64>,
    /// True if `endMigration` follows.
    pub ends: bool,
    /// The command that continues after an interruption.
    pub again: String,
}

/// The source of the items.
#[derive(Debug, Clone)]
pub enum Source {
    /// The contract knows them.
    Contract,
    /// A list in a file.
    File(PathBuf),
    /// A list in a file that was made for this migration, and is removed with its end.
    Made(PathBuf),
    /// The `Transfer` events of an ERC-721 collection.
    Erc721,
}

/// The result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Migrated {
    /// The proxy.
    pub proxy: Address,
    /// The version that it left, or would have.
    pub from: String,
    /// The version that it was to reach.
    pub to: String,
    /// True if it was rolled back.
    pub back: bool,
    /// The form of its batches; `None` where an earlier run had made them all.
    pub form: Option<Form>,
    /// The progress before its end; `None` where an earlier run had ended it.
    #[serde(flatten)]
    pub at: Option<Standing>,
    /// The costs of this run, the end included.
    pub spent: Spent,
    /// Items that this run migrated, or brought back.
    pub items: u64,
    /// The duration of the run.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub taken: Duration,
    /// The transaction of the end.
    #[serde(flatten)]
    pub end: Option<End>,
    /// True if it has ended, by whomever.
    pub ended: bool,
    /// The live version; `None` where it has not ended.
    pub live: Option<String>,
    /// The migration that began when this one ended.
    #[serde(serialize_with = "as_summary")]
    pub then: Option<ActiveMigration>,
}

/// The transaction that ended a migration.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct End {
    /// Its hash.
    pub tx: TxHash,
    /// Gas that it used.
    #[serde(flatten)]
    pub gas: Gas,
}

fn as_seconds<S: Serializer>(taken: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(taken.as_secs_f64())
}

fn as_summary<S: Serializer>(next: &Option<ActiveMigration>, to: S) -> Result<S::Ok, S::Error> {
    next.as_ref().map(ActiveMigration::summary).serialize(to)
}

/// Migrates what is left, and ends it.
///
/// # Errors
/// Why it does not continue; after any of them the same call continues.
pub async fn run(
    client: &Client,
    journal: Arc<Journal>,
    request: &MigrationRequest,
) -> Result<Migrated, ChainError> {
    let proxy = request.proxy;
    let Some(migration) = active::find(client, proxy).await? else {
        if let Some(ended) = end::by_an_earlier_run(client, &journal, proxy).await? {
            return Ok(ended);
        }
        let live = active::live(client, proxy).await?;
        return Err(not_migrating(proxy, live));
    };
    refuse_strangers(client, proxy, migration.at)?;
    let made = match &request.source {
        Source::Made(path) => Some(path.clone()),
        Source::Erc721 => Some(journal.beside(&format!("{proxy:#x}.gathered"))),
        Source::Contract | Source::File(_) => None,
    };
    let items = match (&request.source, &made) {
        (Source::File(path), _) | (Source::Made(_), Some(path)) => Some(Items::listed(path)?),
        // Going back needs no list: the contract has one by now.
        (Source::Erc721, Some(path)) if !migration.at.back => {
            let gathered = gather(client, proxy, (migration.created, migration.begun), path).await;
            Some(gathered.map_err(|error| interrupted(error, migration.at, request))?)
        }
        _ => None,
    };
    refuse_other_totals(&migration, items.as_ref())?;
    let gas = match request.gas {
        Some(gas) => gas,
        None => gas_of_a_transaction(client).await? / 2,
    };
    let sender = client.with_journal(journal).following();
    let progress = client.progress();
    progress.begin(&heading(&migration));
    let mut runner = BatchRunner::new(&sender, migration.clone(), items, gas);
    let end = run_to_end(&sender, &mut runner, &migration, request.ends).await;
    progress.end(&format!("{}: {}", heading(&migration), runner.spent.cost));
    let end = end.map_err(|error| interrupted(error, runner.at, request))?;
    let migrated = outcome(client, migration, runner, end).await?;
    if let (true, Some(path)) = (migrated.ended, made) {
        // One that stays is found to hold, or is continued, by the next migration.
        let _ = std::fs::remove_file(&path);
        let _ = path.parent().map(std::fs::remove_dir);
    }
    sender.close_journal();
    Ok(migrated)
}

/// Batch after batch, then the end; again where a reorganization has brought items back.
async fn run_to_end(
    client: &Client,
    runner: &mut BatchRunner,
    migration: &ActiveMigration,
    ends: bool,
) -> Result<Option<Ended>, ChainError> {
    while runner.run().await? != Ran::Ended {
        if !ends {
            return Ok(None);
        }
        match end(client, migration).await? {
            Ended::NotYet => {}
            ended => return Ok(Some(ended)),
        }
    }
    Ok(Some(Ended::Already))
}

/// The migration that `proxy` is in, if it is in one.
///
/// # Errors
/// Trouble with the chain.
pub async fn look(client: &Client, proxy: Address) -> Result<Option<ActiveMigration>, ChainError> {
    active::find(&client.bearing(LOOK, Duration::MAX), proxy).await
}

/// The proxy is in no complex step.
fn not_migrating(proxy: Address, live: String) -> ChainError {
    let refusal = Refusal::new("NotMigrating", format!("{proxy} is not migrating")).with(
        "an instance in a complex step",
        live,
        format!("stylus-upgrades upgrade {proxy} VERSION begins a migration"),
    );
    refusal.into()
}

fn refuse_strangers(client: &Client, proxy: Address, at: Standing) -> Result<(), ChainError> {
    let (caller, handler) = (client.sender("run-migration")?, at.handler);
    if caller == handler {
        return Ok(());
    }
    let next = format!(
        "use the handler's key, or have it replaced: stylus-upgrades run-migration {proxy} --handler {caller}"
    );
    let refusal = Refusal::new("NotHandler", "only the handler supplies batches");
    let refusal = refusal.with(handler.to_string(), caller.to_string(), next);
    Err(refusal.into())
}

/// A list of one word per item is as long as the contract counts. Where items are pairs the
/// contract may find out their number as they come, so only a list that is too short is wrong.
fn refuse_other_totals(
    migration: &ActiveMigration,
    items: Option<&Items>,
) -> Result<(), ChainError> {
    let Some(items) = items else {
        return Ok(());
    };
    let (found, expected) = (items.count(), migration.at.total);
    let is_too_long = found > expected && items.columns() == 1 && expected > 0;
    if found < expected || is_too_long {
        return Err(total_mismatch(expected, found));
    }
    Ok(())
}

/// Gas that one transaction may use: what ArbOS allows, else Arbitrum One's limit, and never more
/// than a block's.
async fn gas_of_a_transaction(client: &Client) -> Result<u64, ChainError> {
    let answer = match client.call(GAS_INFO, &getMaxTxGasLimitCall {}).await {
        Ok(limit) => limit.saturating_to(),
        Err(error @ ChainError::Unreachable { .. }) => return Err(error),
        Err(_) => GAS_MAX,
    };
    let block = client.provider().get_block(BlockId::latest()).await;
    let block = block.map_err(|error| client.error("eth_getBlockByNumber", error))?;
    let of_block = block.map_or(u64::MAX, |block| block.header.gas_limit);
    Ok([answer, of_block]
        .into_iter()
        .filter(|limit| *limit > 0)
        .min()
        .unwrap_or(GAS_MAX))
}

fn heading(migration: &ActiveMigration) -> String {
    let (from, to) = if migration.at.back {
        (&migration.to, &migration.from)
    } else {
        (&migration.from, &migration.to)
    };
    format!(
        "migrating {} {} from {from} to {to}",
        migration.name, migration.proxy
    )
}

/// Trouble with the chain, reported with how far the migration is and how it continues.
fn interrupted(error: ChainError, at: Standing, request: &MigrationRequest) -> ChainError {
    if error.exit() != Exit::Chain {
        return error;
    }
    let Standing { done, total, .. } = at;
    let next = format!(
        "{}; nothing is done twice (but first: {})",
        request.again,
        error.next().unwrap_or_default()
    );
    let refusal = Refusal::of(&error)
        .named("MigrationInterrupted")
        .saying(format!("stopped at {done} of {total} items: {error}"))
        .advising(next);
    match done {
        0 => refusal.into(),
        _ => refusal.exiting(Exit::Partial).into(),
    }
}

async fn outcome(
    client: &Client,
    migration: ActiveMigration,
    mut runner: BatchRunner,
    ended: Option<Ended>,
) -> Result<Migrated, ChainError> {
    let end = match &ended {
        Some(Ended::By(sent)) => {
            let (tx, gas) = (sent.tx, sent.cost.gas);
            runner.spent.add(sent.cost, Some(0));
            Some(End { tx, gas })
        }
        _ => None,
    };
    let aborted = migration.aborted();
    let (is_back, registry) = (migration.at.back, migration.registry);
    let mut migrated = Migrated {
        proxy: migration.proxy,
        from: migration.from,
        to: migration.to,
        back: runner.at.back,
        form: Some(runner.form),
        at: Some(runner.at),
        spent: runner.spent.clone(),
        items: runner.spent.items,
        taken: runner.begun.elapsed(),
        end,
        ended: ended.is_some(),
        live: None,
        then: None,
    };
    if migrated.ended {
        let now = client.registry(registry).instance(migrated.proxy).await?;
        if !is_back && now.version == migrated.from {
            return Err(aborted);
        }
        migrated.then = active::find(client, migrated.proxy).await?;
        if migrated.then.is_none() {
            migrated.live = Some(active::live(client, migrated.proxy).await?);
        }
    }
    Ok(migrated)
}

impl ActiveMigration {
    /// It goes the other way by now.
    fn aborted(&self) -> ChainError {
        let Self {
            proxy, from, to, ..
        } = self;
        let message = format!(
            "the migration of {proxy} between {from} and {to} now runs in the other direction: somebody has aborted \
             it, or it ended and began again"
        );
        let refusal = Refusal::new("Aborted", message).with(
            "the migration that this run began with",
            format!("one that runs in the other direction, or the instance is back at {from}"),
            format!(
                "stylus-upgrades status says where it is; run-migration {proxy} undoes the rest, if that is meant"
            ),
        );
        refusal.into()
    }

    /// Describes the progress for people.
    pub fn summary(&self) -> String {
        let at = self.at;
        let direction = if at.back {
            "rolling back from"
        } else {
            "migrating to"
        };
        format!(
            "{direction} {}: {} of {} items, handler {}",
            self.to,
            grouped(at.done),
            grouped(at.total),
            at.handler
        )
    }
}
