//! The frames as a flame graph in speedscope's format, which <https://www.speedscope.app>, its offline copy and inferno's
//! readers draw: each call is as wide as the gas that it used, and stands below its caller.

use super::named::Named;
use crate::ids::TxHash;
use crate::output::visible;
use crate::text::grouped;
use serde::{Deserialize, Serialize};

/// The format.
const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";
/// Who writes it: what [`is_flamegraph`] looks for.
const EXPORTER: &str = "stylus-upgrades";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: String,
    shared: Shared,
    profiles: [Profile; 1],
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Call>,
}

/// A call, once for each time that it was made.
#[derive(Serialize)]
struct Call {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    events: Vec<Event>,
}

/// Where a call begins or ends, in units of gas from the first one's beginning.
#[derive(Serialize)]
struct Event {
    #[serde(rename = "type")]
    kind: char,
    frame: usize,
    at: u64,
}

/// What tells our file from another.
#[derive(Deserialize)]
struct Written {
    exporter: String,
}

/// Whether a file is one that [`flamegraph`] wrote.
pub fn is_flamegraph(text: &str) -> bool {
    serde_json::from_str::<Written>(text).is_ok_and(|written| written.exporter == EXPORTER)
}

/// The frames of a transaction. A call ends with its caller at the latest: what was paid back can make a caller use
/// less than its calls.
pub fn flamegraph(tx: TxHash, chain_id: u64, frames: &[Named]) -> String {
    let end_value = frames.first().map_or(0, |root| root.frame.gas_used);
    let mut events = Vec::new();
    // The calls that are open, each with its end.
    let mut open: Vec<(usize, u64)> = Vec::new();
    let mut now = 0;
    for (frame, one) in frames.iter().enumerate() {
        while open.len() > one.frame.depth {
            now = close(&mut open, &mut events).unwrap_or(now);
        }
        let caller_ends = open.last().map_or(end_value, |(_, end)| *end);
        let end = now.saturating_add(one.frame.gas_used).min(caller_ends);
        let kind = 'O';
        events.push(Event {
            kind,
            frame,
            at: now,
        });
        open.push((frame, end));
    }
    while close(&mut open, &mut events).is_some() {}
    let file = File {
        schema: SCHEMA,
        exporter: EXPORTER,
        name: format!("{tx} of chain {chain_id}, by gas"),
        shared: Shared {
            frames: frames.iter().map(|one| Call { name: name(one) }).collect(),
        },
        profiles: [Profile {
            kind: "evented",
            name: "gas",
            unit: "none",
            start_value: 0,
            end_value,
            events,
        }],
    };
    serde_json::to_string(&file).unwrap_or_default()
}

/// Ends the innermost call; where that is.
fn close(open: &mut Vec<(usize, u64)>, events: &mut Vec<Event>) -> Option<u64> {
    let (frame, at) = open.pop()?;
    events.push(Event {
        kind: 'C',
        frame,
        at,
    });
    Some(at)
}

/// The call on one line, with its ink.
fn name(call: &Named) -> String {
    let ink = call.frame.ink;
    let ink = ink.map(|ink| format!(", {} ink", grouped(ink.used)));
    let line = call.line();
    format!("{}{}", visible(&line), ink.unwrap_or_default())
}
