//! The report of `plan --replay`.

use crate::context::prelude::*;
use crate::cost::Gas;
use crate::functions::interfaces;
use crate::pipeline::simulated_upgrade::SimulatedUpgrade;
use crate::pipeline::version_interface::both;
use crate::plan::{Abis, FieldValues, Group, Kind, Obstacle, Replay, StorageDifference};
use crate::progress::Progress;

/// The flag that asks for it.
pub(crate) const FLAG: &str = "--replay";

/// Sends the newest transactions again, with the interfaces of both versions, as this run built them or as they are
/// kept, and the steps in their layout documents.
pub(crate) async fn run(
    simulated: &SimulatedUpgrade<'_>,
    (count, blocks): (u32, u64),
) -> Result<Option<Replay>> {
    let context = simulated.session.context;
    let laboratory = context.program.wings.laboratory(FLAG)?;
    let output = &context.output;
    let [before, after] = both(simulated).await?.map(|one| {
        let known = one.functions.with(&one.steps);
        known.with(&interfaces().implementation)
    });
    let (abis, request) = (Abis { before, after }, simulated.request.clone());
    let what = format!("replaying {count} transactions");
    output.begin(&what);
    let wanted = (count, blocks);
    let replay = (laboratory.replay)(
        simulated.session.registry.client,
        request,
        &simulated.plan,
        abis,
        wanted,
    )
    .await;
    output.end(&what);
    Ok(replay?)
}

/// The report, in lines.
pub fn lines(replay: &Replay, names: &Names) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} transactions to the instances and {} others, from block {} to {}",
        match replay.not_done {
            None => "replayed",
            Some(_) => "would replay",
        },
        replay.transactions,
        replay.others,
        replay.block.saturating_add(1),
        replay.to_block
    )];
    let omitted = replay.omitted(names);
    lines.extend(omitted.iter().map(|one| format!("  {one}")));
    lines.extend(replay.notes.iter().map(|note| format!("  ! {note}")));
    if let Some(obstacle) = &replay.not_done {
        let why = match obstacle {
            Obstacle::Upgrade(reason) => format!("the upgrade fails on the copy: {reason}"),
            Obstacle::State(reason) => {
                format!("the endpoint does not serve the state before them: {reason}")
            }
        };
        lines.push(format!("  ✗ nothing was compared: {why}"));
        return lines;
    }
    lines.extend(replay.behind.iter().map(|one| format!("  ! {one}")));
    if replay.faithful {
        lines.push("  ✓ without the upgrade they behaved exactly as on chain".into())
    } else {
        lines.push(format!(
                "  ! inexact: without the upgrade, {} of {} transactions did not behave as on chain; all are compared \
                 between the two copies",
                replay.unfaithful.len(),
                replay.transactions + replay.others
            ));
        let each = replay.unfaithful.iter();
        lines.extend(
            each.map(|one| format!("    {} (block {}): {}", one.hash, one.block, one.what)),
        );
    }
    for group in &replay.differences {
        lines.push(format!("  {}", heading(group, names)));
        for one in &group.examples {
            lines.push(format!(
                "    {} (block {}) from {}",
                one.hash,
                one.block,
                names.long(one.from)
            ));
            lines.push(format!("      call:    {}", one.call));
            if let Some(call) = &one.call_after {
                lines.push(format!("      by the new interface: {call}"));
            }
            lines.push(format!("      without: {}", one.before));
            lines.push(format!("      with:    {}", one.after));
        }
    }
    match (replay.differences.is_empty(), replay.is_whole()) {
        (true, true) => lines.push("  ✓ with the upgrade every transaction does the same".into()),
        (true, false) => lines.push("  ! with the upgrade no difference was seen".into()),
        (false, _) => {}
    }
    for slot in &replay.storage {
        let account = names.long(slot.account);
        lines.push(format!(
            "  {account}: final storage differs: {}",
            ends(slot)
        ));
    }
    lines.push(format!(
        "  {} without the upgrade, {} with it",
        Gas::without_l1(replay.gas_before),
        Gas::without_l1(replay.gas_after)
    ));
    lines
}

fn heading(group: &Group, names: &Names) -> String {
    let (mark, what) = match group.kind {
        Kind::FailsNow => ("✗", "succeeded, and would fail"),
        Kind::NeedsMoreGas => (
            "!",
            "succeeded, and would need more gas than they had; with more gas they succeed",
        ),
        Kind::SucceedsNow => ("!", "failed, and would succeed"),
        Kind::OtherReason => ("!", "would fail for another reason"),
        Kind::Returns => ("≠", "would return other data"),
        Kind::Emits => ("≠", "would emit other events"),
        Kind::Gas => ("≠", "would use different gas"),
    };
    let to = group.to.map_or("a creation".into(), |to| names.long(to));
    let calls = if group.count == 1 { "call" } else { "calls" };
    let reason = group.reason.as_ref();
    let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
    format!(
        "{mark} {} {calls} of {} of {to} {what}{reason}",
        group.count, group.function
    )
}

fn ends(slot: &StorageDifference) -> String {
    let values = slot.word.values();
    let values: Vec<String> = values.iter().map(FieldValues::words).collect();
    let by = if slot.by_upgrade {
        ", by the upgrade itself"
    } else {
        ""
    };
    format!("{}{by}", values.join("; "))
}
