//! Whether live code, slots and views are what was recorded.

use super::definition::checks;
use super::lists::{Sizes, VerifiedPiece};
use super::page::{PageContext, failure, link, text};
use super::pieces::pieces;
use crate::assess::{Coverage, Part};
use crate::history::{LiveCheck, VerifyReport};
use crate::text::count;
use maud::{Markup, html};

/// The page.
pub fn verify(found: &VerifyReport) -> Markup {
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
fn coverage(found: &Coverage) -> Markup {
    html! {
        section {
            h2 { "How much could be checked" }
            dl.fields {
                @for part in Part::ALL {
                    @if let Some(extent) = found.of(part) { dt { (part) } dd { (extent.word()) } }
                }
            }
        }
    }
}

/// Which definition is compared: there is too much for one page.
pub fn choice(place: &PageContext, sizes: &Sizes) -> Markup {
    html! {
        h1 { "Verify" }
        p { "There is too much to compare on one page. Choose a definition: its versions and instances are \
            compared in pieces. The command compares everything: " code { "stylus-upgrades verify" } }
        ul {
            @for one in &sizes.definitions {
                li { (link(place, "/verify", &[("name", &one.name)], &one.name)) ": "
                    (count(one.versions, "version")) ", " (count(one.instances, "instance")) }
            }
        }
    }
}

/// What was compared of a piece of a definition.
pub fn piece(place: &PageContext, found: &VerifiedPiece) -> Markup {
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
            @if versions.is_part() { p { "versions" } }
            (pieces(place, ("/verify", &beside_versions), "versions", versions))
            @if instances.is_part() { p { "instances" } }
            (pieces(place, ("/verify", &beside_instances), "instances", instances))
            @if versions.is_part() || instances.is_part() {
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
