//! A plan, in lines.

use super::grouped;
use crate::context::prelude::*;
use crate::expect::Asks;
use crate::functions::DecodedCall;
use crate::governance::DefinitionControl;
use crate::plan::{
    self, Batches, Event, InstancePlan, Plan, Reads, Verdict, ether, limits_in_words, only_started,
};
use crate::text::utc;

/// The lines of the result, and of what was tried. Hashes stand there if `is_full`.
pub(super) fn lines(
    plan: &Plan,
    control: Option<&DefinitionControl>,
    decoded: &[DecodedCall],
    is_full: bool,
    names: &Names,
) -> Vec<String> {
    let gas: Vec<String> = plan.reads.iter().filter_map(Reads::of_gas).collect();
    let mut lines = vec![verdict(plan, !gas.is_empty())];
    lines.push(format!(
        "{} {} → {}, tried at block {} ({}), ArbOS {}",
        plan.name,
        plan.from,
        plan.to,
        plan.block,
        utc(plan.time),
        plan.arbos
    ));
    lines.extend(if is_full {
        plan.display.lines()
    } else {
        plan.display.what_it_does()
    });
    let in_words = decoded.iter().flat_map(DecodedCall::lines);
    lines.extend(in_words.map(|line| format!("  {line}")));
    lines.push(format!(
        "  {:<13} {} bytes on chain",
        "code", plan.code_bytes
    ));
    let asks = plan.expectations.iter().flat_map(Asks::lines);
    lines.extend(asks.map(|line| format!("  {line}")));
    lines.push(format!("approvals: {}", plan.policy.named));
    if is_full {
        lines.extend(plan.policy.lines.iter().map(|line| format!("  {line}")));
    }
    lines.extend(control.map(|control| format!("control: {}", control.sentence)));
    for transaction in &plan.transactions {
        let gas = transaction.gas.to_string();
        lines.push(format!("  → {:<64} {gas:>20}", transaction.name));
    }
    let total = plan.gas().to_string();
    lines.push(format!("  {:<66} {total:>20}", "total"));
    for instance in &plan.instances {
        lines.extend(instance_lines(instance, is_full, names));
    }
    for one in &plan.others {
        lines.push(format!("! also changes another account: {}", one.words()));
        lines.extend(grouped::lines(&one.changes, is_full));
        lines.extend(event_lines(&one.events));
    }
    let difference = plan.state_difference.iter();
    lines.extend(difference.map(|hash| format!("state difference {hash}")));
    lines.extend(gas.iter().map(|says| format!("! {says}")));
    let of_gas = plan.reads.iter().find_map(Reads::reads_gas);
    let next = of_gas.and_then(|one| one.next);
    lines.extend(next.map(|next| format!("    next      {next}")));
    let calls = plan.reads.iter().filter_map(Reads::of_calls);
    lines.extend(calls.map(|says| format!("! {says}")));
    let others = plan.reads.iter().filter_map(Reads::of_others);
    lines.extend(others.map(|says| format!("· {says}")));
    let started = only_started(&plan.instances);
    lines.extend(started.iter().map(|says| format!("! {says}")));
    if plan.untried > 0 {
        lines.push(format!("! {}", plan::not_tried(plan.untried)));
    }
    let trials = &plan.control_trials;
    let control = trials.not_tried.iter().chain(&trials.open);
    lines.extend(control.map(|says| format!("! {says}")));
    let given = plan.given.words();
    lines.extend(given.map(|words| format!("· {words}")));
    lines
}

/// The verdict. A tick means that every instance was tried to the end.
fn verdict(plan: &Plan, reads_gas: bool) -> String {
    let verdict = plan.verdict();
    match (verdict, verdict.words()) {
        (Verdict::InPart | Verdict::DependsOnGas, _) if reads_gas => format!(
            "! would succeed with {} gas; the result with other gas limits is unknown",
            limits_in_words(&plan.limits)
        ),
        (_, None) => "✗ it would fail".into(),
        (verdict, Some(says)) if verdict.is_carried_out() => format!("✓ {says}"),
        (_, Some(says)) => format!("! {says}"),
    }
}

fn instance_lines(instance: &InstancePlan, is_full: bool, names: &Names) -> Vec<String> {
    let InstancePlan {
        proxy, from, to, ..
    } = instance;
    let proxy = names.long(*proxy);
    let mut lines = vec![if from == to {
        format!("instance {proxy}  stays at {from}")
    } else {
        format!("instance {proxy}  {from} → {to}")
    }];
    if let Some(Batches { tried, left: None }) = instance.batches {
        lines.push(format!(
            "  its complex migration ends after {}",
            plan::batches(tried)
        ));
    }
    lines.extend(grouped::lines(&instance.changes, is_full));
    if let Some(wei) = instance.balance {
        lines.push(format!("  ! ether: {}", ether(wei)));
    }
    lines.extend(event_lines(&instance.events));
    lines
}

fn event_lines(events: &[Event]) -> impl Iterator<Item = String> {
    events.iter().map(|event| format!("  emits {}", event.what))
}
