//! The behavior that the new version would have had. The chain as it was before the newest transactions to the
//! instances, on two copies: one as it was, one with the upgrade. Both get the same transactions in
//! the same blocks, and whatever differs is reported.

mod compare;
mod differences;
mod governing;
mod past;

pub(crate) use compare::carry_over;
pub use past::{PastCall, PastLimits, read_calls};

use crate::assess::FindingId;
use crate::client::{self, ChainError, Client, Fork};
use crate::layout::documents;
use crate::plan::{
    Abis, GasLimits, InstancePlan, Obstacle, Plan, PlanRequest, Replay, activated, not_tried,
    simulate_on,
};
use crate::progress::{Progress, Silent};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes};
use past::PastTransactions;
use std::sync::Arc;
use stylus_chain::{BlockId, Chain};

/// Replays the newest transactions to the definition's instances, within the limits.
///
/// # Errors
/// What keeps it from being made.
pub async fn replay(
    client: &Client,
    request: PlanRequest,
    planned: &Plan,
    abis: Abis,
    limits: PastLimits,
) -> Result<Option<Replay>, ChainError> {
    let instances: Vec<Address> = planned
        .instances
        .iter()
        .map(|instance| instance.proxy)
        .collect();
    let problems = planned
        .problems
        .iter()
        .map(|problem| problem.id.clone())
        .collect();
    let registry = client.registry(request.registry);
    let past = past::read_past(registry, &request.call.name, &instances, limits).await?;
    let has_wanted = past::numbered(&past).any(|(_, transaction)| transaction.is_wanted);
    let first = past.blocks.first().filter(|_| has_wanted);
    let Some(first) = first.map(|block| block.number) else {
        if let Some(change) = past.last_change {
            let note = format!("no transaction since block {change}: older ones ran other code");
            client.progress().note(&note);
        }
        return Ok(None);
    };
    let mut code = Vec::new();
    for account in [request.call.code.implementation, request.call.step.script] {
        code.push((account, client.code(account).await?));
    }
    let before = first.saturating_sub(1);
    let unread = Replay {
        block: before,
        to_block: past.blocks.last().map_or(before, |block| block.number),
        ..Replay::default()
    };
    let subject = ReplaySubject {
        request,
        instances,
        problems,
        abis,
        code,
        count: limits.transactions as usize,
    };
    let before = BlockNumberOrTag::Number(before);
    let replay = async {
        let fork = Fork::at(client, before).await?;
        fork.carry_out(move |chain| carry_out(chain, &subject, &past))
            .await
    };
    match replay.await {
        Err(error) if error.is_unread() => {
            let not_done = Some(Obstacle::State(error.to_string()));
            Ok(Some(Replay { not_done, ..unread }))
        }
        replay => replay.map(Some),
    }
}

/// The subject of a trial, and what it is tried on.
struct ReplaySubject {
    request: PlanRequest,
    instances: Vec<Address>,
    /// The problems that the plan found at the newest block.
    problems: Vec<FindingId>,
    abis: Abis,
    /// Code that may have been deployed meanwhile.
    code: Vec<(Address, Bytes)>,
    /// Transactions that were asked for.
    count: usize,
}

fn carry_out(
    mut as_it_was: Chain,
    subject: &ReplaySubject,
    past: &PastTransactions,
) -> Result<Replay, ChainError> {
    let ReplaySubject {
        request,
        instances,
        code,
        count,
        ..
    } = subject;
    let begun = as_it_was.block_number();
    let mut upgraded = as_it_was.branch();
    for (account, code) in code.iter().filter(|(_, code)| !code.is_empty()) {
        let there = upgraded.account(*account, BlockId::latest())?;
        if there.code.is_empty() {
            upgraded.set_code(*account, code.clone());
        }
    }
    let later = activated(upgraded.branch(), code)?;
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    let (plan, copy) = simulate_on(later, request, GasLimits::Once, &silent)?;
    let transactions = || past.blocks.iter().flat_map(|block| &block.transactions);
    let wanted = transactions()
        .filter(|transaction| transaction.is_wanted)
        .count();
    let mut replay = Replay {
        block: begun,
        to_block: past.blocks.last().map_or(begun, |block| block.number),
        transactions: wanted,
        others: transactions().count() - wanted,
        left_out: past.left_out,
        not_done: not_done(&plan, &subject.problems),
        behind: not_upgraded(&plan),
        ..Replay::default()
    };
    if wanted < *count {
        replay.notes.push(match past.last_change {
            Some(change) => format!(
                "{wanted} of {count} transactions: those up to block {change} ran other code"
            ),
            None => format!(
                "{wanted} of {count} transactions were found, in blocks {} and later",
                past.since
            ),
        });
    }
    if replay.not_done.is_some() {
        return Ok(replay);
    }
    let changed = compare::carry_over(&copy.chain, begun.into(), &mut upgraded)?;
    let at_first = upgraded.branch();

    // Both copies share the record.
    as_it_was.start_preimage_record();
    let was = client::replay(&mut as_it_was, &past.blocks, None)?;
    let would_be = client::replay(&mut upgraded, &past.blocks, Some(&was))?;
    let preimages = as_it_was.end_preimage_record();

    let copies = compare::ReplayForks {
        begun,
        as_it_was: &as_it_was,
        upgraded: &upgraded,
        at_first: &at_first,
        changed: &changed,
        preimages: &preimages,
    };
    replay.unfaithful = compare::find_unfaithful(past, &was);
    replay.faithful = replay.unfaithful.is_empty();
    let governs =
        |transaction: &_, kind| governing::governs(transaction, kind, request, &as_it_was);
    let abis = &subject.abis;
    let (groups, governing) =
        differences::find_differences(past, &was, &would_be, instances, abis, governs);
    let mut left_out = governing::note_uncompared(past, request, &governing, &mut replay);
    replay.differences = groups;
    left_out.retain(|account| !instances.contains(account));
    left_out.extend([request.registry, documents::address()]);
    replay.storage = compare::compare_storage(&copies, request, instances, &left_out, past, &plan)?;
    replay.left_out_accounts = left_out.into_iter().collect();
    replay.gas_before = was.iter().map(client::Replayed::gas).sum();
    replay.gas_after = would_be.iter().map(client::Replayed::gas).sum();
    Ok(replay)
}

/// Says why the upgrade was not carried out there: no instance reached the version, or something is wrong
/// that is not wrong at the newest block, where the plan says so itself.
fn not_done(plan: &Plan, problems: &[FindingId]) -> Option<Obstacle> {
    let is_there = plan
        .instances
        .iter()
        .any(|instance| is_settled(plan, instance));
    let found = plan.problems.iter();
    let found = found.filter(|problem| !is_there || !problems.contains(&problem.id));
    let found = found.map(|problem| format!("{}: {}", problem.id, problem.message));
    let mut reasons: Vec<String> = found.collect();
    if !is_there {
        reasons.extend(not_upgraded(plan));
        if reasons.is_empty() {
            reasons.push("there is no instance".into());
        }
    }
    (!reasons.is_empty()).then(|| Obstacle::Upgrade(reasons.join("; ")))
}

/// The instances that did not reach the version.
fn not_upgraded(plan: &Plan) -> Vec<String> {
    let waiting = plan
        .instances
        .iter()
        .filter(|instance| !is_settled(plan, instance));
    let waiting =
        waiting.map(|instance| format!("instance {} stays at {}", instance.proxy, instance.to));
    let untried = (plan.untried > 0).then(|| not_tried(plan.untried));
    waiting.chain(untried).collect()
}

/// Returns true if it is at the version, or at a younger one: no other stays where all were tried and nothing failed.
fn is_settled(plan: &Plan, instance: &InstancePlan) -> bool {
    let is_all = plan.untried == 0 && plan.problems.is_empty();
    instance.to == plan.to || (is_all && !instance.migrating)
}
