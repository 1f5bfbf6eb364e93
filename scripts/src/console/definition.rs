//! One definition: versions and steps, instances, policies, what waits, what happened.

use super::action::timeline;
use super::graph::{graph, words};
use super::overview::actions;
use super::page::{PageContext, address, addresses, instances, text};
use super::view::{Check, Definition, History, Pending, Policies, Waiting};
use maud::{Markup, html};

/// What the page shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The definition; `None` for the registry itself.
    pub definition: Option<&'a Definition>,
    /// Its policies.
    pub policies: &'a Policies,
    /// What is open.
    pub pending: &'a Pending,
    /// What happened, and whether it still holds.
    pub history: &'a History,
}

/// The page.
pub fn definition(place: &PageContext, shown: &Shown<'_>) -> Markup {
    let open: Vec<&Waiting> = shown.pending.actions.iter().collect();
    let title = shown
        .definition
        .map_or("The registry itself", |one| one.name.as_str());
    html! {
        h1 { (text(title)) }
        @if let Some(one) = shown.definition {
            p { "current " b { (text(&one.current)) } ", sequence " (one.sequence) ", " (one.state) }
            (versions(place, one))
            section {
                h2 { "Instances" }
                @if one.instances.is_empty() { p { "None yet." } }
                @else { (instances(place, &one.instances)) }
            }
        }
        section {
            h2 { "Waits" }
            @if open.is_empty() { p { "Nothing is open." } } @else { (actions(place, &open)) }
        }
        section {
            h2 { "Who decides" }
            dl.fields {
                @for policy in &shown.policies.policies {
                    dt { (text(&policy.role)) }
                    dd {
                        code { (text(&policy.named)) }
                        @if let Some(fewest) = policy.fewest {
                            br; "at least " (fewest) " approvals; alone: "
                            (addresses(place, &policy.alone))
                        }
                    }
                }
            }
        }
        section {
            h2 { "Whether it still holds" }
            (checks(&shown.history.checks))
        }
        section {
            h2 { "What happened" }
            (timeline(place, &shown.history.entries))
        }
    }
}

/// Versions, with the steps into each.
fn versions(place: &PageContext, one: &Definition) -> Markup {
    html! {
        section {
            h2 { "Versions" }
            (graph(one))
            ol.versions {
                @for version in &one.versions {
                    @let at = one.instances.iter().filter(|i| i.version == version.version).count();
                    li.current[version.version == one.current] {
                        b { (text(&version.version)) }
                        @if version.version == one.current { " (current)" }
                        ", " (at) " instances"
                        @let steps: Vec<_> = version.steps.iter().filter(|one| !one.from.is_empty()).collect();
                        @if steps.is_empty() { ", instances are created at it" }
                        @for step in steps {
                            br; (text(&step.from)) " → " (text(&version.version)) ": " (words(&step.kind))
                        }
                        br; "code " (address(place, version.implementation))
                        br; "hash " code.address { (version.codehash) }
                    }
                }
            }
        }
    }
}

/// What was compared with the chain.
pub fn checks(all: &[Check]) -> Markup {
    html! {
        ul.checks {
            @for one in all {
                li {
                    @if one.ok { "✓ " (text(&one.what)) ": " (text(&one.found)) }
                    @else { b { "✗ " (text(&one.what)) } ": expected " (text(&one.expected))
                        ", found " (text(&one.found)) }
                }
            }
        }
    }
}
