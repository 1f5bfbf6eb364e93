//! What would the new version have done? The chain as it was before the newest transactions to the
//! instances, on two copies: one as it was, one with the upgrade. Both get the same transactions in
//! the same blocks, and whatever differs is reported.

mod compare;
mod past;
mod run;

pub use compare::{Difference, Group, Kind, StorageDifference, Unfaithful};

use super::error::PlanError;
use super::finding::Finding;
use super::{PlanRequest, try_on};
use crate::client::{Client, Remote};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::Address;
use past::Past;
use serde::Serialize;
use stylus_chain::{Chain, ChainConfig};

/// What a replay found.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// The block that both copies begin after.
    pub block: u64,
    /// The last block that was sent again.
    pub to_block: u64,
    /// Transactions to the instances that were sent again.
    pub transactions: usize,
    /// Other transactions of those blocks that were sent again, because what they do may matter.
    pub others: usize,
    /// Transactions of those blocks that were not: ArbOS' own, messages from L1, and, where there are
    /// too many, those to other accounts.
    pub left_out: usize,
    /// Whether the copy without the upgrade did exactly what really happened.
    pub faithful: bool,
    /// Where it did not, and in what.
    pub unfaithful: Vec<Unfaithful>,
    /// What differs between the copies: calls that fail now first, by function.
    pub differences: Vec<Group>,
    /// Storage that ends otherwise. The registry's, and the framework's own slots, are left out.
    pub storage: Vec<StorageDifference>,
    /// Gas of all transactions without the upgrade.
    pub gas_before: u64,
    /// Gas of all transactions with it.
    pub gas_after: u64,
    /// Why it proves less than it could.
    pub notes: Vec<String>,
}

impl Replay {
    /// A finding if calls that succeeded fail.
    pub fn problem(&self) -> Option<Finding> {
        let failing = |group: &&Group| group.kind == Kind::FailsNow;
        let groups: Vec<&Group> = self.differences.iter().filter(failing).collect();
        let first = groups.first()?;
        let example = first.examples.first()?;
        let count: usize = groups.iter().map(|group| group.count).sum();
        Some(Finding::new(
            "ReplayFails",
            format!("{count} calls that succeeded would have failed with the new version"),
            "every call that succeeded to succeed with the new version",
            format!(
                "{} of {} from {}: {}",
                first.function, example.hash, example.from, example.after
            ),
            "correct the version, or tell its users that these calls end",
        ))
    }
}

/// Replays the newest `count` transactions to the definition's instances.
///
/// # Errors
/// What keeps it from being made.
pub async fn replay(
    client: &Client,
    request: PlanRequest,
    instances: &[Address],
    count: u32,
) -> Result<Option<Replay>, PlanError> {
    let past = past::gather(client, instances, count).await?;
    let Some(first) = past.blocks.first().map(|block| block.number) else {
        return Ok(None);
    };
    let before = BlockNumberOrTag::Number(first.saturating_sub(1));
    let (remote, config) = Remote::at(client, before).await?;
    let instances = instances.to_vec();
    let work = tokio::task::spawn_blocking(move || {
        carry_out(remote, config, &request, &instances, &past, count)
    });
    let replay = work.await.map_err(|error| PlanError::Ended {
        reason: error.to_string(),
    })?;
    replay.map(Some)
}

fn carry_out(
    remote: Remote,
    config: ChainConfig,
    request: &PlanRequest,
    instances: &[Address],
    past: &Past,
    count: u32,
) -> Result<Replay, PlanError> {
    let begun = config.number;
    let mut as_it_was = Chain::fork(config, Box::new(remote))?;
    let mut upgraded = as_it_was.branch();
    let (plan, tried) = try_on(as_it_was.branch(), request)?;
    let changed = run::carry_over(&tried.chain, begun.into(), &mut upgraded)?;
    let at_first = upgraded.branch();

    let was = run::again(&mut as_it_was, past)?;
    let would_be = run::again(&mut upgraded, past)?;

    let copies = compare::Copies {
        begun,
        as_it_was: &as_it_was,
        upgraded: &upgraded,
        at_first: &at_first,
        changed: &changed,
    };
    let transactions = || past.blocks.iter().flat_map(|block| &block.transactions);
    let wanted = transactions().filter(|one| one.is_wanted).count();
    let unfaithful = compare::unfaithful(past, &was);
    let mut notes = Vec::new();
    if wanted < count as usize {
        notes.push(format!(
            "{wanted} of {count} transactions were found, in blocks {} and later",
            past.since
        ));
    }
    for problem in &plan.problems {
        notes.push(format!(
            "at block {begun} the upgrade itself would not go through: {}",
            problem.message
        ));
    }
    Ok(Replay {
        block: begun,
        to_block: past.blocks.last().map_or(begun, |block| block.number),
        transactions: wanted,
        others: transactions().count() - wanted,
        left_out: past.left_out,
        faithful: unfaithful.is_empty(),
        unfaithful,
        differences: compare::differences(past, &was, &would_be),
        storage: compare::storage(&copies, request, instances, past, &plan)?,
        gas_before: was.iter().map(run::Sent::gas).sum(),
        gas_after: would_be.iter().map(run::Sent::gas).sum(),
        notes,
    })
}
