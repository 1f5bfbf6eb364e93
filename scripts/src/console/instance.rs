//! One instance.

use super::page::{PageContext, address, finding, link, text};
use super::view::{Instance, Status};
use maud::{Markup, html};

/// The page.
pub fn instance(place: &PageContext, status: &Status, one: &Instance) -> Markup {
    html! {
        h1 { "Instance " (address(place, one.proxy)) }
        dl.fields {
            dt { "definition" }
            dd { (link(place, "/definition", &[("name", &one.definition)], &one.definition)) }
            dt { "version" } dd { (text(&one.version)) }
            dt { "kind" } dd { (one.kind) }
            dt { "state" } dd { (one.state) }
            dt { "implementation" } dd { (address(place, one.implementation)) }
            dt { "registry that it names" } dd { (address(place, one.registry)) }
        }
        @if let Some(way) = &status.migration {
            section.card {
                h2 { "Migration " (text(&way.from)) " → " (text(&way.to))
                    @if way.back { ", turning back" } }
                label for="bar" { (way.done) " of " (way.total) " items" }
                " " progress #bar max=(way.total) value=(way.done) {}
                p { "handler " (address(place, way.handler)) }
                p { "next: " code { (text(&way.next)) } }
            }
        }
        @for one in &status.warnings { (finding(one)) }
    }
}
