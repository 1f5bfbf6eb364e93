//! What an instance stores: a bar for each field, and what nobody can explain.

use super::page::{PageContext, address, cell, code, table, text};
use crate::census::CensusPage;
use crate::text::grouped;
use maud::{Markup, html};

/// The page.
pub fn census(place: &PageContext, found: &CensusPage) -> Markup {
    let most = found.fields.iter().map(|one| one.bytes).max().unwrap_or(1);
    let fields = found.fields.iter().map(|one| {
        let label = format!("bytes of {}", text(&one.name));
        [
            html! { (text(&one.name)) @if !one.area.is_empty() { br; (code(&one.area)) } },
            cell(&one.kind),
            cell(&grouped(one.entries)),
            cell(&grouped(one.slots)),
            cell(&grouped(one.bytes)),
            html! { progress max=(most) value=(one.bytes) aria-label=(label) {} },
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
