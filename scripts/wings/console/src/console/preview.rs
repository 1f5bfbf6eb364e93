//! The page of what will happen, before the wallet is asked.

use super::action::{control, display, what_it_does, with_effects};
use super::callers::callers;
use super::decision::{ActionDecision, DecisionPreview};
use super::page::{PageContext, address, counts, digits, findings, link, text};
use super::plan::outcome;
use crate::assess::{Consent, Finding, Severity};
use crate::model::of_whom;
use maud::{Markup, html};

/// The page: what will happen, why one might not want it, and last what the device shows and the button.
pub fn preview(place: &PageContext, preview: &DecisionPreview) -> Markup {
    let decision = &preview.decision;
    let found = with_effects(&decision.findings, decision.policy_change.as_ref());
    let heaviest = found.iter().map(|finding| finding.severity).max();
    html! {
        h1 { (title(decision)) }
        p.subject { b { (text(&decision.what)) } " · of " (definition(place, &decision.display.definition))
            " · action " (digits(place, &decision.action.to_string())) }
        section.band.(heaviest.map_or("note", Severity::class)) {
            p.sentence #sentence { (text(&decision.sentence)) }
            p { "as " (address(place, decision.account)) }
            (counts(&found))
        }
        @if !found.is_empty() {
            section { h2 { "Findings" } (findings(&found)) }
        }
        (what_it_does(&decision.display, &preview.decoded, decision.policy_change.as_ref()))
        (control(decision.control.as_ref()))
        (callers(&decision.callers))
        @if let Some(plan) = &preview.plan {
            section { h2 { "Tried on a copy just now" } (outcome(place, plan, plan.verdict(), false)) }
        }
        details.panel { summary { "Identity: fields of the call" } (display(&decision.display)) }
        (digests(decision))
        section.send {
            @match decision.consent {
                None | Some(Consent::NotNeeded) => p { (button(preview, false)) },
                Some(Consent::Needed) => {
                    p { (consent(describe_consent(decision))) }
                    p { (button(preview, true)) }
                },
                Some(Consent::Refused) => p.card.danger {
                    span.weight { "✗ refused" } " A check refuses this action, and no --accept \
                        changes that: nothing can be sent from here."
                },
            }
            p #done role="status" {}
            div #failed role="alert" {}
        }
        p { (link(place, "/action", &[("id", &decision.action.to_string())], "Back to the action")) }
    }
}

/// Describes what of the page has to be accepted, in words.
fn describe_consent(decision: &ActionDecision) -> &'static str {
    let is_danger = |finding: &Finding| finding.severity == Severity::Danger;
    if decision.findings.iter().any(is_danger) {
        "every danger, and what was not checked"
    } else {
        "what was not checked"
    }
}

/// The box without which nothing is sent, where a check refused something: `what` stands above it.
fn consent(what: &str) -> Markup {
    html! {
        label {
            input #yes type="checkbox" autocomplete="off";
            " I have read " (what) ", above. Continue anyway"
        }
    }
}

/// The definition of the action, as a link.
fn definition(place: &PageContext, name: &str) -> Markup {
    link(place, "/definition", &[("name", name)], of_whom(name))
}

/// Returns what the page is about.
fn title(decision: &ActionDecision) -> &'static str {
    match decision.operation.as_str() {
        "safe" => "Before the file is written",
        _ => "Before the wallet is asked",
    }
}

fn button(preview: &DecisionPreview, needs_consent: bool) -> Markup {
    let decision = &preview.decision;
    let label = match decision.operation.as_str() {
        "sign" => "Sign with the wallet",
        "safe" => "Write the file for Safe's Transaction Builder",
        _ => "Send with the wallet",
    };
    html! {
        button #do type="button" data-do=(decision.operation) data-id=(decision.action)
            data-stamp=(preview.stamp)
            data-safe=[(decision.operation == "safe").then_some(decision.account)]
            disabled[needs_consent] { (label) }
    }
}

/// The digests of ERC-8213: all of an approval, that of the calldata alone of any other call.
fn digests(decision: &ActionDecision) -> Markup {
    let mut all = Vec::new();
    if let Some(digests) = &decision.digests {
        all.push(("domain hash", digests.domain));
        all.push(("message hash", digests.message));
        all.push(("EIP-712 digest", digests.eip712));
    }
    let signed = decision.digests.as_ref().map(|digest| digest.calldata);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{FindingId, FindingKind, Part};
    use crate::console::decision::tests::{decision, plan};
    use crate::interface::{CallerChange, CallersOfWay};

    fn page() -> DecisionPreview {
        DecisionPreview {
            decision: decision(),
            ..DecisionPreview::default()
        }
    }

    #[test]
    fn the_box_names_what_has_to_be_accepted_and_each_card_what_it_is_about() {
        let mut page = page();
        page.decision.consent = Some(Consent::Needed);
        let next = Some("say so: --accept absent:interface".to_owned());
        page.decision.findings = vec![Finding {
            next,
            ..Finding::named(
                Part::Interface,
                Severity::Unknown,
                FindingId::absent(Part::Interface),
                "no build",
            )
        }];
        let shown = super::preview(&PageContext::default(), &page).into_string();
        for part in [
            "I have read what was not checked, above. Continue",
            "<code>absent:interface</code>",
            "<dt>next</dt>",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let danger = Finding::named(
            Part::Layout,
            Severity::Danger,
            FindingId::about(FindingKind::Reorder, "peak"),
            "it moves",
        );
        page.decision.findings.push(danger);
        let shown = super::preview(&PageContext::default(), &page).into_string();
        assert!(shown.contains("I have read every danger, and"), "{shown}");
        assert!(shown.contains("<code>reorder:peak</code>"), "{shown}");
    }

    #[test]
    fn the_page_names_the_action_its_definition_and_its_first_digits() {
        let shown = super::preview(&PageContext::default(), &page()).into_string();
        for part in ["<b>pause A</b>", "name=A", "0x000000…000000"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn each_finding_stands_once_with_what_the_proposer_accepted() {
        let found = |severity, id: FindingId| Finding::new(Part::Layout, severity, id, "it is");
        let [note, lost] = [
            found(Severity::Note, FindingKind::FirstUse.id()),
            found(
                Severity::Danger,
                FindingId::about(FindingKind::Delete, "peak"),
            ),
        ];
        let mut page = page();
        page.decision.findings = vec![lost, note];
        page.decision.callers = vec![CallersOfWay {
            from: "1.0".into(),
            to: "2.0".into(),
            proven: true,
            changes: vec![CallerChange {
                before: Some("function cap() view".into()),
                after: None,
            }],
        }];
        page.plan = Some(plan());
        let shown = super::preview(&PageContext::default(), &page).into_string();
        let at = |id: &str| {
            let id = format!("<code>{id}</code>");
            assert_eq!(shown.matches(&id).count(), 1, "{id}: {shown}");
            shown.find(&id)
        };
        assert!(
            shown.contains("it would succeed"),
            "whatever a check refuses: {shown}"
        );
        assert!(at("delete:peak") < at("first-use"), "{shown}");
        assert_eq!(
            shown.matches("proposed in spite of it").count(),
            1,
            "{shown}"
        );
        for part in [
            "what changes for callers, 1.0 → 2.0",
            "function cap() view",
            "× removed",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
