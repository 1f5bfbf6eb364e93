//! One definition: versions and steps, instances, policies, what waits, what happened.

use super::action::timeline;
use super::overview::{at_versions, differing, rest, with_policies};
use super::page::{
    PageContext, address, addresses, card, findings, instances, state, text, weight,
};
use super::policy::tree_alone;
use crate::assess::{Finding, Severity};
use crate::governance::{self, DefinitionControl, Explained, Node};
use crate::history::{ComparedHistory, Verification};
use crate::model::{Definition, Slice, StepKind, role_of, runs};
use crate::review::{Behind, OpenAction, Pending, Policies};
use crate::text::{count, grouped, shell_word};
use alloy::primitives::Address;
use maud::{Markup, html};

/// The content of the page.
#[derive(Debug)]
pub struct DefinitionPage<'a> {
    /// The definition; the registry itself has no name.
    pub compared: &'a ComparedHistory,
    /// The part of its lists that is shown.
    pub part: &'a Slice,
    /// The comparison of it with the chain.
    pub verification: &'a Verification,
    /// Of which part.
    pub verified: &'a Slice,
    /// Its policies.
    pub policies: &'a Policies,
    /// The accounts that can replace its code; none for the registry itself.
    pub control: Option<&'a DefinitionControl>,
    /// The open actions.
    pub pending: &'a Pending,
    /// The findings about the instances of that part.
    pub findings: &'a [Finding],
}

impl DefinitionPage<'_> {
    /// Returns what the page is about.
    pub fn title(&self) -> &str {
        match self.compared.definition().name.as_str() {
            "" => "The registry itself",
            name => name,
        }
    }
}

/// The page.
pub fn definition(place: &PageContext, shown: &DefinitionPage<'_>) -> Markup {
    let open: Vec<&OpenAction> = shown.pending.actions.iter().collect();
    let (definition, history) = (shown.compared.definition(), &shown.compared.history);
    let part = shown.part;
    html! {
        h1 { (text(shown.title())) }
        @if !definition.name.is_empty() {
            p.quiet {
                @if definition.current.is_empty() { "no version yet" } @else { "current " b { (text(&definition.current)) } }
                ", sequence " (definition.sequence) ", " (state(definition.state.word()))
            }
        }
        (differing(&shown.compared.differences))
        section {
            h2 { "Open actions" }
            (with_policies(place, &open, |open| decided_by(shown.policies, open)))
        }
        @if !definition.name.is_empty() {
            (versions(place, definition, part))
            section {
                h2 { "Instances" }
                @if definition.instances.is_empty() { p { "None yet." } }
                @else { (instances(place, part.instances_of(definition), part.instances.start + 1)) }
                (rest(part.instances.len(), definition.instances.len(), &listing("status", definition)))
                (behind(definition))
                (findings(shown.findings))
            }
        }
        (policies(place, shown))
        (checks(definition, shown))
        section {
            h2 { "History" }
            (timeline(place, &history.entries, None))
            (rest(history.entries.len(), history.total, &listing("history", definition)))
        }
    }
}

/// Draws the note that instances have not followed to the version that is current.
fn behind(definition: &Definition) -> Markup {
    html! {
        @if let Some(behind) = Behind::of(definition) {
            p { (weight(Severity::Warning)) " current " (text(&behind.current)) "; " (text(&behind.still())) ": "
                code { (text(&behind.command())) } ", by anybody" }
        }
    }
}

/// Draws who decides, by role.
fn policies(place: &PageContext, shown: &DefinitionPage<'_>) -> Markup {
    let all = shown.policies;
    html! {
        section {
            h2 { "Who decides" }
            @if let Some(control) = shown.control { p { "control: " (text(&control.sentence)) } }
            dl.fields {
                @for policy in &all.policies {
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
            @for role in &all.unset { p.quiet { (text(&role.line(&place.names))) } }
        }
    }
}

/// Draws whether what the registry says still holds on the chain: what does not, and the rest folded.
fn checks(definition: &Definition, shown: &DefinitionPage<'_>) -> Markup {
    let (hold, fail): (Vec<_>, Vec<_>) =
        shown.verification.checks.iter().partition(|check| check.ok);
    html! {
        section {
            h2 { "Checks" }
            @if !fail.is_empty() {
                ul.checks { @for check in &fail { li { b { (text(&check.line())) } } } }
            }
            (findings(&shown.verification.findings))
            (unchecked(definition, shown.verified))
            @if !hold.is_empty() {
                details {
                    summary { "✓ " (count(hold.len(), "check")) " " @if hold.len() == 1 { "holds" } @else { "hold" } }
                    ul.checks { @for check in &hold { li { (text(&check.line())) } } }
                }
            }
        }
    }
}

/// The policy that decides an open action, with those who said yes to that.
fn decided_by(policies: &Policies, open: &OpenAction) -> Option<Node> {
    let of = |role: &str| policies.policies.iter().find(|policy| policy.role == role);
    let asked = &open.shown.as_ref()?.display.role;
    let role = role_of(asked, |role| of(role).is_some());
    tree_of(of(role)?, &open.open.readiness.approved)
}

/// A policy as a tree; `None` where it cannot be read, which the document says as a failure already.
fn tree_of(policy: &Explained, approved: &[Address]) -> Option<Node> {
    governance::tree(&policy.role, &policy.expression, approved).ok()
}

/// The command that lists all of a definition.
fn listing(command: &str, definition: &Definition) -> String {
    format!("stylus-upgrades {command} {}", shell_word(&definition.name))
}

/// Draws what was not compared, and what compares it.
fn unchecked(definition: &Definition, verified: &Slice) -> Markup {
    let versions = definition.versions.len() - verified.versions.len();
    let instances = definition.instances.len() - verified.instances.len();
    html! {
        @if versions + instances > 0 {
            (card(Severity::Unknown, &html! { "the code of " (grouped(versions))
                " versions and the slots of " (grouped(instances)) " instances were not compared here: "
                code { "stylus-upgrades verify" } " compares all" }))
        }
    }
}

/// Versions, with the steps into each.
fn versions(place: &PageContext, definition: &Definition, part: &Slice) -> Markup {
    let at = at_versions(definition);
    html! {
        section {
            h2 { "Versions" }
            @if definition.versions.is_empty() { p { "None yet." } }
            @else {
                ol.versions start=(part.versions.start + 1) {
                    @for version in part.versions_of(definition) {
                        @let at = at.get(version.version.as_str()).copied().unwrap_or_default();
                        li.current[version.version == definition.current] {
                            b { (text(&version.version)) }
                            @if version.version == definition.current { " (current)" }
                            ", " (count(at, "instance"))
                            @if version.incoming().next().is_none() { ", instances are created at it" }
                            @for step in version.incoming() {
                                br; (text(&step.from)) " → " (text(&version.version)) ": " (words(runs(step)))
                            }
                            details {
                                summary { "Code" }
                                (address(place, version.code.implementation)) br;
                                "hash " code.address { (version.code.codehash) }
                            }
                        }
                    }
                }
            }
            (rest(part.versions.len(), definition.versions.len(), &listing("status", definition)))
        }
    }
}

/// Says what runs in a step of that kind.
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
