//! A policy as a tree that says who approved and who is missing.

use super::page::{PageContext, address};
use crate::governance::{Node, duration};
use maud::{Markup, html};

/// The tree.
pub fn tree(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node)) } }
}

fn part(place: &PageContext, node: &Node) -> Markup {
    html! {
        @match node {
            Node::Approver { account, approved } => {
                @if *approved { li.holds { "✓ approved: " (address(place, *account)) } }
                @else { li { "○ missing: " (address(place, *account)) } }
            },
            Node::Contract { account } => {
                li { "? the contract " (address(place, *account)) " consents" }
            },
            Node::Delay { seconds } => {
                li { "◷ " (duration(*seconds)) " have passed since the others here were true" }
            },
            Node::Members { need, hold, members } => {
                li.holds[node.holds()] {
                    (words(*need, members.len())) ", " (hold) " of them so far"
                    ul { @for member in members { (part(place, member)) } }
                }
            },
            Node::None => { li { "nobody, ever again" } },
        }
    }
}

fn words(need: u8, members: usize) -> String {
    match usize::from(need) {
        need if need == members => "all of".into(),
        1 => "one of".into(),
        need => format!("{need} of"),
    }
}
