//! What `plan --replay` says, for people and as Markdown.

use super::args::PlanArgs;
use super::context::Context;
use super::plan::word;
use crate::app_error::Error;
use crate::client::Client;
use crate::manifest::ManifestError;
use crate::own_file;
use crate::plan::{self, Group, Kind, Plan, PlanRequest, Replay, StorageDifference};
use crate::progress::Progress;
use crate::text::grouped;
use alloy::primitives::Address;
use std::fmt::Write as _;

/// Sends the newest transactions again, and writes the report if one is asked for.
pub(super) async fn run(
    context: &Context,
    args: &PlanArgs,
    client: &Client,
    request: PlanRequest,
    plan: &Plan,
    count: u32,
) -> Result<Option<Replay>, Error> {
    let instances: Vec<Address> = plan.instances.iter().map(|one| one.proxy).collect();
    let what = format!("replaying {count} transactions");
    context.output.begin(&what);
    let replay = plan::replay(client, request, &instances, count).await;
    context.output.end(&what);
    let replay = replay?;
    match (&replay, &args.replay_report) {
        (Some(replay), Some(path)) => {
            own_file::write(path, markdown(plan, replay).as_bytes())
                .map_err(ManifestError::from)?;
        }
        (Some(_), None) => {}
        (None, _) => context
            .output
            .note("there is nothing to replay: no transaction to an instance was found"),
    }
    Ok(replay)
}

/// What was sent again.
fn summary(replay: &Replay) -> String {
    format!(
        "{} {} transactions to the instances and {} others, from block {} to {}",
        if replay.not_done.is_none() {
            "replayed"
        } else {
            "would replay"
        },
        replay.transactions,
        replay.others,
        replay.block + 1,
        replay.to_block
    )
}

fn nothing_compared(reason: &str) -> String {
    format!("nothing was compared: on the copy the upgrade does not go through: {reason}")
}

fn not_compared(replay: &Replay) -> String {
    format!(
        "{} calls of the registry or of precompiles, or deployments, are not compared",
        replay.not_compared
    )
}

fn gas(replay: &Replay) -> String {
    format!(
        "{} gas without the upgrade, {} with it",
        grouped(replay.gas_before),
        grouped(replay.gas_after)
    )
}

pub(super) fn lines(replay: &Replay) -> Vec<String> {
    let mut lines = vec![summary(replay)];
    if replay.left_out > 0 {
        lines.push(format!("  {} transactions were left out", replay.left_out));
    }
    lines.extend(replay.notes.iter().map(|note| format!("  ! {note}")));
    if let Some(reason) = &replay.not_done {
        lines.push(format!("  ✗ {}", nothing_compared(reason)));
        return lines;
    }
    if replay.not_compared > 0 {
        lines.push(format!("  {}", not_compared(replay)));
    }
    match replay.faithful {
        true => lines.push("  ✓ without the upgrade they did exactly what they really did".into()),
        false => {
            lines.push(format!(
                "  ! not faithful: without the upgrade {} of them did not do what they really did",
                replay.unfaithful.len()
            ));
            let each = replay.unfaithful.iter();
            lines.extend(
                each.map(|one| format!("    {} (block {}): {}", one.hash, one.block, one.what)),
            );
        }
    }
    for group in &replay.differences {
        lines.push(format!("  {}", heading(group)));
        for one in &group.examples {
            lines.push(format!(
                "    {} (block {}) from {}",
                one.hash, one.block, one.from
            ));
            lines.push(format!("      without: {}", one.before));
            lines.push(format!("      with:    {}", one.after));
        }
    }
    match (replay.differences.is_empty(), replay.faithful) {
        (true, true) => lines.push("  ✓ with the upgrade every transaction does the same".into()),
        (true, false) => lines.push("  ! with the upgrade no difference was seen".into()),
        (false, _) => {}
    }
    for slot in &replay.storage {
        lines.push(format!("  {} ends otherwise: {}", slot.account, ends(slot)));
    }
    lines.push(format!("  {}", gas(replay)));
    lines
}

fn heading(group: &Group) -> String {
    let (mark, what) = match group.kind {
        Kind::FailsNow => ("✗", "succeeded, and would fail"),
        Kind::SucceedsNow => ("!", "failed, and would succeed"),
        Kind::OtherReason => ("!", "would fail for another reason"),
        Kind::Returns => ("≠", "would return other data"),
        Kind::Emits => ("≠", "would emit other events"),
        Kind::Gas => ("≠", "would take other gas"),
    };
    let to = group.to.map_or("a creation".into(), |to| to.to_string());
    let calls = if group.count == 1 { "call" } else { "calls" };
    format!(
        "{mark} {} {calls} of {} of {to} {what}",
        group.count, group.function
    )
}

fn ends(slot: &StorageDifference) -> String {
    let name = slot.name.clone().unwrap_or_else(|| slot.slot.to_string());
    let by = if slot.by_upgrade {
        ", by the upgrade itself"
    } else {
        ""
    };
    format!("{name} {} → {}{by}", word(&slot.before), word(&slot.after))
}

fn markdown(plan: &Plan, replay: &Replay) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# Replay of {} {} → {}\n",
        plan.name, plan.from, plan.to
    );
    if let Some(reason) = &replay.not_done {
        let _ = writeln!(text, "{}.\n", summary(replay));
        let _ = writeln!(text, "**{}**", nothing_compared(reason));
        return text;
    }
    let _ = writeln!(text, "{}; {}.\n", summary(replay), gas(replay));
    let faithful = match replay.faithful {
        true => "Without the upgrade they did exactly what they really did.".to_owned(),
        false => format!(
            "**Not faithful**: without the upgrade {} of them did not do what they really did.",
            replay.unfaithful.len()
        ),
    };
    let _ = writeln!(text, "{faithful}\n");
    for note in &replay.notes {
        let _ = writeln!(text, "- {note}");
    }
    if replay.not_compared > 0 {
        let _ = writeln!(text, "- {}", not_compared(replay));
    }
    for one in &replay.unfaithful {
        let _ = writeln!(text, "- `{}` (block {}): {}", one.hash, one.block, one.what);
    }
    for group in &replay.differences {
        let _ = writeln!(text, "\n## {}\n", heading(group));
        let _ = writeln!(text, "| transaction | block | from | without | with |");
        let _ = writeln!(text, "|---|---|---|---|---|");
        for one in &group.examples {
            let cells = [&one.before, &one.after].map(|cell| cell.replace('|', "\\|"));
            let [before, after] = cells;
            let _ = writeln!(
                text,
                "| `{}` | {} | `{}` | {before} | {after} |",
                one.hash, one.block, one.from
            );
        }
    }
    let _ = writeln!(text, "\n## Storage that ends otherwise\n");
    let _ = writeln!(
        text,
        "The registry's storage and the framework's own slots are left out.\n"
    );
    for slot in &replay.storage {
        let _ = writeln!(text, "- `{}`: {}", slot.account, ends(slot));
    }
    text
}
