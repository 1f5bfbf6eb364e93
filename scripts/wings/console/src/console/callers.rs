//! The changes for callers: functions, events and errors before and after. Each carries a sign beside its color.

use super::page::{code, table, text};
use crate::interface::{CallerChange, CallersOfWay};
use maud::{Markup, html};

/// Draws what changes on all ways.
pub fn callers(all: &[CallersOfWay]) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { "What changes for callers" }
                @for way in all {
                    p { (text(&way.words())) }
                    @if !way.changes.is_empty() { (changes(&way.changes)) }
                }
            }
        }
    }
}

fn changes(all: &[CallerChange]) -> Markup {
    let side = |entry: &Option<String>| entry.as_deref().map_or(html! { "–" }, code);
    let rows = all.iter().map(|one| {
        let class = match (&one.before, &one.after) {
            (None, _) => "new",
            (_, None) => "dropped",
            _ => "retyped",
        };
        let change = html! { span class={ "change " (class) } { (one.sign()) " " (one.word()) } };
        [change, side(&one.before), side(&one.after)]
    });
    let columns = ["change", "before", "after"];
    table("What changes for callers", columns, rows)
}
