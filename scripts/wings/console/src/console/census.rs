//! The storage of an instance: a bar for each field, and what nobody can explain.

use super::page::{PageContext, address, cell, code, table, text};
use crate::census::CensusPage;
use crate::text::grouped;
use maud::{Markup, html};

/// The page.
pub fn census(place: &PageContext, found: &CensusPage) -> Markup {
    let most = found
        .fields
        .iter()
        .map(|field| field.bytes)
        .max()
        .unwrap_or(1);
    let fields = found.fields.iter().map(|field| {
        let label = format!("bytes of {}", text(&field.name));
        [
            html! { (text(&field.name)) @if !field.area.is_empty() { br; (code(&field.area)) } },
            cell(&field.kind),
            cell(&grouped(field.entries)),
            cell(&grouped(field.slots)),
            cell(&grouped(field.bytes)),
            html! { progress max=(most) value=(field.bytes) aria-label=(label) {} },
        ]
    });
    let columns = ["field", "type", "entries", "slots", "bytes", "share"];
    html! {
        h1 { "Census of " (address(place, found.proxy)) }
        section.band {
            @for line in &found.heading { p { (text(line)) } }
        }
        section { h2 { "Fields" } (table("Fields", columns, fields)) }
        @if !found.findings.is_empty() {
            section { h2 { "Findings" } @for line in &found.findings { p { (text(line)) } } }
        }
    }
}
