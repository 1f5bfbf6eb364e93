//! What will happen, before the wallet is asked.

use super::action::{display, policy_change};
use super::decision::{Before, Decision};
use super::page::{PageContext, address, findings, link, text};
use crate::assess::Consent;
use maud::{Markup, html};

/// The page.
pub fn before(place: &PageContext, before: &Before) -> Markup {
    let decision = &before.decision;
    html! {
        h1 { (title(decision)) }
        p.sentence #sentence { (text(&decision.sentence)) }
        p { "as " (address(place, decision.account)) }
        (digests(decision))
        section {
            h2 { "What the action does" }
            (display(&decision.display, &before.decoded))
            (policy_change(decision.policy_change.as_ref()))
        }
        @if !decision.findings.is_empty() {
            section {
                h2 { "What was found" }
                (findings(&decision.findings))
            }
        }
        (tried(place, before))
        p #values hidden { (any_values()) }
        @match decision.consent {
            None | Some(Consent::NotNeeded) => p { (button(before, false)) },
            Some(Consent::Needed) => {
                p { (consent()) }
                p { (button(before, true)) }
            },
            Some(Consent::Refused) => p.card.danger {
                span.weight { "✗ refused" } " A check refuses this action, and approve would not go on \
                    whatever is accepted: nothing can be sent from here."
            },
        }
        p { (link(place, "/action", &[("id", &decision.action.to_string())], "Back to the action")) }
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

/// The box without which nothing is sent, where a migration would write other values than those shown.
fn any_values() -> Markup {
    html! {
        label {
            input #any-values type="checkbox" autocomplete="off";
            " Go on whatever values it writes to the storage and amounts of ether that are listed above"
        }
    }
}

/// What the page is about.
fn title(decision: &Decision) -> &'static str {
    match decision.operation.as_str() {
        "safe" => "Before the file is written",
        _ => "Before the wallet is asked",
    }
}

fn button(before: &Before, needs_consent: bool) -> Markup {
    let decision = &before.decision;
    let label = match decision.operation.as_str() {
        "sign" => "Sign with the wallet",
        "safe" => "Write the file for Safe's Transaction Builder",
        _ => "Send with the wallet",
    };
    html! {
        button #do type="button" data-do=(decision.operation) data-id=(decision.action)
            data-stamp=(before.stamp) data-values=(before.values)
            data-safe=[(decision.operation == "safe").then_some(decision.account)]
            disabled[needs_consent] { (label) }
    }
}

/// The digests of ERC-8213: all of an approval, that of the calldata alone of any other call.
fn digests(decision: &Decision) -> Markup {
    let mut all = Vec::new();
    if let Some(one) = &decision.digests {
        all.push(("domain hash", one.domain));
        all.push(("message hash", one.message));
        all.push(("EIP-712 digest", one.eip712));
    }
    let signed = decision.digests.as_ref().map(|one| one.calldata);
    if let Some(digest) = decision.transaction_digest.or(signed) {
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
        @match (&before.tried, &before.decision.untried) {
            (Some(tried), _) => section { h2 { "Tried on a copy just now" } (super::plan::outcome(place, tried)) },
            (None, Some(why)) => {
                p.card.unknown { span.weight { "? not checked" } " " (text(why)) }
            },
            (None, None) => {},
        }
    }
}
