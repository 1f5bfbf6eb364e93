//! The first page: what there is, what waits, what ends soon.

use super::action::hindered;
use super::page::{
    PageContext, address, addresses, card, findings, link, state, text, time, weight,
};
use super::policy::tree;
use crate::assess::{Finding, Severity};
use crate::governance::{Display, Node, not_executed};
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
    let all: Vec<&OpenAction> = pending.actions.iter().collect();
    let is_mine = |account, one: &OpenAction| one.open.readiness.needed().contains(&account);
    let mine = |account| all.iter().filter(move |one| is_mine(account, one)).copied();
    html! {
        h1 { "Overview" }
        @if let Some(account) = place.account {
            section {
                h2.mine { "Waits for you" }
                (actions(place, &mine(account).collect::<Vec<_>>(), "Nothing waits for this account.", |_| None))
            }
        }
        section {
            h2 { "Waits" }
            (actions(place, &all, "Nothing is open.", |_| None))
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
                p { "Nothing that runs expires within 60 days. Of the proxies of one kind and version, only the \
                    first was checked; Doctor checks each." }
            }
            (findings(&shown.warnings))
        }
    }
}

/// Actions as a list, each with the policy that decides it where the page knows that; `none` says that there is none.
pub fn actions(
    place: &PageContext,
    all: &[&OpenAction],
    none: &str,
    policy_of: impl Fn(&OpenAction) -> Option<Node>,
) -> Markup {
    html! {
        @if all.is_empty() { p { (none) } }
        @else { ul.actions {
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
                    @if let Some(obstacle) = &one.obstacle { (hindered(obstacle)) }
                    @for rival in &one.rivals { p { (weight(Severity::Warning)) " " (text(rival)) } }
                    @if let Some(policy) = policy_of(one) { (tree(place, &policy, &one.open.refused)) }
                    @if let Some(why) = &one.open.unreadable { p { (text(why)) } }
                }
            }
        } }
    }
}

/// What an action does, in a few words.
fn headline(display: &Display) -> String {
    let of = of_whom(&display.definition);
    let field = |name: &str| display.fields.iter().find(|field| field.name == name);
    let function = &display.function;
    match (field("version"), field("of role"), field("expression")) {
        (Some(version), ..) => format!("{function} of {of}: {}", version.value),
        (_, Some(role), Some(policy)) => {
            let (role, policy) = (&role.value, &policy.value);
            format!("{function} of {of}: {role} becomes {policy}")
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
            (card(Severity::Danger, &html! { "the endpoint contradicts itself: "
                (text(&one.what)) " is " (text(&one.view)) ", the events say " (text(&one.events)) }))
        }
    }
}
