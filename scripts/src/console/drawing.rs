//! Storage before and after, drawn slot by slot. Each field carries a sign beside its colour, and the
//! same stands in a table.

use super::page::text;
use crate::review::{Area, Change, Drawn};
use maud::{Markup, PreEscaped, html};

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
            div.wide tabindex="0" role="region" aria-label="Storage, field by field" { table.stack {
                thead { tr { th scope="col" { "when" } th scope="col" { "field" }
                    th scope="col" { "change" } th scope="col" { "type" }
                    th scope="col" { "slot" } th scope="col" { "bytes" } } }
                tbody {
                    @for (when, fields) in [("before", &area.before), ("after", &area.after)] {
                        @for one in fields { tr {
                            td { (when) }
                            td data-name="field" { (text(&one.label)) }
                            td data-name="change" {
                                span class=(format!("change {}", class(one.change))) {
                                    (one.change.sign()) " " (one.words()) }
                                @if !one.note.is_empty() { " " (text(&one.note)) }
                            }
                            td data-name="type" { (text(&one.kind)) }
                            td data-name="slot" { (text(&one.slot)) }
                            td data-name="bytes" { (one.offset) "–" (last(one.offset, one.size)) }
                        } }
                    }
                }
            } }
        }
        @if !areas.is_empty() {
            p.legend {
                @for change in Change::ALL {
                    span class=(format!("change {}", class(change))) {
                        (change.sign()) " " (change.word()) } " "
                }
            }
        }
    }
}

/// The last of so many bytes, counted as the first one is.
pub(super) const fn last(first: u64, size: u64) -> u64 {
    first.saturating_add(size.saturating_sub(1))
}

/// A field, or a part of one, in its row.
struct Part<'a> {
    field: &'a Drawn,
    row: u64,
    offset: u64,
    size: u64,
    /// Which slot of the field it is.
    part: u64,
}

/// The rows of one side, by their labels, and what stands in them.
fn rows(fields: &[Drawn]) -> (Vec<String>, Vec<Part<'_>>) {
    let mut parts = Vec::new();
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
            parts.push(Part {
                field,
                row,
                offset,
                size,
                part,
            });
            left -= size;
            offset = 0;
            if left == 0 {
                break;
            }
        }
        if left > 0 {
            parts.push(Part {
                field,
                row: rows.len() as u64,
                offset: 0,
                size: WORD,
                part: ROWS_MAX,
            });
            rows.push("…".into());
        }
    }
    (rows, parts)
}

/// Width of one side.
const SIDE: u64 = MARGIN + WORD * BYTE + 2;

/// One side: a row for each slot that holds a field, the low-order byte on the right.
fn svg(title: &str, fields: &[Drawn]) -> Markup {
    let (rows, parts) = rows(fields);
    let height = rows.len() as u64 * ROW + 2;
    html! {
        svg viewBox=(format!("0 0 {SIDE} {height}")) role="img"
            aria-label=(format!("storage {title}; the table below says the same")) {
            (side(&rows, &parts))
        }
    }
}

fn side(rows: &[String], parts: &[Part<'_>]) -> Markup {
    html! {
        @for (row, label) in rows.iter().enumerate() {
            text.slot x=(MARGIN - 6) y=(row as u64 * ROW + 16) text-anchor="end" { (text(label)) }
            rect.word x=(MARGIN) y=(row as u64 * ROW + 1) width=(WORD * BYTE) height=(ROW - 2) {}
        }
        @for Part { field, row, offset, size, part } in parts {
            @let x = MARGIN + (WORD - offset - size) * BYTE;
            g class=(class(field.change)) {
                rect x=(x) y=(row * ROW + 1) width=(size * BYTE) height=(ROW - 2) {
                    title { (text(&field.label)) ": " (text(&field.kind)) ", " (field.words()) }
                }
                text x=(x + 4) y=(row * ROW + 16) { (shown(field, *part, size * BYTE)) }
            }
        }
    }
}

/// What the drawing in a file begins with.
const MARK: &str = "<!-- a drawing of stylus-upgrades -->\n";
/// How it looks: nothing is loaded.
const STYLE: &str = "text{font:12px ui-monospace,monospace;fill:#16181d}.title{font-weight:700}\
    .back{fill:#fff}.word{fill:none;stroke:#767c88;stroke-dasharray:2 3}g rect{stroke:#767c88}\
    .kept{fill:#e4e7ec}.moved{fill:#cfe0ff}.retyped{fill:#ffe3b8}.new{fill:#c9f0d3}.extended{fill:#d9ecc4}\
    .dropped{fill:#ffd3d3}.renamed{fill:#e7dafc}.other{fill:#f1f3f6}";

/// Whether a file is such a drawing.
pub fn is_drawing(content: &str) -> bool {
    content.starts_with(MARK)
}

/// Both sides of all areas as a file of its own.
pub fn file(areas: &[Area]) -> String {
    let (mut top, mut content) = (ROW, Vec::new());
    for area in areas {
        let (before, after) = (rows(&area.before), rows(&area.after));
        let height = before.0.len().max(after.0.len()) as u64 * ROW;
        let name = match area.name.as_str() {
            "" => "storage",
            name => name,
        };
        content.push(html! {
            text.title x=(MARGIN) y=(top) { (text(name)) }
            @for (left, title, (rows, parts)) in [(0, "before", &before), (SIDE + ROW, "after", &after)] {
                g transform=(format!("translate({left} {top})")) {
                    text x=(MARGIN) y=(ROW - 6) { (title) }
                    g transform=(format!("translate(0 {ROW})")) { (side(rows, parts)) }
                }
            }
        });
        top += height + 3 * ROW;
    }
    let width = SIDE * 2 + 2 * ROW;
    let signs = Change::ALL.map(|change| format!("{} {}", change.sign(), change.word()));
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(top + ROW)
            viewBox=(format!("0 0 {width} {}", top + ROW)) role="img" aria-label="storage before and after" {
            style { (PreEscaped(STYLE)) }
            rect.back width=(width) height=(top + ROW) {}
            @for one in &content { (one) }
            text x=(MARGIN) y=(top) { (signs.join("   ")) }
        }
    };
    format!("{MARK}{}\n", drawing.into_string())
}

/// What fits into a box: the sign, and as much of the name as there is room for.
fn shown(field: &Drawn, part: u64, width: u64) -> String {
    let room = usize::try_from(width.saturating_sub(6) / CHARACTER).unwrap_or_default();
    let name = match part {
        0 => text(&field.label),
        _ => "…".into(),
    };
    let whole = format!("{} {name}", field.change.sign());
    whole.chars().take(room.max(1)).collect()
}

/// The class of a change, of those that the style sheet knows.
const fn class(change: Change) -> &'static str {
    match change {
        Change::Unknown => "other",
        known => known.word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_any_size_are_drawn_and_what_is_left_out_has_a_mark() {
        let field = |offset, size| Drawn {
            label: "huge".into(),
            kind: "t".into(),
            slot: "1".into(),
            offset,
            size,
            change: Change::New,
            changes: vec![Change::New],
            note: String::new(),
        };
        let area = Area {
            name: String::new(),
            before: vec![field(5, u64::MAX), field(u64::MAX, u64::MAX)],
            after: vec![field(0, 4 * WORD), field(0, 0)],
        };
        let (labels, _) = rows(&area.before[..1]);
        assert_eq!(labels, ["1", "+1", "+2", "+3", "…"]);
        let (labels, _) = rows(&area.after[..1]);
        assert_eq!(labels, ["1", "+1", "+2", "+3"], "all of it is drawn");
        let areas = [area];
        let table = slots(&areas).into_string();
        assert!(table.contains("5–18446744073709551615"), "{table}");
        assert!(file(&areas).ends_with("</svg>\n"));
    }
}
