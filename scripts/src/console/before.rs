//! What will happen, before the wallet is asked.

use super::action::{cards, display};
use super::page::{PageContext, address, link, text};
use super::view::{Before, Changed, Finding, Plan};
use crate::text::word;
use maud::{Markup, html};

/// The page.
pub fn before(place: &PageContext, before: &Before) -> Markup {
    html! {
        h1 { "Before the wallet is asked" }
        p.sentence #sentence { (text(&before.sentence)) }
        p { "as " (address(place, before.account)) }
        (digests(before))
        section {
            h2 { "What the action does" }
            (display(&before.display))
        }
        @if !before.cards.is_empty() {
            section {
                h2 { "What was found" }
                (cards(&before.cards))
            }
        }
        (tried(place, before))
        @match before.consent.as_deref() {
            None | Some("not-needed") => p { (button(before, false)) },
            Some("needed") => {
                p { (consent()) }
                p { (button(before, true)) }
            },
            Some(_) => p.card.danger {
                span.weight { "✗ refused" } " A check refuses this action, and approve would not go on \
                    with any flag: nothing can be sent from here."
            },
        }
        p { (link(place, "/action", &[("id", &before.action.to_string())], "Back to the action")) }
        p #done role="status" {}
        div #failed role="alert" {}
    }
}

/// The box without which nothing is sent, where a check refused something.
pub fn consent() -> Markup {
    html! {
        label {
            input #yes type="checkbox" autocomplete="off";
            " I have read every danger above, and go on all the same"
        }
    }
}

fn button(before: &Before, needs_consent: bool) -> Markup {
    let label = match before.operation.as_str() {
        "sign" => "Sign with the wallet",
        _ => "Send with the wallet",
    };
    html! {
        button #do type="button" data-do=(before.operation) data-id=(before.action)
            data-stamp=(before.stamp) disabled[needs_consent] { (label) }
    }
}

/// The digests of ERC-8213: all of an approval, that of the calldata alone of any other call.
fn digests(before: &Before) -> Markup {
    let mut all = Vec::new();
    if let Some(one) = &before.digests {
        all.push(("domain hash", one.domain));
        all.push(("message hash", one.message));
        all.push(("EIP-712 digest", one.eip712));
    }
    let signed = before.digests.as_ref().map(|one| one.calldata);
    if let Some(digest) = before.transaction_digest.or(signed) {
        all.push(("calldata digest", digest));
    }
    html! {
        section {
            h2 { "Compare with the device (ERC-8213)" }
            dl.fields {
                @for (name, digest) in all { dt { (name) } dd { code.address { (digest) } } }
            }
        }
    }
}

/// What a copy of the chain said, where one was made.
fn tried(place: &PageContext, before: &Before) -> Markup {
    html! {
        @match (&before.plan, &before.untried) {
            (Some(plan), _) => section { h2 { "Tried on a copy just now" } (self::plan(place, plan)) },
            (None, Some(why)) => {
                p.card.unknown { span.weight { "? not checked" } " " (text(why)) }
            },
            (None, None) => {},
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
