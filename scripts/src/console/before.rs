//! What will happen, before the wallet is asked.

use super::action::{display, policy_change};
use super::decision::{Before, Decision};
use super::page::{PageContext, address, findings, link, text};
use crate::assess::{Consent, Severity};
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
                p { (consent(in_the_way(before))) }
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

/// What of the page has to be accepted, in words.
fn in_the_way(before: &Before) -> &'static str {
    let tried = before.tried.iter();
    let of_trial = tried.flat_map(|one| one.plan.problems.iter().chain(&one.warnings));
    let mut all = before.decision.findings.iter().chain(of_trial);
    match all.any(|one| one.severity == Severity::Danger) {
        true => "every danger, and what was not checked,",
        false => "what was not checked",
    }
}

/// The box without which nothing is sent, where a check refused something: `what` stands above it.
pub fn consent(what: &str) -> Markup {
    html! {
        label {
            input #yes type="checkbox" autocomplete="off";
            " I have read above " (what) " and go on all the same"
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Finding, Part};
    use crate::console::decision::tests::decision;

    #[test]
    fn the_box_names_what_has_to_be_accepted_and_each_card_what_it_is_about() {
        let mut page = Before::of(decision());
        page.decision.consent = Some(Consent::Needed);
        let next = Some("say so: --accept absent:interface".to_owned());
        page.decision.findings = vec![Finding {
            next,
            ..Finding::named(
                Part::Interface,
                Severity::Unknown,
                "absent:interface",
                "no build",
            )
        }];
        let shown = super::before(&PageContext::default(), &page).into_string();
        for one in [
            "I have read above what was not checked and go on",
            "<code>absent:interface</code>",
            "<dt>next, in a shell</dt>",
        ] {
            assert!(shown.contains(one), "{one}: {shown}");
        }
        let danger = Finding::named(Part::Layout, Severity::Danger, "reorder:peak", "it moves");
        page.decision.findings.push(danger);
        let shown = super::before(&PageContext::default(), &page).into_string();
        assert!(
            shown.contains("I have read above every danger, and"),
            "{shown}"
        );
        assert!(shown.contains("<code>reorder:peak</code>"), "{shown}");
    }
}
