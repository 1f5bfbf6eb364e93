//! What an instance stores: a bar for each field, and what nobody can explain.

use super::page::{PageContext, address, text};
use crate::census::Census;
use crate::text::grouped;
use maud::{Markup, html};

/// The page.
pub fn census(place: &PageContext, found: &Census) -> Markup {
    let most = found.stored().map(|one| one.bytes).max().unwrap_or(1);
    html! {
        h1 { "Census of " (address(place, found.proxy)) }
        @for line in found.heading(&place.names) { p { (text(&line)) } }
        div.wide tabindex="0" role="region" aria-label="Fields" { table {
            thead { tr { th scope="col" { "field" } th scope="col" { "type" } th scope="col" { "entries" }
                th scope="col" { "slots" } th scope="col" { "bytes" } th scope="col" { "share" } } }
            tbody {
                @for one in found.stored() { tr {
                    td { (text(&one.name)) @if !one.area.is_empty() { br; code { (text(&one.area)) } } }
                    td { (text(&one.kind)) }
                    td { (grouped(one.entries)) }
                    td { (grouped(one.slots)) }
                    td { (grouped(one.bytes)) }
                    td { progress max=(most) value=(one.bytes) aria-label=(format!("bytes of {}", text(&one.name))) {} }
                } }
            }
        } }
        @for line in found.findings() { p { (text(&line)) } }
    }
}
