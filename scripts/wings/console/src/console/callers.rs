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
    let rows = all.iter().map(|change| {
        let class = match (&change.before, &change.after) {
            (None, _) => "new",
            (_, None) => "dropped",
            _ => "retyped",
        };
        let sign =
            html! { span class={ "change " (class) } { (change.sign()) " " (change.word()) } };
        [sign, side(&change.before), side(&change.after)]
    });
    let columns = ["change", "before", "after"];
    table("What changes for callers", columns, rows)
}
