//! The first page: what there is, what waits, what ends soon.

use super::page::{PageContext, address, finding, link, text, time};
use super::view::{Definition, Pending, Status, Waiting};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The page.
pub fn overview(place: &PageContext, status: &Status, pending: &Pending) -> Markup {
    let is_mine = |one: &&Waiting| {
        let account = place.account;
        account.is_some_and(|account| one.readiness.missing.contains(&account))
    };
    let mine: Vec<&Waiting> = pending.actions.iter().filter(is_mine).collect();
    html! {
        h1 { "Overview" }
        @if place.account.is_some() {
            section {
                h2.mine { "Waits for you" }
                @if mine.is_empty() { p { "Nothing waits for this account." } }
                @else { (actions(place, &mine)) }
            }
        }
        section {
            h2 { "Waits" }
            @if pending.actions.is_empty() { p { "Nothing is open." } }
            @else { (actions(place, &pending.actions.iter().collect::<Vec<_>>())) }
        }
        section {
            h2 { "Definitions" }
            @if status.definitions.is_empty() { p { "The registry has no definition." } }
            @for one in &status.definitions { (definition(place, one)) }
            p { (link(place, "/definition", &[("name", "")], "The registry itself")) }
        }
        section {
            h2 { "Ends soon, or does not run" }
            @if status.warnings.is_empty() {
                p { "Nothing of what runs ends within 60 days." }
            }
            @for one in &status.warnings { (finding(one)) }
        }
    }
}

/// Actions as a list.
pub fn actions(place: &PageContext, all: &[&Waiting]) -> Markup {
    html! {
        ul.actions {
            @for one in all {
                li.card {
                    h3 {
                        @match &one.display {
                            Some(display) => {
                                (link(place, "/action", &[("id", &one.action.to_string())],
                                    &headline(display)))
                            },
                            None => { span.weight { "danger" } " bytes that nobody should approve" },
                        }
                    }
                    p { b { (one.readiness.approvals) "/" (one.readiness.required) }
                        " approvals, blocked by " (text(&one.readiness.blocked_by))
                        ", open until " (time(one.readiness.expires)) }
                    p { "proposed by " (address(place, one.proposer)) }
                    @if let Some(why) = &one.unreadable { p { (text(why)) } }
                }
            }
        }
    }
}

/// What an action does, in a few words.
fn headline(display: &crate::governance::Display) -> String {
    let of = match display.definition.as_str() {
        "" => "the registry itself",
        name => name,
    };
    let version = display.fields.iter().find(|field| field.name == "version");
    match version {
        Some(version) => format!("{} of {of}: {}", display.function, version.value),
        None => format!("{} of {of}", display.function),
    }
}

fn definition(place: &PageContext, one: &Definition) -> Markup {
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in &one.instances {
        *at.entry(&instance.version).or_default() += 1;
    }
    let current = match one.current.as_str() {
        "" => "no version yet",
        current => current,
    };
    html! {
        article.card {
            h3 { (link(place, "/definition", &[("name", &one.name)], &one.name)) }
            p { "current " b { (text(current)) } ", " (one.state) ", "
                (one.versions.len()) " versions, " (one.instances.len()) " instances" }
            @if !at.is_empty() {
                ul {
                    @for (version, count) in &at { li { (count) " at " (text(version)) } }
                }
            }
        }
    }
}
