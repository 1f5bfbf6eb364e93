//! The first page: what there is, what waits, what ends soon.

use super::action::hindered;
use super::page::{
    PageContext, address, addresses, card, cell, findings, link, state, table, text, time, weight,
};
use super::policy::tree;
use crate::assess::{Finding, Severity};
use crate::governance::{Display, Node, not_executed, title};
use crate::history::ComparedHistory;
use crate::model::{Definition, Difference, of_whom};
use crate::review::{OpenAction, Pending};
use crate::text::{count, grouped};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Versions of which the instances are counted, at most.
const AT_MAX: usize = 20;

/// What the page shows beside open actions.
#[derive(Debug, Default)]
pub struct Overview {
    /// The first definitions whose name contains what somebody looks for.
    pub definitions: Vec<ComparedHistory>,
    /// How many names contain that.
    pub matching: usize,
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

/// The page; `search` is what somebody looks for.
pub fn overview(place: &PageContext, shown: &Overview, pending: &Pending, search: &str) -> Markup {
    let is_found = |one: &&OpenAction| fits(one, search);
    let all: Vec<&OpenAction> = pending.actions.iter().filter(is_found).collect();
    let needs = |one: &&&OpenAction| {
        let needed = one.open.readiness.needed();
        place
            .account
            .is_some_and(|account| needed.contains(&account))
    };
    let (mine, others): (Vec<&OpenAction>, Vec<&OpenAction>) =
        all.iter().partition(|one| needs(one));
    html! {
        h1 { "Overview" }
        @if !place.is_file { (search_field(place, search)) }
        @if place.account.is_some() {
            section {
                h2.mine { "Waiting for you" }
                (actions(place, &mine, match search {
                    "" => "Nothing waits for this account.",
                    _ => "Nothing that waits for this account fits the search.",
                }))
            }
        }
        section {
            h2 { @if mine.is_empty() { "Open actions" } @else { "Other open actions" } }
            (actions(place, &others, match (search, mine.is_empty()) {
                ("", true) => "No action is open.",
                ("", false) => "No other action is open.",
                (_, true) => "No open action fits the search.",
                (_, false) => "No other open action fits the search.",
            }))
        }
        section {
            h2 { "Definitions" }
            @if shown.total == 0 { p { "The registry has no definition." } }
            @else if shown.definitions.is_empty() { p { "No name contains what you look for." } }
            @else { (definitions(place, &shown.definitions)) }
            @for one in &shown.definitions { (differing(&one.differences)) }
            (rest(shown.definitions.len(), shown.matching, "stylus-upgrades status"))
            p { (link(place, "/definition", &[("name", "")], "The registry itself")) }
        }
        section {
            h2 { "Expiring" }
            @if shown.warnings.is_empty() {
                p { "Nothing that runs expires within 60 days. Of the proxies of one kind and version, only the \
                    first was checked; Checks looks at each." }
            }
            (findings(&shown.warnings))
        }
    }
}

/// Whether somebody looks for an action: by its id, by what people call it, or by how it stands here. One that nobody can
/// read is always shown.
fn fits(one: &OpenAction, search: &str) -> bool {
    let Some(headline) = headline_of(one) else {
        return true;
    };
    let names = [headline, title(&one.open.call), one.open.action.to_string()];
    names.iter().any(|name| is_match(name, search))
}

/// Whether a name contains what somebody looks for, whatever the case.
pub fn is_match(name: &str, search: &str) -> bool {
    name.to_lowercase().contains(&search.to_lowercase())
}

/// Where names are looked for. It works without the script.
fn search_field(place: &PageContext, search: &str) -> Markup {
    html! {
        form role="search" action="/" method="get" {
            @if let Some(account) = place.account { input type="hidden" name="account" value=(account); }
            input type="search" name="search" value=(text(search)) aria-label="Search for a definition or an action"
                placeholder="Search for a definition or an action";
            button type="submit" { "Search" }
        }
    }
}

/// Open actions, a row for each; `none` says that there is none.
fn actions(place: &PageContext, all: &[&OpenAction], none: &str) -> Markup {
    let columns = [
        "action",
        "approvals",
        "missing",
        "open until",
        "proposed by",
    ];
    let rows = all.iter().map(|one| {
        let open = &one.open.readiness;
        [
            html! { (named(place, one)) (notes(one)) },
            html! { (open.approvals) " of " (open.required) ": " (not_executed(open)) },
            addresses(place, open.needed()),
            time(open.expires),
            address(place, one.open.proposer),
        ]
    });
    html! {
        @if all.is_empty() { p { (none) } }
        @else {
            (table("Open actions", columns, rows))
            p.quiet { "What checks find stands on the page of each action. None of them ran here." }
        }
    }
}

/// An action by what it does, as a link to its page.
fn named(place: &PageContext, one: &OpenAction) -> Markup {
    html! {
        @match headline_of(one) {
            Some(words) => b { (link(place, "/action", &[("id", &one.open.action.to_string())], &words)) },
            None => { (weight(Severity::Danger)) " bytes that nobody should approve" },
        }
    }
}

/// What keeps an action from being executed, what contradicts it, and what cannot be read of it.
fn notes(one: &OpenAction) -> Markup {
    html! {
        @if let Some(obstacle) = &one.obstacle { (hindered(obstacle)) }
        @for rival in &one.rivals { p { (weight(Severity::Warning)) " " (text(rival)) } }
        @if let Some(why) = &one.open.unreadable { p { (text(why)) } }
    }
}

/// Actions as a list, each with the policy that decides it where the page knows that.
pub fn with_policies(
    place: &PageContext,
    all: &[&OpenAction],
    policy_of: impl Fn(&OpenAction) -> Option<Node>,
) -> Markup {
    html! {
        @if all.is_empty() { p { "No action is open." } }
        @for one in all {
            @let open = &one.open.readiness;
            div.card {
                p { (named(place, one)) }
                p { (open.approvals) " of " (open.required) " approvals: " (not_executed(open))
                    "; open until " (time(open.expires)) ", proposed by " (address(place, one.open.proposer)) }
                @if !one.open.refused.is_empty() { p { "refused: " (addresses(place, &one.open.refused)) } }
                (notes(one))
                @if let Some(policy) = policy_of(one) { (tree(place, &policy, &one.open.refused)) }
            }
        }
    }
}

/// What an action does, in a few words; `None` where its bytes say nothing.
fn headline_of(one: &OpenAction) -> Option<String> {
    Some(headline(&one.shown.as_ref()?.display))
}

/// What an action does, in a few words.
fn headline(display: &Display) -> String {
    let of = of_whom(&display.definition);
    let field = |name: &str| display.fields.iter().find(|field| field.name == name);
    let function = &display.function;
    let name = field("name").filter(|_| display.is_definition());
    match (
        field("version").or(name),
        field("of role"),
        field("expression"),
    ) {
        (Some(of_it), ..) => format!("{function} of {of}: {}", of_it.value),
        (_, Some(role), Some(policy)) => {
            let (role, policy) = (&role.value, &policy.value);
            format!("{function} of {of}: {role} becomes {policy}")
        }
        _ => format!("{function} of {of}"),
    }
}

/// Definitions, a row for each.
fn definitions(place: &PageContext, all: &[ComparedHistory]) -> Markup {
    let columns = ["definition", "current", "state", "versions", "instances"];
    let rows = all.iter().map(|compared| {
        let one = compared.definition();
        let current = match one.current.as_str() {
            "" => "no version yet",
            current => current,
        };
        [
            html! { b { (link(place, "/definition", &[("name", &one.name)], &one.name)) } },
            cell(current),
            state(one.state.word()),
            cell(&grouped(one.versions.len())),
            at(one),
        ]
    });
    table("Definitions", columns, rows)
}

/// How many instances there are, and at which versions.
fn at(one: &Definition) -> Markup {
    let at = at_versions(one);
    let shown = at.iter().take(AT_MAX);
    let words = shown.map(|(version, instances)| format!("{} at {version}", grouped(*instances)));
    let words: Vec<_> = words.collect();
    html! {
        (count(one.instances.len(), "instance"))
        @if !words.is_empty() { ": " (text(&words.join(", "))) }
        @if at.len() > AT_MAX { ", " (at.len() - AT_MAX) " more versions" }
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
            (card(Severity::Danger, &html! { "the endpoint contradicts itself: "
                (text(&one.what)) " is " (text(&one.view)) ", the events say " (text(&one.events)) }))
        }
    }
}
