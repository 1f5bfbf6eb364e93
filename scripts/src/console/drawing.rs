//! Storage before and after, drawn slot by slot. Each field carries a sign beside its colour, and the
//! same stands in a table.

use super::page::text;
use super::view::{Area, Drawn};
use maud::{Markup, html};

/// Bytes of a slot.
const WORD: u64 = 32;
/// Width of a byte in the drawing.
const BYTE: u64 = 10;
/// Height of a slot.
const ROW: u64 = 24;
/// Width of the slots' numbers.
const MARGIN: u64 = 40;
/// Slots of one field that are drawn, at most.
const ROWS_MAX: u64 = 4;
/// Width of a character, about.
const CHARACTER: u64 = 7;

/// The drawing of all areas.
pub fn slots(areas: &[Area]) -> Markup {
    html! {
        @for area in areas {
            @if !area.name.is_empty() { h3 { code { (text(&area.name)) } } }
            div.sides {
                @for (title, fields) in [("before", &area.before), ("after", &area.after)] {
                    figure {
                        figcaption { (title) }
                        (svg(title, fields))
                    }
                }
            }
            div.wide tabindex="0" role="region" aria-label="Storage, field by field" { table {
                thead { tr { th scope="col" { "when" } th scope="col" { "slot" }
                    th scope="col" { "bytes" } th scope="col" { "field" }
                    th scope="col" { "type" } th scope="col" { "change" } } }
                tbody {
                    @for (when, fields) in [("before", &area.before), ("after", &area.after)] {
                        @for one in fields { tr {
                            td { (when) } td { (text(&one.slot)) }
                            td { (one.offset) "–" (one.offset + one.size.max(1) - 1) }
                            td { (text(&one.label)) } td { (text(&one.kind)) }
                            td { span class=(format!("change {}", class(&one.change))) {
                                (sign(&one.change)) " " (text(&one.changes.join(", "))) }
                                @if !one.note.is_empty() { " " (text(&one.note)) } }
                        } }
                    }
                }
            } }
        }
        @if !areas.is_empty() {
            p.legend {
                @for change in ["kept", "renamed", "moved", "retyped", "new", "dropped", "unknown"] {
                    span class=(format!("change {}", class(change))) { (sign(change)) " " (change) } " "
                }
            }
        }
    }
}

/// One side: a row for each slot that holds a field, the low-order byte on the right.
fn svg(title: &str, fields: &[Drawn]) -> Markup {
    let mut boxes = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for field in fields {
        let mut left = field.size.max(1);
        let mut offset = field.offset.min(WORD - 1);
        for part in 0..ROWS_MAX {
            let label = match part {
                0 => field.slot.clone(),
                part => format!("+{part}"),
            };
            let is_same = part == 0 && rows.last().is_some_and(|last| *last == label);
            if !is_same {
                rows.push(label);
            }
            let row = rows.len() as u64 - 1;
            let size = left.min(WORD - offset);
            boxes.push((field, row, offset, size, part));
            left -= size;
            offset = 0;
            if left == 0 {
                break;
            }
        }
    }
    let (width, height) = (MARGIN + WORD * BYTE + 2, rows.len() as u64 * ROW + 2);
    html! {
        svg viewBox=(format!("0 0 {width} {height}")) role="img"
            aria-label=(format!("storage {title}; the table below says the same")) {
            @for (row, label) in rows.iter().enumerate() {
                text.slot x=(MARGIN - 6) y=(row as u64 * ROW + 16) text-anchor="end" { (text(label)) }
                rect.word x=(MARGIN) y=(row as u64 * ROW + 1) width=(WORD * BYTE) height=(ROW - 2) {}
            }
            @for (field, row, offset, size, part) in &boxes {
                @let x = MARGIN + (WORD - offset - size) * BYTE;
                g class=(class(&field.change)) {
                    rect x=(x) y=(row * ROW + 1) width=(size * BYTE) height=(ROW - 2) {
                        title { (text(&field.label)) ": " (text(&field.kind)) ", "
                            (text(&field.changes.join(", "))) }
                    }
                    text x=(x + 4) y=(row * ROW + 16) { (shown(field, *part, size * BYTE)) }
                }
            }
        }
    }
}

/// What fits into a box: the sign, and as much of the name as there is room for.
fn shown(field: &Drawn, part: u64, width: u64) -> String {
    let room = usize::try_from(width.saturating_sub(6) / CHARACTER).unwrap_or_default();
    let name = match part {
        0 => text(&field.label),
        _ => "…".into(),
    };
    let whole = format!("{} {name}", sign(&field.change));
    whole.chars().take(room.max(1)).collect()
}

/// The sign of a change: what a colour says, without one.
fn sign(change: &str) -> &'static str {
    match change {
        "kept" => "=",
        "renamed" => "≈",
        "moved" => "↕",
        "retyped" => "~",
        "new" => "+",
        "dropped" => "×",
        _ => "?",
    }
}

/// The class of a change, of those that the style sheet knows.
fn class(change: &str) -> &'static str {
    let all = ["kept", "renamed", "moved", "retyped", "new", "dropped"];
    all.into_iter()
        .find(|one| *one == change)
        .unwrap_or("other")
}
