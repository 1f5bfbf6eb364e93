//! A policy as a tree: of an action, with who approved and who is missing, or alone.

use super::page::{PageContext, address};
use crate::governance::{Node, duration};
use maud::{Markup, html};

/// The tree of an action: who approved, who is missing.
pub fn tree(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, true)) } }
}

/// The tree of a policy by itself: who is needed.
pub fn tree_alone(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, false)) } }
}

fn part(place: &PageContext, node: &Node, is_of_action: bool) -> Markup {
    html! {
        @match node {
            Node::Approver { account, approved } if !is_of_action => {
                @if *approved { li.holds { "✓ " (address(place, *account)) } }
                @else { li { "○ " (address(place, *account)) } }
            },
            Node::Approver { account, approved } => {
                @if *approved { li.holds { "✓ approved: " (address(place, *account)) } }
                @else { li { "○ missing: " (address(place, *account)) } }
            },
            Node::Contract { account } => {
                li { "? the contract " (address(place, *account)) " consents" }
            },
            Node::Delay { seconds } => {
                li { "◷ " (duration(*seconds)) " after the others here are satisfied" }
            },
            Node::Members { need, hold, members } => {
                li.holds[node.holds()] {
                    (words(*need, members.len()))
                    @if is_of_action { ", " (hold) " of them so far" }
                    ul { @for member in members { (part(place, member, is_of_action)) } }
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
