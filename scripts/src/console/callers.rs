//! What changes for callers: functions, events and errors before and after. Each carries a sign beside its colour.

use super::page::text;
use crate::interface::{CallerChange, CallersOfWay};
use maud::{Markup, html};

/// What changes on all ways.
pub fn callers(all: &[CallersOfWay]) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { "For callers" }
                @for way in all {
                    p { (text(&way.words())) }
                    @if !way.changes.is_empty() { (changes(&way.changes)) }
                }
            }
        }
    }
}

fn changes(all: &[CallerChange]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="What changes for callers" { table.stack {
            thead { tr { th scope="col" { "change" } th scope="col" { "before" } th scope="col" { "after" } } }
            tbody { @for one in all { tr {
                td data-name="change" {
                    span class=(format!("change {}", class(one))) { (one.sign()) " " (one.word()) } }
                td data-name="before" { (side(one.before.as_ref())) }
                td data-name="after" { (side(one.after.as_ref())) }
            } } }
        } }
    }
}

fn side(entry: Option<&String>) -> Markup {
    html! {
        @match entry {
            Some(entry) => code { (text(entry)) },
            None => "–",
        }
    }
}

/// The class of a change, of those that the style sheet knows.
const fn class(change: &CallerChange) -> &'static str {
    match (&change.before, &change.after) {
        (None, _) => "new",
        (_, None) => "dropped",
        _ => "retyped",
    }
}
