//! One definition: versions and steps, instances, policies, what waits, what happened.

use super::action::timeline;
use super::lists::{DefinitionLists, Listed, Piece, Unchecked};
use super::overview::{actions, differing};
use super::page::{PageContext, address, addresses, instances, state, text};
use super::pieces::pieces;
use super::policy::tree_alone;
use crate::governance::Explained;
use crate::governance::{self, Node, role_of};
use crate::history::LiveCheck;
use crate::model::{StepKind, runs};
use crate::review::{OpenAction, Pending, Policies};
use crate::text::{count, grouped};
use alloy::primitives::Address;
use maud::{Markup, html};

/// What the page shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The definition, a piece of each list; the registry itself has no name.
    pub lists: &'a DefinitionLists,
    /// Its policies.
    pub policies: &'a Policies,
    /// What is open.
    pub pending: &'a Pending,
}

/// The page.
pub fn definition(place: &PageContext, shown: &Shown<'_>) -> Markup {
    let open: Vec<&OpenAction> = shown.pending.actions.iter().collect();
    let lists = shown.lists;
    let one = &lists.summary;
    let is_registry = one.name.is_empty();
    let title = match is_registry {
        true => "The registry itself",
        false => one.name.as_str(),
    };
    html! {
        h1 { (text(title)) }
        (differing(&one.differences))
        @if !is_registry {
            p { "current " b { (text(&one.current)) } ", sequence " (one.sequence) ", " (state(one.state.word())) }
            (versions(place, lists))
            section {
                h2 { "Instances" }
                @if lists.instances_piece.total == 0 { p { "None yet." } }
                @else { (instances(place, &lists.instances)) }
                (others(place, lists, "instances", &lists.instances_piece))
            }
        }
        section {
            h2 { "Waits" }
            @if open.is_empty() { p { "Nothing is open." } }
            @else { (actions(place, &open, |one| decided_by(shown.policies, one))) }
        }
        section {
            h2 { "Who decides" }
            dl.fields {
                @for policy in &shown.policies.policies {
                    dt { (text(&policy.role)) }
                    dd {
                        code { (text(&policy.named)) }
                        @if let Some(node) = tree_of(policy, &[]) { (tree_alone(place, &node)) }
                        @if let Some(fewest) = policy.fewest {
                            "at least " (fewest) @if fewest == 1 { " approval" } @else { " approvals" } "; alone: "
                            (addresses(place, &policy.alone))
                        }
                    }
                }
            }
        }
        section {
            h2 { "Whether it still holds" }
            (checks(&lists.verification.checks))
            (unchecked(lists))
        }
        section {
            h2 { "What happened" }
            (timeline(place, &lists.entries))
            (others(place, lists, "events", &lists.events_piece))
        }
    }
}

/// The policy that decides an open action, with those who said yes to that.
fn decided_by(policies: &Policies, open: &OpenAction) -> Option<Node> {
    let of = |role: &str| policies.policies.iter().find(|policy| policy.role == role);
    let role = role_of(&open.shown.as_ref()?.display.role, |role| {
        of(role).is_some()
    });
    tree_of(of(role)?, &open.open.readiness.approved)
}

/// A policy as a tree; `None` where it cannot be read, which the document says as a failure already.
fn tree_of(policy: &Explained, approved: &[Address]) -> Option<Node> {
    governance::tree(&policy.role, &policy.expression, approved).ok()
}

/// The ways to the other pieces of one list; the other lists stay where they are.
fn others(place: &PageContext, lists: &DefinitionLists, name: &str, piece: &Piece) -> Markup {
    let starts = [
        ("versions", lists.versions_piece.from.to_string()),
        ("instances", lists.instances_piece.from.to_string()),
        ("events", lists.events_piece.from.to_string()),
    ];
    let mut query = vec![("name", lists.summary.name.as_str())];
    let rest = starts
        .iter()
        .filter(|(other, from)| *other != name && from != "0");
    query.extend(rest.map(|(other, from)| (*other, from.as_str())));
    pieces(place, ("/definition", &query), name, piece)
}

/// What was not compared, and where it is.
fn unchecked(lists: &DefinitionLists) -> Markup {
    let Unchecked {
        versions,
        instances,
    } = lists.unchecked;
    html! {
        @if versions + instances > 0 {
            p.card.unknown { span.weight { "? not checked" } " the code of " (grouped(versions))
                " versions and the slots of " (grouped(instances)) " instances were not compared here: "
                code { "stylus-upgrades verify" } " compares all" }
        }
    }
}

/// Versions, with the steps into each.
fn versions(place: &PageContext, lists: &DefinitionLists) -> Markup {
    let one = &lists.summary;
    html! {
        section {
            h2 { "Versions" }
            ol.versions start=(lists.versions_piece.from + 1) {
                @for Listed { version, .. } in &lists.listed {
                    @let at = one.at.get(&version.version).copied().unwrap_or_default();
                    li.current[version.version == one.current] {
                        b { (text(&version.version)) }
                        @if version.version == one.current { " (current)" }
                        ", " (count(at, "instance"))
                        @if version.incoming().next().is_none() { ", instances are created at it" }
                        @for step in version.incoming() {
                            br; (text(&step.from)) " → " (text(&version.version)) ": " (words(runs(step)))
                        }
                        br; "code " (address(place, version.code.implementation))
                        br; "hash " code.address { (version.code.codehash) }
                    }
                }
            }
            (others(place, lists, "versions", &lists.versions_piece))
        }
    }
}

/// What runs in a step of that kind.
const fn words(kind: StepKind) -> &'static str {
    match kind {
        StepKind::None => "nothing runs",
        StepKind::Call => "a function of the new code",
        StepKind::ForeignCall => "a function of the new code, without the mixin",
        StepKind::Script => "a script",
        StepKind::Complex => "many transactions",
        StepKind::Unknown(_) => "a step of an unknown kind",
    }
}

/// What was compared with the chain.
pub fn checks<'a>(all: impl IntoIterator<Item = &'a LiveCheck>) -> Markup {
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
