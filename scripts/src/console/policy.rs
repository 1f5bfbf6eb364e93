//! A policy as a tree: of an action, with who approved and who is missing, or alone.

use super::page::{PageContext, address};
use crate::governance::{Node, duration};
use maud::{Markup, html};

/// The tree of an action: who approved, who is missing.
pub fn tree(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, Of::Open)) } }
}

/// The tree of a policy by itself: who is needed.
pub fn tree_alone(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, Of::Nothing)) } }
}

/// The tree of an action that has ended: who approved it. The policy may be another one since.
pub fn tree_ended(place: &PageContext, node: &Node) -> Markup {
    html! { ul.policy { (part(place, node, Of::Ended)) } }
}

/// Of what a tree is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Of the policy by itself.
    Nothing,
    /// Of an action that is open.
    Open,
    /// Of an action that has ended.
    Ended,
}

fn part(place: &PageContext, node: &Node, of: Of) -> Markup {
    html! {
        @match node {
            Node::Approver { account, approved: true } if of != Of::Nothing => {
                li.holds { "✓ approved: " (address(place, *account)) }
            },
            Node::Approver { account, .. } => {
                li { "○ " @if of == Of::Open { "missing: " } (address(place, *account)) }
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
                    @if of == Of::Open { ", " (hold) " of them so far" }
                    ul { @for member in members { (part(place, member, of)) } }
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
