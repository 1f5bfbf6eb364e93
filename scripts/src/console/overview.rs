//! The first page: what there is, what waits, what ends soon.

use super::page::{PageContext, address, addresses, findings, link, state, text, time};
use super::policy::tree;
use crate::assess::Finding;
use crate::governance::{Node, not_executed};
use crate::history::ComparedHistory;
use crate::model::{Definition, Difference};
use crate::review::{OpenAction, Pending};
use crate::text::{count, grouped};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Versions of which the instances are counted, at most.
const AT_MAX: usize = 20;

/// What the page shows beside open actions.
#[derive(Debug, Default)]
pub struct Overview {
    /// The first definitions.
    pub definitions: Vec<ComparedHistory>,
    /// How many there are in all.
    pub total: usize,
    /// What ends soon, or does not run.
    pub warnings: Vec<Finding>,
}

/// Instances by version.
pub fn at_versions(definition: &Definition) -> BTreeMap<&str, usize> {
    let mut at = BTreeMap::new();
    for instance in &definition.instances {
        *at.entry(instance.version.as_str()).or_default() += 1;
    }
    at
}

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
            @if shown.total == 0 { p { "The registry has no definition." } }
            @for one in &shown.definitions { (definition(place, one)) }
            (rest(shown.definitions.len(), shown.total, "stylus-upgrades status"))
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

fn definition(place: &PageContext, compared: &ComparedHistory) -> Markup {
    let one = compared.definition();
    let current = match one.current.as_str() {
        "" => "no version yet",
        current => current,
    };
    let at = at_versions(one);
    html! {
        article.card {
            h3 { (link(place, "/definition", &[("name", &one.name)], &one.name)) }
            p { "current " b { (text(current)) } ", " (state(one.state.word())) ", "
                (count(one.versions.len(), "version")) ", " (count(one.instances.len(), "instance")) }
            @if !at.is_empty() {
                ul {
                    @for (version, instances) in at.iter().take(AT_MAX) {
                        li { (grouped(*instances)) " at " (text(version)) }
                    }
                    @if at.len() > AT_MAX { li { (at.len() - AT_MAX) " more versions" } }
                }
            }
            (differing(&compared.differences))
        }
    }
}

/// How many of a list are shown, where those are not all, and the command that lists all.
pub fn rest(shown: usize, total: usize, command: &str) -> Markup {
    html! {
        @if shown < total {
            p { (grouped(shown)) " of " (grouped(total)) " are shown; all of them: " code { (text(command)) } }
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
