//! Storage before and after, field by field. Each carries a sign beside its color.

use super::page::{cell, code, table, text};
use crate::review::{Area, Change, Row};
use crate::text::count;
use maud::{Markup, html};

/// The fields of all areas: those that change, and the others folded.
pub fn slots(areas: &[Area]) -> Markup {
    let is_kept = |row: &&Row| row.change == Change::Kept;
    html! {
        @for area in areas {
            @let (kept, changed): (Vec<&Row>, Vec<&Row>) = area.rows.iter().partition(is_kept);
            @if !area.name.is_empty() { h3 { (code(&area.name)) } }
            @if !changed.is_empty() { (fields(&changed)) }
            @if !kept.is_empty() {
                details { summary { "= " (count(kept.len(), "field")) " kept" } (fields(&kept)) }
            }
        }
    }
}

fn fields(rows: &[&Row]) -> Markup {
    let columns = ["field", "change", "type", "slot", "bytes"];
    let rows = rows.iter().map(|row| {
        let bytes = row.side_by_side(|field| bytes(field.offset, field.size));
        [
            cell(&row.side_by_side(|field| field.label.clone())),
            html! {
                (sign(row.change, &row.words()))
                @if !row.note.is_empty() { " " (text(&row.note)) }
            },
            cell(&row.side_by_side(|field| field.kind.clone())),
            cell(&row.side_by_side(|field| field.slot.clone())),
            cell(&bytes),
        ]
    });
    table("Storage, field by field", columns, rows)
}

/// The first and the last of `size` bytes.
pub(super) fn bytes(first: u64, size: u64) -> String {
    let last = first.saturating_add(size.saturating_sub(1));
    format!("{first}–{last}")
}

/// A change with its sign; its class is one of those that the style sheet knows.
fn sign(change: Change, words: &str) -> Markup {
    let class = match change {
        Change::Unknown => "other",
        known => known.word(),
    };
    html! { span class={ "change " (class) } { (change.sign()) " " (words) } }
}
