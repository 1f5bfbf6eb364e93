//! The first page: what there is, what waits, what ends soon.

use super::lists::{Overview, Summary};
use super::page::{PageContext, address, addresses, findings, link, state, text, time};
use super::pieces::pieces;
use super::policy::tree;
use crate::governance::{Node, not_executed};
use crate::model::Difference;
use crate::review::{OpenAction, Pending};
use crate::text::{count, grouped};
use maud::{Markup, html};

/// Versions of which the instances are counted, at most.
const AT_MAX: usize = 20;

/// The page.
pub fn overview(place: &PageContext, shown: &Overview, pending: &Pending) -> Markup {
    let is_mine = |one: &&OpenAction| {
        let account = place.account;
        account.is_some_and(|account| {
            let left = one.open.readiness.needed();
            left.contains(&account)
        })
    };
    let mine: Vec<&OpenAction> = pending.actions.iter().filter(is_mine).collect();
    html! {
        h1 { "Overview" }
        @if place.account.is_some() {
            section {
                h2.mine { "Waits for you" }
                @if mine.is_empty() { p { "Nothing waits for this account." } }
                @else { (actions(place, &mine, |_| None)) }
            }
        }
        section {
            h2 { "Waits" }
            @if pending.actions.is_empty() { p { "Nothing is open." } }
            @else { (actions(place, &pending.actions.iter().collect::<Vec<_>>(), |_| None)) }
        }
        section {
            h2 { "Definitions" }
            @if shown.definitions_piece.total == 0 { p { "The registry has no definition." } }
            @for one in &shown.definitions { (definition(place, one)) }
            (pieces(place, ("/", &[]), "definitions", &shown.definitions_piece))
            p { (link(place, "/definition", &[("name", "")], "The registry itself")) }
        }
        section {
            h2 { "Ends soon, or does not run" }
            @if shown.warnings.is_empty() {
                p { "Nothing of what runs ends within 60 days. Of the proxies of one kind and version, the \
                    first was looked at; Doctor looks at each." }
            }
            @if !shown.warnings.is_empty() { (findings(&shown.warnings)) }
        }
    }
}

/// Actions as a list, each with the policy that decides it where the page knows that.
pub fn actions(
    place: &PageContext,
    all: &[&OpenAction],
    policy_of: impl Fn(&OpenAction) -> Option<Node>,
) -> Markup {
    html! {
        ul.actions {
            @for one in all {
                @let open = &one.open.readiness;
                li.card {
                    h3 {
                        @if let Some(shown) = &one.shown {
                            (link(place, "/action", &[("id", &one.open.action.to_string())],
                                &headline(&shown.display)))
                        } @else { span.weight { "danger" } " bytes that nobody should approve" }
                    }
                    p { b { (open.approvals) "/" (open.required) }
                        " approvals; not executed: " (not_executed(open))
                        "; open until " (time(open.expires)) }
                    p { "proposed by " (address(place, one.open.proposer)) }
                    @if !one.open.refused.is_empty() { p { "refused: " (addresses(place, &one.open.refused)) } }
                    @for rival in &one.rivals { p { span.weight { "! warning" } " " (text(rival)) } }
                    @if let Some(policy) = policy_of(one) { (tree(place, &policy, &one.open.refused)) }
                    @if let Some(why) = &one.open.unreadable { p { (text(why)) } }
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
    let field = |name: &str| display.fields.iter().find(|field| field.name == name);
    let function = &display.function;
    match (field("version"), field("of role"), field("expression")) {
        (Some(version), ..) => format!("{function} of {of}: {}", version.value),
        (_, Some(role), Some(policy)) => {
            format!(
                "{function} of {of}: {} becomes {}",
                role.value, policy.value
            )
        }
        _ => format!("{function} of {of}"),
    }
}

fn definition(place: &PageContext, one: &Summary) -> Markup {
    let current = match one.current.as_str() {
        "" => "no version yet",
        current => current,
    };
    html! {
        article.card {
            h3 { (link(place, "/definition", &[("name", &one.name)], &one.name)) }
            p { "current " b { (text(current)) } ", " (state(one.state.word())) ", "
                (count(one.versions, "version")) ", " (count(one.instances_total, "instance")) }
            @if !one.at.is_empty() {
                ul {
                    @for (version, instances) in one.at.iter().take(AT_MAX) {
                        li { (grouped(*instances)) " at " (text(version)) }
                    }
                    @if one.at.len() > AT_MAX { li { (one.at.len() - AT_MAX) " more versions" } }
                }
            }
            (differing(&one.differences))
        }
    }
}

/// What the registry's views say otherwise than the events that the endpoint showed.
pub fn differing(all: &[Difference]) -> Markup {
    html! {
        @for one in all {
            p.card.danger { span.weight { "✗ danger" } " the endpoint contradicts itself: "
                (text(&one.what)) " is " (text(&one.view)) ", the events say " (text(&one.events)) }
        }
    }
}
