//! Whether live code, slots and views are what was recorded.

use super::definition::checks;
use super::page::{PageContext, failure, link, text};
use super::pieces::pieces;
use super::view::{Compared, Sizes, Verified};
use crate::history::LiveCheck;
use crate::text::grouped;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The page.
pub fn verify(found: &Verified) -> Markup {
    html! {
        h1 { "Verify" }
        @if let Some(error) = &found.error { (failure(error)) }
        section {
            h2 { "Checks" }
            (checks(&found.checks))
        }
        (coverage(&found.coverage))
    }
}

/// How much of each part could be checked.
fn coverage(found: &BTreeMap<String, String>) -> Markup {
    html! {
        @if !found.is_empty() {
            section {
                h2 { "How much could be checked" }
                dl.fields {
                    @for (part, extent) in found { dt { (text(part)) } dd { (text(extent)) } }
                }
            }
        }
    }
}

/// Which definition is compared: there is too much for one page.
pub fn choice(place: &PageContext, sizes: &Sizes) -> Markup {
    let number = |number: usize| grouped(u64::try_from(number).unwrap_or(u64::MAX));
    html! {
        h1 { "Verify" }
        p { "There is too much to compare on one page. Choose a definition: its versions and instances are \
            compared in pieces. The command compares everything: " code { "stylus-upgrades verify" } }
        ul {
            @for one in &sizes.definitions {
                li { (link(place, "/verify", &[("name", &one.name)], &one.name)) ": "
                    (number(one.versions)) " versions, " (number(one.instances)) " instances" }
            }
        }
    }
}

/// What was compared of a piece of a definition.
pub fn piece(place: &PageContext, found: &Compared) -> Markup {
    let (versions, instances) = (&found.versions_piece, &found.instances_piece);
    let (of_versions, of_instances) = (versions.from.to_string(), instances.from.to_string());
    let name = ("name", found.name.as_str());
    let beside_versions = [name, ("instances", of_instances.as_str())];
    let beside_instances = [name, ("versions", of_versions.as_str())];
    let (bad, good): (Vec<&LiveCheck>, Vec<&LiveCheck>) =
        found.checks.iter().partition(|one| !one.ok);
    html! {
        h1 { "Verify " (text(&found.name)) }
        @if let Some(error) = &found.error { (failure(error)) }
        section {
            h2 { "Which versions and instances" }
            @if versions.count < versions.total { p { "versions" } }
            (pieces(place, ("/verify", &beside_versions), "versions", versions))
            @if instances.count < instances.total { p { "instances" } }
            (pieces(place, ("/verify", &beside_instances), "instances", instances))
            @if versions.count < versions.total || instances.count < instances.total {
                p.card.unknown { span.weight { "? not checked" } " the others: the command compares all, "
                    code { "stylus-upgrades verify" } }
            }
        }
        section {
            h2 { "Checks" }
            (checks(bad.into_iter().chain(good)))
        }
        (coverage(&found.coverage))
    }
}
