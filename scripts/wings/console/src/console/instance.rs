//! One instance: where it is, the way to the current version, what it stores, what happened to it.

use super::action::timeline;
use super::page::{PageContext, address, card, cell, code, findings, link, state, table, text};
use super::slots::bytes;
use crate::assess::Severity;
use crate::inspect::{FieldValue, Inspection, MigrationStatus, Steps};
use crate::text::word;
use maud::{Markup, html};

/// The page.
pub fn instance(place: &PageContext, found: &Inspection) -> Markup {
    let (status, instance) = (&found.instance, &found.instance.instance);
    html! {
        h1 { "Instance " (address(place, instance.proxy)) }
        section.band { dl.fields {
            dt { "definition" }
            dd { (link(place, "/definition", &[("name", &instance.definition)], &instance.definition)) }
            dt { "version" } dd { (text(&instance.version)) }
            dt { "kind" } dd { (instance.kind) }
            dt { "state" } dd { (state(instance.state.word())) }
            dt { "implementation" } dd { (address(place, status.implementation)) }
            dt { "registry that it names" } dd {
                @match status.registry {
                    Some(registry) => (address(place, registry)),
                    None => "none: its code alone decides who replaces it",
                }
            }
            dt { "read at block" } dd { (found.block) }
        } }
        @if !found.findings.is_empty() {
            section { h2 { "Findings" } (findings(&found.findings)) }
        }
        @if let Some(migration) = &found.migration { (progress(place, migration)) }
        section {
            h2 { "The path to the current version" }
            (path(found))
        }
        section {
            h2 { "Storage" }
            p { (link(place, "/census", &[("proxy", &instance.proxy.to_string())], "Every slot, counted and proven")) }
            @if let Some(why) = &found.fields_unknown {
                (card(Severity::Unknown, &html! { "not all of it is known: " (text(why)) }))
            }
            (storage("Variables", &found.fields))
            details { summary { "What the proxy keeps" } (storage("What the proxy keeps", &found.framework)) }
        }
        section {
            h2 { "History" }
            (timeline(place, &found.entries, None))
        }
    }
}

/// A complex migration under way.
fn progress(place: &PageContext, migration: &MigrationStatus) -> Markup {
    html! {
        section.band.warning {
            h2 { "Migration " (text(&migration.from)) " → " (text(&migration.to))
                @if migration.back { ", rolling back" } }
            label for="bar" { (migration.done) " of " (migration.total) " items" }
            " " progress #bar max=(migration.total.max(1)) value=(migration.done) {}
            p { "handler " (address(place, migration.handler)) }
            p { "next: " code { (text(&migration.next)) } }
        }
    }
}

fn path(found: &Inspection) -> Markup {
    html! {
        @match &found.steps {
            Steps::Arrived => p { "It is at the current version." },
            Steps::Ahead(command) => {
                (card(Severity::Warning, &html! { "it is ahead of the current version "
                    b { (text(&found.current)) } "; " code { (text(command)) } " makes its version current" }))
            },
            Steps::Refused(why) => {
                (card(Severity::Warning, &html! { "no path leads to the current version "
                    b { (text(&found.current)) } ": " (text(why)) }))
            },
            Steps::Path(steps) => {
                p { "The current version is " b { (text(&found.current)) } "." }
                ol {
                    @for step in steps {
                        li { (text(&step.from)) " → " b { (text(&step.to)) } ": " (text(&step.runs)) }
                    }
                }
            },
        }
    }
}

fn storage(label: &str, fields: &[FieldValue]) -> Markup {
    let rows = fields.iter().map(|field| {
        let is_area = field.area.starts_with("erc7201:");
        [
            html! { (text(&field.name)) @if is_area { br; (code(&field.area)) } },
            cell(&field.kind),
            code(&field.value),
            code(&word(&field.slot)),
            cell(&bytes(field.offset, field.size)),
        ]
    });
    let columns = ["variable", "type", "value", "slot", "bytes"];
    html! {
        @if fields.is_empty() { p { "None is known." } }
        @else { (table(label, columns, rows)) }
    }
}
