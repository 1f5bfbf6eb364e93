//! Figures in git: a map from a description, which ends with its unit, to a number.
//!
//! A figure that differs from the file fails; `STYLUS_UPGRADES_UPDATE=1` writes the file again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use stylus_upgrades::text;
use stylus_upgrades_harness::home;

/// Figures by sentence.
pub type Figures = BTreeMap<String, u64>;

/// Compares `figures` with `tests/snapshots/NAME.json`, or writes them there.
///
/// # Errors
/// The differences, line by line, or what keeps the file from being read or written.
pub fn check(
    name: &str,
    tools: &BTreeMap<String, String>,
    figures: &Figures,
) -> Result<(), String> {
    if stylus_upgrades_test_support::update() {
        return write(name, &json!({ "tools": tools, "figures": figures }));
    }
    let recorded = read(name)?;
    let mut differences = difference(&recorded["figures"], &json!(figures));
    differences.push_str(&difference(&recorded["tools"], &json!(tools)));
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} differs:\n{differences}accept with STYLUS_UPGRADES_UPDATE=1",
        file(name).display()
    ))
}

/// Writes `figures` to `tests/snapshots/NAME.json` with the day: the last result of what takes too
/// long for every run.
///
/// # Errors
/// What keeps the file from being written.
pub fn record(
    name: &str,
    tools: &BTreeMap<String, String>,
    figures: &Figures,
) -> Result<(), String> {
    write(name, &taken(tools, figures)?)
}

/// The same of one part of it: what the file has of others stays.
///
/// # Errors
/// What keeps the file from being read or written.
pub fn record_part(
    name: &str,
    part: &str,
    tools: &BTreeMap<String, String>,
    figures: &Figures,
) -> Result<(), String> {
    let mut all = match file(name).exists() {
        true => read(name)?,
        false => json!({}),
    };
    all[part] = taken(tools, figures)?;
    write(name, &all)
}

fn taken(tools: &BTreeMap<String, String>, figures: &Figures) -> Result<Value, String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|error| error.to_string())?;
    Ok(json!({ "at": text::utc(now.as_secs()), "tools": tools, "figures": figures }))
}

fn write(name: &str, taken: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(taken).map_err(|error| error.to_string())?;
    std::fs::write(file(name), text + "\n").map_err(|error| failed(name, &error))
}

fn read(name: &str) -> Result<Value, String> {
    let text = std::fs::read_to_string(file(name)).map_err(|error| failed(name, &error))?;
    serde_json::from_str(&text).map_err(|error| failed(name, &error))
}

fn failed(name: &str, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file(name).display())
}

/// What [`record`] wrote.
///
/// # Errors
/// What keeps the file from being read, or that it has no such figure.
pub fn recorded(name: &str, figure: &str) -> Result<u64, String> {
    let found = read(name)?["figures"][figure].as_u64();
    found.ok_or_else(|| failed(name, &format!("it has no {figure:?}")))
}

/// One line per key that differs.
fn difference(recorded: &Value, found: &Value) -> String {
    let empty = serde_json::Map::new();
    let recorded = recorded.as_object().unwrap_or(&empty);
    let found = found.as_object().unwrap_or(&empty);
    let mut keys: Vec<&String> = recorded.keys().chain(found.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut lines = String::new();
    for key in keys {
        let (before, now) = (recorded.get(key), found.get(key));
        if before != now {
            let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            let _ = writeln!(
                lines,
                "  {key}: recorded {}, found {}",
                show(before),
                show(now)
            );
        }
    }
    lines
}

fn file(name: &str) -> PathBuf {
    home().join("tests/snapshots").join(format!("{name}.json"))
}
