//! The past: the newest transactions to some accounts, with everything else in their blocks.
//! The blocks are a chain of hashes with the numbers that were asked for, or nothing is believed.
use crate::client::{BlockAnswer, ChainError, Client, Outcome, PastBlock, PastTransaction};
use crate::ids::TxHash;
use crate::plan::REPLAY_BLOCKS_MAX;
use crate::registry::{Registry, Topics, definition_id, logs};
use alloy::consensus::Transaction as _;
use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;

/// Transactions that are sent again, at most. Of more, only those to the accounts themselves are.
const TRANSACTIONS_MAX: usize = 1_000;
/// Blocks that are asked for at once.
const AT_ONCE: usize = 32;

/// The transactions of a span of blocks.
pub(super) struct PastTransactions {
    /// Blocks with transactions, oldest first.
    pub(super) blocks: Vec<PastBlock>,
    /// Transactions in between that are not sent again.
    pub(super) left_out: usize,
    /// The oldest block that was looked at.
    pub(super) since: u64,
    /// The block in which the code of instances last changed: transactions up to it are not sent again.
    pub(super) last_change: Option<u64>,
}

/// The limits of what is read of the past.
#[derive(Debug, Clone, Copy)]
pub struct PastLimits {
    /// Transactions to the accounts, at most.
    pub transactions: u32,
    /// Blocks that are looked through, at most.
    pub blocks: u64,
}

/// Reads the newest transactions to one of `accounts`, since the code of the definition `name` last changed.
pub(super) async fn read_past(
    registry: Registry<'_>,
    name: &str,
    accounts: &[Address],
    limits: PastLimits,
) -> Result<PastTransactions, ChainError> {
    let client = registry.client;
    let newest = client.newest_block().await?;
    let wanted = |transaction: &Value| {
        let to = transaction["to"].as_str().and_then(|to| to.parse().ok());
        to.is_some_and(|to: Address| accounts.contains(&to))
    };
    let mut found: Vec<BlockAnswer> = Vec::new();
    let mut left = limits.transactions as usize;
    let most = limits.blocks.min(REPLAY_BLOCKS_MAX);
    let oldest = newest.saturating_sub(most).max(1);
    let blocks = stream::iter((oldest..=newest).rev());
    let mut blocks = blocks
        .map(|number| BlockAnswer::read(client, number))
        .buffered(AT_ONCE);
    while left > 0
        && let Some(block) = blocks.try_next().await?
    {
        if let Some(child) = found.last() {
            require_parent(client, &block, child)?;
        }
        let here = block
            .transactions
            .iter()
            .filter(|transaction| wanted(transaction))
            .count();
        left = left.saturating_sub(here);
        found.push(block);
    }
    let since = found.last().map_or(newest, |block| block.number.to());
    // What is older than the oldest transaction that counts is not looked at again.
    let is_wanted = |block: &BlockAnswer| block.transactions.iter().any(wanted);
    found.truncate(found.iter().rposition(is_wanted).map_or(0, |at| at + 1));
    found.reverse();
    let last_change = match found.first() {
        Some(first) => find_last_change(registry, name, first.number.to(), newest).await?,
        None => None,
    };
    if let Some(change) = last_change {
        found.retain(|block| block.number.to::<u64>() > change);
    }
    let all: usize = found.iter().map(|block| block.transactions.len()).sum();
    let mut past = PastTransactions {
        blocks: Vec::new(),
        left_out: 0,
        since,
        last_change,
    };
    for block in found {
        let mut transactions = Vec::new();
        for transaction in &block.transactions {
            let is_wanted = wanted(transaction);
            let read = PastTransaction::read(transaction);
            match read.filter(|_| is_wanted || all <= TRANSACTIONS_MAX) {
                Some(read) => transactions.push(PastTransaction { is_wanted, ..read }),
                None => past.left_out += 1,
            }
        }
        let hashes: Vec<TxHash> = transactions
            .iter()
            .map(|transaction| transaction.hash)
            .collect();
        let outcomes = stream::iter(hashes).map(|hash| Outcome::read(client, hash));
        let outcomes: Vec<Outcome> = outcomes.buffered(AT_ONCE).try_collect().await?;
        for (transaction, outcome) in transactions.iter_mut().zip(outcomes) {
            transaction.outcome = outcome;
        }
        if !transactions.is_empty() {
            past.blocks.push(block.with(transactions));
        }
    }
    Ok(past)
}

/// Finds the block of the last change of the code of a definition's instances among these blocks, the first and the
/// last one included. The step that is tried does not begin at the version before it.
async fn find_last_change(
    registry: Registry<'_>,
    name: &str,
    from: u64,
    to: u64,
) -> Result<Option<u64>, ChainError> {
    let topics: Topics<'_> = [&[], &[definition_id(name).0], &[]];
    let logs = logs(registry.client, registry.address, topics, from, to).await?;
    let is_change = |log: &&Log| {
        let event = Event::decode_raw_log(log.topics(), &log.data().data);
        matches!(
            event,
            Ok(Event::InstanceUpgraded(_)
                | Event::InstanceAdopted(_)
                | Event::MigrationStarted(_)
                | Event::MigrationEnded(_)
                | Event::MigrationAborted(_)
                | Event::CurrentChanged(_))
        )
    };
    let changes = logs.iter().filter(is_change);
    Ok(changes.filter_map(|log| log.block_number).max())
}

/// A call that somebody made.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// The account that made it.
    pub from: Address,
    /// Its calldata.
    pub input: Bytes,
    /// The value that it sent along, in wei.
    pub value: U256,
}

/// Reads the newest calls of some accounts; as [`read_past`].
///
/// # Errors
/// What the endpoint says.
pub async fn read_calls(
    registry: Registry<'_>,
    name: &str,
    accounts: &[Address],
    limits: PastLimits,
) -> Result<Vec<PastCall>, ChainError> {
    let past = read_past(registry, name, accounts, limits).await?;
    let wanted = numbered(&past).filter(|(_, transaction)| transaction.is_wanted);
    let calls = wanted.map(|(_, transaction)| PastCall {
        from: transaction.from,
        input: transaction.envelope.input().clone(),
        value: transaction.envelope.value(),
    });
    Ok(calls.collect())
}

/// The transactions with their blocks.
pub(super) fn numbered(past: &PastTransactions) -> impl Iterator<Item = (u64, &PastTransaction)> {
    let blocks = past.blocks.iter();
    blocks.flat_map(|block| {
        block
            .transactions
            .iter()
            .map(|transaction| (block.number, transaction))
    })
}

/// Refuses a block that is not the one before `child`.
fn require_parent(
    client: &Client,
    block: &BlockAnswer,
    child: &BlockAnswer,
) -> Result<(), ChainError> {
    if block.hash == child.parent_hash {
        return Ok(());
    }
    Err(client.contradiction(format!(
        "block {} with the hash {}, which block {} does not have as its parent: that is {}",
        block.number, block.hash, child.number, child.parent_hash
    )))
}
