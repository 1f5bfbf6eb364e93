//! What would the new version have done? The chain as it was before the newest transactions to the
//! instances, on two copies: one as it was, one with the upgrade. Both get the same transactions in
//! the same blocks, and whatever differs is reported.

mod compare;
mod last_change;
mod past;
mod run;

pub use compare::{Difference, Group, Kind, StorageDifference, Unfaithful};

use super::error::PlanError;
use super::finding::Finding;
use super::{Plan, PlanRequest, prepare, try_on};
use crate::client::{Client, Remote};
use alloy::consensus::Transaction as _;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider as _;
use past::{Past, PastTransaction};
use serde::Serialize;
use stylus_chain::{BlockId, Chain, ChainConfig};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

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
    /// Calls of the registry and of precompiles, and deployments, which are sent again and not
    /// compared: they are no users' calls, and the upgrade changes what they do.
    pub not_compared: usize,
    /// Why the upgrade could not be carried out on the copy: then nothing was compared.
    pub not_done: Option<String>,
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
    /// A finding if nothing could be compared, or if calls that succeeded fail.
    pub fn problem(&self) -> Option<Finding> {
        if let Some(reason) = &self.not_done {
            return Some(Finding::new(
                "ReplayNotDone",
                format!("the upgrade does not go through at block {}", self.block),
                "an upgrade that goes through before the transactions that are sent again",
                reason.clone(),
                "give --replay a smaller number: the transactions then begin later",
            ));
        }
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
    let definition = (request.registry, request.call.name.as_str());
    let past = past::gather(client, definition, instances, count).await?;
    let Some(first) = past.blocks.first().map(|block| block.number) else {
        if let Some(change) = &past.last_change {
            client.progress().note(&change.words());
        }
        return Ok(None);
    };
    let mut code = Vec::new();
    for account in [request.call.code.implementation, request.call.step.script] {
        let of_it = client.provider().get_code_at(account).await;
        let of_it = of_it.map_err(|error| client.error("eth_getCode", error))?;
        code.push((account, of_it));
    }
    let before = BlockNumberOrTag::Number(first.saturating_sub(1));
    let (remote, config) = Remote::at(client, before).await?;
    let instances = instances.to_vec();
    let work = tokio::task::spawn_blocking(move || {
        carry_out(remote, config, &request, &instances, &past, (count, &code))
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
    (count, code): (u32, &[(Address, Bytes)]),
) -> Result<Replay, PlanError> {
    let begun = config.number;
    let mut as_it_was = Chain::fork(config, Box::new(remote))?;
    let mut upgraded = as_it_was.branch();
    // Code that was deployed meanwhile.
    for (account, code) in code.iter().filter(|(_, code)| !code.is_empty()) {
        if upgraded
            .account(*account, BlockId::latest())?
            .code
            .is_empty()
        {
            upgraded.set_code(*account, code.clone());
        }
    }
    let later = prepare::activated(upgraded.branch(), code)?;
    let (plan, tried) = try_on(later, request)?;
    let transactions = || past.blocks.iter().flat_map(|block| &block.transactions);
    let wanted = transactions().filter(|one| one.is_wanted).count();
    let mut replay = Replay {
        block: begun,
        to_block: past.blocks.last().map_or(begun, |block| block.number),
        transactions: wanted,
        others: transactions().count() - wanted,
        left_out: past.left_out,
        not_compared: 0,
        not_done: not_done(&plan),
        faithful: false,
        unfaithful: Vec::new(),
        differences: Vec::new(),
        storage: Vec::new(),
        gas_before: 0,
        gas_after: 0,
        notes: Vec::new(),
    };
    if wanted < count as usize {
        replay.notes.push(match &past.last_change {
            Some(change) => format!("the last {wanted} of {count}: {}", change.words()),
            None => format!(
                "{wanted} of {count} transactions were found, in blocks {} and later",
                past.since
            ),
        });
    }
    if replay.not_done.is_some() {
        return Ok(replay);
    }
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
    let is_compared = |one: &PastTransaction| !is_of_upgrades(one, request);
    replay.not_compared = transactions().filter(|one| !is_compared(one)).count();
    replay.unfaithful = compare::unfaithful(past, &was);
    replay.faithful = replay.unfaithful.is_empty();
    replay.differences = compare::differences(past, &was, &would_be, is_compared);
    replay.storage = compare::storage(&copies, request, instances, past, &plan)?;
    replay.gas_before = was.iter().map(run::Sent::gas).sum();
    replay.gas_after = would_be.iter().map(run::Sent::gas).sum();
    Ok(replay)
}

/// Why the upgrade was not carried out as far as it has to be, if it was not.
fn not_done(plan: &Plan) -> Option<String> {
    let problems = plan.problems.iter();
    let mut reasons: Vec<String> = problems
        .map(|problem| format!("{}: {}", problem.name, problem.message))
        .collect();
    let behind = plan.instances.iter().filter(|one| one.to != plan.to);
    reasons.extend(behind.map(|one| format!("instance {} stays at {}", one.proxy, one.to)));
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Whether a transaction is no user's: a call of the registry, of a precompile or of the deployer, or
/// the deployment of the code that is tried and stands there already.
fn is_of_upgrades(one: &PastTransaction, request: &PlanRequest) -> bool {
    match one.envelope.to() {
        Some(to) => to == request.registry || to == CREATE2_DEPLOYER || to.starts_with(&[0; 18]),
        None => {
            let created = one.from.create(one.envelope.nonce());
            created == request.call.code.implementation || created == request.call.step.script
        }
    }
}
