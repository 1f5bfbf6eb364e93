//! A policy as a tree: of an action, with who approved and who is missing, or alone.

use super::page::{PageContext, address};
use crate::governance::{Node, duration};
use alloy::primitives::Address;
use maud::{Markup, html};

/// The tree of an action: who approved, who is missing, who `refused`.
pub fn tree(place: &PageContext, node: &Node, refused: &[Address]) -> Markup {
    html! { ul.policy { (part(place, node, Some(refused))) } }
}

/// The tree of a policy by itself: who is needed.
pub fn tree_alone(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, None)) } }
}

/// A part; of an action with who refused it.
fn part(place: &PageContext, node: &Node, refused: Option<&[Address]>) -> Markup {
    html! {
        @match node {
            Node::Approver { account, approved } if refused.is_none() => {
                @if *approved { li.holds { "✓ " (address(place, *account)) } }
                @else { li { "○ " (address(place, *account)) } }
            },
            Node::Approver { account, approved } => {
                @if *approved { li.holds { "✓ approved: " (address(place, *account)) } }
                @else if refused.is_some_and(|all| all.contains(account)) {
                    li { "✗ refused: " (address(place, *account)) }
                }
                @else { li { "○ missing: " (address(place, *account)) } }
            },
            Node::Contract { account } => {
                li { "? the contract " (address(place, *account)) " consents" }
            },
            Node::Delay { seconds } => {
                li { "◷ " (duration(*seconds)) " after the other conditions in this group hold" }
            },
            Node::Members { need, hold, members } => {
                li.holds[node.holds()] {
                    (words(*need, members.len()))
                    @if refused.is_some() { ", " (hold) " of them so far" }
                    ul { @for member in members { (part(place, member, refused)) } }
                }
            },
            Node::None => { li { "nobody, permanently" } },
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
