//! What will happen, before the wallet is asked.

use super::action::display;
use super::page::{PageContext, address, link, text};
use super::view::{Before, Changed, Digests, Finding, Plan};
use crate::text::word;
use maud::{Markup, html};

/// The page.
pub fn before(place: &PageContext, before: &Before) -> Markup {
    let id = before.action.to_string();
    let label = match before.operation.as_str() {
        "sign" => "Sign with the wallet",
        _ => "Send with the wallet",
    };
    html! {
        h1 { "Before the wallet is asked" }
        p.sentence #sentence { (text(&before.sentence)) }
        p { "as " (address(place, before.account)) }
        @if let Some(digests) = &before.digests { (self::digests(digests)) }
        section {
            h2 { "What the action does" }
            (display(&before.display))
        }
        section {
            h2 { "Tried on a copy just now" }
            @match (&before.plan, &before.untried) {
                (Some(plan), _) => { (self::plan(place, plan)) },
                (None, Some(why)) => {
                    p.card.unknown { span.weight { "? not checked" } " " (text(why)) }
                },
                (None, None) => { p { "The registry was asked what the call would do; it is said above." } },
            }
        }
        p {
            button #do type="button" data-do=(before.operation) data-id=(id)
                data-stamp=(before.stamp) { (label) }
            " " (link(place, "/action", &[("id", &id)], "Back to the action"))
        }
        p #done role="status" {}
        div #failed role="alert" {}
    }
}

/// The digests of ERC-8213.
pub fn digests(digests: &Digests) -> Markup {
    html! {
        section {
            h2 { "Compare with the device (ERC-8213)" }
            dl.fields {
                @for (name, digest) in [("domain hash", digests.domain),
                    ("message hash", digests.message), ("EIP-712 digest", digests.eip712),
                    ("calldata digest", digests.calldata)] {
                    dt { (name) } dd { code.address { (digest) } }
                }
            }
        }
    }
}

fn plan(place: &PageContext, plan: &Plan) -> Markup {
    html! {
        @if plan.problems.is_empty() {
            p.card.good { span.weight { "✓ checked" } " it would succeed, at block " (plan.block)
                ", with " (plan.gas) " gas in all" }
        }
        @for problem in &plan.problems { (self::problem(problem)) }
        @if plan.untried > 0 {
            p.card.unknown { span.weight { "? not checked" } " " (plan.untried)
                " more instances were not tried" }
        }
        @for one in &plan.instances {
            h3 { "instance " (address(place, one.proxy)) ": " (text(&one.from)) " → " (text(&one.to)) }
            div.wide tabindex="0" role="region" aria-label="Storage that would change" { table {
                thead { tr { th scope="col" { "variable" } th scope="col" { "before" }
                    th scope="col" { "after" } } }
                tbody { @for change in &one.changes { (row(change)) } }
            } }
            @if !one.events.is_empty() {
                p { "emits" }
                ul { @for event in &one.events { li { code { (text(&event.what)) } } } }
            }
        }
    }
}

fn problem(one: &Finding) -> Markup {
    html! {
        section.card.danger {
            h3 { span.weight { "✗ danger" } " " (text(&one.message)) }
            dl {
                @for (name, value) in [("expected", &one.expected), ("found", &one.found),
                    ("next", &one.next)] {
                    @if let Some(value) = value { dt { (name) } dd { (text(value)) } }
                }
            }
        }
    }
}

fn row(change: &Changed) -> Markup {
    html! {
        tr {
            td {
                @match &change.name {
                    Some(name) => (text(name)),
                    None => { code.address { (change.slot) } },
                }
            }
            td { code { (word(&change.before)) } }
            td { code { (word(&change.after)) } }
        }
    }
}
