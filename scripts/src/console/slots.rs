//! Storage before and after, field by field. Each carries a sign beside its colour.

use super::page::text;
use crate::review::{Area, Change};
use maud::{Markup, html};

/// The fields of all areas.
pub fn slots(areas: &[Area]) -> Markup {
    html! {
        @for area in areas {
            @if !area.name.is_empty() { h3 { code { (text(&area.name)) } } }
            div.wide tabindex="0" role="region" aria-label="Storage, field by field" { table.stack {
                thead { tr { th scope="col" { "field" } th scope="col" { "change" }
                    th scope="col" { "type" } th scope="col" { "slot" } th scope="col" { "bytes" } } }
                tbody {
                    @for row in &area.rows {
                        tr {
                            td data-name="field" { (text(&row.side_by_side(|one| one.label.clone()))) }
                            td data-name="change" {
                                span class=(format!("change {}", class(row.change))) {
                                    (row.change.sign()) " " (row.words()) }
                                @if !row.note.is_empty() { " " (text(&row.note)) }
                            }
                            td data-name="type" { (text(&row.side_by_side(|one| one.kind.clone()))) }
                            td data-name="slot" { (text(&row.side_by_side(|one| one.slot.clone()))) }
                            td data-name="bytes" {
                                (row.side_by_side(|one| format!("{}–{}", one.offset, last(one.offset, one.size)))) }
                        }
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

/// The class of a change, of those that the style sheet knows.
const fn class(change: Change) -> &'static str {
    match change {
        Change::Unknown => "other",
        known => known.word(),
    }
}
