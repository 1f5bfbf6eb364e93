//! What `plan --replay` says, for people and as Markdown.

use super::args::PlanArgs;
use super::context::Context;
use crate::app_error::Error;
use crate::client::Client;
use crate::functions::{Functions, interfaces};
use crate::governance::Names;
use crate::output::{Outcome, visible};
use crate::own_file;
use crate::plan::{
    self, Abis, Difference, FieldValues, Group, Kind, Movement, Plan, PlanRequest, Replay,
    StorageDifference,
};
use crate::progress::Progress;
use crate::registry::RecordedCode;
use crate::text::grouped;
use serde_json::Value;
use std::fmt::Write as _;

/// How a report begins.
const REPORT: &str = "# Replay of ";

fn is_report(text: &str) -> bool {
    text.starts_with(REPORT)
}

/// The first lines of a report.
fn title(plan: &Plan) -> String {
    let [name, from, to] = [&plan.name, &plan.from, &plan.to].map(|it| cell(it));
    format!("{REPORT}{name} {from} → {to}\n\n")
}

/// Sends the newest transactions again, and writes the report if one is asked for.
pub(super) async fn run(
    context: &Context,
    args: &PlanArgs,
    client: &Client,
    request: PlanRequest,
    plan: &Plan,
    count: u32,
) -> Result<Option<Replay>, Error> {
    if let Some(path) = &args.replay_report {
        own_file::require(path, is_report)?;
    }
    let abis = abis(context, client, &request, plan).await?;
    let what = format!("replaying {count} transactions");
    context.output.begin(&what);
    let replay = plan::replay(client, request, plan, abis, (count, args.replay_blocks)).await;
    context.output.end(&what);
    let replay = replay?;
    if let Some(path) = &args.replay_report {
        let text = match &replay {
            Some(replay) => markdown(plan, replay, &context.names()),
            None => format!("{}**{}.**\n", title(plan), cell(&Replay::nothing().message)),
        };
        own_file::replace(path, text.as_bytes(), is_report)?;
    }
    Ok(replay)
}

/// Says that nothing was compared.
pub(super) fn nothing(outcome: &mut Outcome, is_expected: bool) {
    let mark = if is_expected { '!' } else { '✗' };
    outcome.line(format!("{mark} {}", Replay::nothing().message));
    outcome.field("replay", Value::Null);
}

/// The interfaces of both versions: as this run built them, as they are kept, and the steps
/// that their layout documents declare.
async fn abis(
    context: &Context,
    client: &Client,
    request: &PlanRequest,
    plan: &Plan,
) -> Result<Abis, Error> {
    let name = &plan.name;
    let reader = client.registry(request.registry);
    let before = reader.known_code(name, &plan.from).await?;
    let documents = context.documents(client, request.registry);
    let functions = async |code: RecordedCode| -> Result<Functions, Error> {
        let place = (client, request.registry);
        let known = context.functions_of(place, name, code.codehash).await?;
        let known = known.unwrap_or_default();
        let document = documents.get(code.layout).await?;
        let steps = document.document().and_then(|one| one.steps.clone());
        let steps = steps.unwrap_or_default();
        let signatures = steps.iter().map(|step| step.signature.as_str());
        let declared = Functions::of_signatures(signatures);
        Ok(known.with(&declared).with(&interfaces().implementation))
    };
    Ok(Abis {
        before: match before {
            Some(code) => functions(code).await?,
            None => Functions::default(),
        },
        after: functions(RecordedCode::from(&request.call.code)).await?,
    })
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

fn gas(replay: &Replay) -> String {
    format!(
        "{} gas without the upgrade, {} with it",
        grouped(replay.gas_before),
        grouped(replay.gas_after)
    )
}

pub(super) fn lines(replay: &Replay, names: &Names) -> Vec<String> {
    let mut lines = vec![summary(replay)];
    let omitted = replay.omitted(names);
    lines.extend(omitted.iter().map(|one| format!("  {one}")));
    lines.extend(replay.notes.iter().map(|note| format!("  ! {note}")));
    if let Some(reason) = &replay.not_done {
        lines.push(format!("  ✗ {}", nothing_compared(reason)));
        return lines;
    }
    lines.extend(replay.behind.iter().map(|one| format!("  ! {one}")));
    match replay.faithful {
        true => lines.push("  ✓ without the upgrade they did exactly what they really did".into()),
        false => {
            lines.push(format!("  ! {}", unfaithful(replay)));
            let each = replay.unfaithful.iter();
            lines.extend(
                each.map(|one| format!("    {} (block {}): {}", one.hash, one.block, one.what)),
            );
        }
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
    for one in &replay.movements {
        lines.push(format!("  {}", moved(one, names)));
    }
    for slot in &replay.storage {
        let account = names.long(slot.account);
        lines.push(format!("  {account} ends otherwise: {}", ends(slot)));
    }
    lines.push(format!("  {}", gas(replay)));
    lines
}

fn unfaithful(replay: &Replay) -> String {
    format!(
        "not faithful: without the upgrade {} of {} did not do what they really did; the others are \
         compared as they were",
        replay.unfaithful.len(),
        replay.transactions + replay.others
    )
}

fn heading(group: &Group, names: &Names) -> String {
    let (mark, what) = match group.kind {
        Kind::FailsNow => ("✗", "succeeded, and would fail"),
        Kind::NeedsMoreGas => (
            "!",
            "succeeded, and would need more gas than they had: with it they succeed",
        ),
        Kind::SucceedsNow => ("!", "failed, and would succeed"),
        Kind::OtherReason => ("!", "would fail for another reason"),
        Kind::Returns => ("≠", "would return other data"),
        Kind::Emits => ("≠", "would emit other events"),
        Kind::Gas => ("≠", "would take other gas"),
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

fn moved(one: &Movement, names: &Names) -> String {
    let what = match one.token {
        None => "wei".to_owned(),
        Some(token) => format!("of the token {}", names.long(token)),
    };
    format!(
        "{} gains {} {what}, and would gain {}",
        names.long(one.account),
        one.before,
        one.after
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

fn markdown(plan: &Plan, replay: &Replay, names: &Names) -> String {
    let mut text = title(plan);
    if let Some(reason) = &replay.not_done {
        let _ = writeln!(text, "{}.\n", summary(replay));
        let _ = writeln!(text, "**{}**", cell(&nothing_compared(reason)));
        return text;
    }
    let _ = writeln!(text, "{}; {}.\n", summary(replay), gas(replay));
    let faithful = match replay.faithful {
        true => "Without the upgrade they did exactly what they really did.".to_owned(),
        false => format!("**{}.**", unfaithful(replay)),
    };
    let _ = writeln!(text, "{faithful}\n");
    for note in replay.notes.iter().chain(&replay.behind) {
        let _ = writeln!(text, "- {}", cell(note));
    }
    for one in replay.omitted(names) {
        let _ = writeln!(text, "- {one}");
    }
    for one in &replay.unfaithful {
        let what = cell(&one.what);
        let _ = writeln!(text, "- `{}` (block {}): {what}", one.hash, one.block);
    }
    for group in &replay.differences {
        let _ = writeln!(text, "\n## {}\n", cell(&heading(group, names)));
        let _ = writeln!(
            text,
            "| transaction | block | from | call | without | with |"
        );
        let _ = writeln!(text, "|---|---|---|---|---|---|");
        for one in &group.examples {
            let _ = writeln!(text, "{}", row(one, names));
        }
    }
    if !replay.movements.is_empty() {
        let _ = writeln!(text, "\n## Ether and tokens that are moved otherwise\n");
        for one in &replay.movements {
            let _ = writeln!(text, "- {}", cell(&moved(one, names)));
        }
    }
    let _ = writeln!(text, "\n## Storage that ends otherwise\n");
    for slot in &replay.storage {
        let account = names.long(slot.account);
        let _ = writeln!(text, "- {account}: {}", cell(&ends(slot)));
    }
    if replay.storage.is_empty() {
        let _ = writeln!(text, "None.");
    }
    text
}

fn row(one: &Difference, names: &Names) -> String {
    let call = match &one.call_after {
        Some(after) => format!("{}; by the new interface {after}", one.call),
        None => one.call.clone(),
    };
    let [call, before, after] = [&call, &one.before, &one.after].map(|it| cell(it));
    let from = names.long(one.from);
    format!(
        "| `{}` | {} | {from} | {call} | {before} | {after} |",
        one.hash, one.block
    )
}

/// Text from anywhere within a line of Markdown: it begins no markup and no cell of its own.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        if "\\`*_[]<>|#&!~".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
