//! A version tried on a copy of the chain, and where it was asked for, past transactions sent again.

use super::calls::calls;
use super::page::{PageContext, address, card, cell, code, findings, table, text, url, weight};
use crate::assess::{Coverage, Finding, Severity};
use crate::expect::Asks;
use crate::functions::DecodedCall;
use crate::plan::{Change, Event, Fuzzed, Plan, Reads, Verdict, ether, not_tried, only_started};
use crate::review::Review;
use crate::text::{grouped, shell_word};
use maud::{Markup, html};

/// Past transactions that are sent again where a page asks for it.
const REPLAYED: &str = "25";
/// Blocks that are looked through for them, at most.
pub const REPLAY_BLOCKS: u64 = 1_000;

/// A plan, with what is known beside it.
#[derive(Debug)]
pub struct SimulatedPlan {
    /// The plan.
    pub plan: Plan,
    /// The verdict of the copy, whatever the checks before it refuse.
    pub verdict: Verdict,
    /// The migration, in words.
    pub decoded: Vec<DecodedCall>,
    /// The extent to which each part could be checked.
    pub coverage: Coverage,
    /// The things that end soon, or do not run.
    pub warnings: Vec<Finding>,
    /// The lines about what past transactions do with the version, as `plan --replay` prints it; empty where nobody
    /// asked.
    pub replay: Vec<String>,
}

/// The page.
pub fn page(place: &PageContext, simulated: &SimulatedPlan) -> Markup {
    html! {
        h1 { "Tried on a copy: " (text(&simulated.plan.name)) " " (text(&simulated.plan.to)) }
        @let found = simulated.findings();
        @let is_warned = simulated.warnings.iter().any(|warning| warning.severity == Severity::Danger);
        section { h2 { "What happened on the copy" }
            (calls(&simulated.decoded))
            (outcome(place, &simulated.plan, simulated.verdict, is_warned)) }
        @if !found.is_empty() { section { h2 { "Findings" } (findings(&found)) } }
        @if !simulated.replay.is_empty() {
            section {
                h2 { "Past transactions, sent again" }
                div.wide tabindex="0" role="region" aria-label="Past transactions, sent again" {
                    pre { @for line in &simulated.replay { (text(line)) "\n" } }
                }
            }
        }
    }
}

impl SimulatedPlan {
    /// Returns what was found, and what was not checked as a whole.
    pub fn findings(&self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self
            .plan
            .problems
            .iter()
            .chain(&self.warnings)
            .cloned()
            .collect();
        let coverage = self.coverage.findings().into_iter();
        all.extend(coverage.filter(|finding| finding.severity != Severity::Good));
        all
    }
}

/// The links from an action to its plan.
pub fn links(place: &PageContext, review: &Review) -> Markup {
    let field = |name: &str| {
        let mut fields = review.shown.display.fields.iter();
        fields.find(|field| field.name == name)
    };
    let version = match review.shown.display.function.as_str() {
        "migrate" => field("version"),
        _ => None,
    };
    let to = |more: &[(&str, &str)]| {
        let version = version.map_or("", |field| field.value.as_str());
        let action = review.action.to_string();
        let query = [
            ("name", review.definition.as_str()),
            ("version", version),
            ("action", action.as_str()),
        ];
        url(place, "/plan", &[&query[..], more].concat())
    };
    let checked = review.checked.as_ref();
    let fuzzed = checked.and_then(|checked| checked.fuzzed.as_ref());
    html! {
        @if version.is_some() && !place.is_file { details.panel {
            summary { "Try it yourself: on a copy, with past transactions, with the fuzzer" }
            p.doing {
                a.button href=(to(&[])) { "Try it on a copy" } " "
                a.button href=(to(&[("replay", REPLAYED)])) {
                    "Try it, and replay the newest " (REPLAYED) " transactions" }
                br; "A replay searches at most the newest " (grouped(REPLAY_BLOCKS)) " blocks, with one \
                    request to the endpoint for each, and one for each transaction in the blocks that it \
                    sends again."
            }
            p {
                @match fuzzed {
                    Some(fuzzed) => { (text(&fuzzed.words())) ". Again: " },
                    None => "This machine remembers no run of the fuzzer. To fuzz it: ",
                }
                code { (text(&again(review, version.map_or("", |field| field.value.as_str()), fuzzed))) }
            }
        } }
    }
}

/// The command that fuzzes it as the newest run did.
fn again(review: &Review, version: &str, fuzzed: Option<&Fuzzed>) -> String {
    let (name, version) = (shell_word(&review.definition), shell_word(version));
    let (action, registry) = (review.action, review.registry);
    let seed = fuzzed.map_or(String::new(), |fuzzed| format!(" --seed {}", fuzzed.seed));
    format!("stylus-upgrades fuzz {name} {version} --action {action} --registry {registry}{seed}")
}

/// Draws what a copy of the chain said; `is_warned` where something that the plan relies on does not run for long.
pub fn outcome(place: &PageContext, plan: &Plan, verdict: Verdict, is_warned: bool) -> Markup {
    html! {
        @if let Some(says) = verdict.words() {
            (succeeds(plan, says, verdict.is_carried_out() && !is_warned))
        }
        @for expectation in plan.expectations.iter().flat_map(Asks::words) { p { "expects " code { (text(&expectation)) } } }
        @for says in plan.reads.iter().filter_map(Reads::of_others) {
            (card(Severity::Note, &cell(&says)))
        }
        @for says in plan.reads.iter().filter_map(Reads::of_calls) {
            (card(Severity::Warning, &cell(&says)))
        }
        @for other in &plan.others {
            section.card.warning {
                h3 { (weight(Severity::Warning)) " it also changes another account: "
                    (address(place, other.account)) }
                p { (text(&other.words())) }
                (changes(&other.changes))
                (events(&other.events))
            }
        }
        @if plan.untried > 0 {
            (card(Severity::Unknown, &cell(&not_tried(plan.untried))))
        }
        @for says in &plan.control_trials.not_tried {
            (card(Severity::Unknown, &cell(says)))
        }
        @for says in &plan.control_trials.open {
            (card(Severity::Warning, &cell(says)))
        }
        @if let Some(says) = only_started(&plan.instances) { (card(Severity::Unknown, &cell(&says))) }
        @for instance in &plan.instances {
            h3 { "instance " (address(place, instance.proxy)) ": " (text(&instance.from)) " → " (text(&instance.to)) }
            (changes(&instance.changes))
            @if let Some(wei) = instance.balance {
                (card(Severity::Warning, &html! { "ether of the instance: " (ether(wei)) }))
            }
            (events(&instance.events))
        }
    }
}

/// Draws the note that it succeeds: a warning where the code reads how much gas is left, which others choose, and where
/// something was not tried to its end.
fn succeeds(plan: &Plan, says: &str, is_whole: bool) -> Markup {
    let gas: Vec<String> = plan.reads.iter().filter_map(Reads::of_gas).collect();
    let severity = if gas.is_empty() && is_whole {
        Severity::Good
    } else {
        Severity::Warning
    };
    let says = html! {
        (says) ", at block " (plan.block) ", with " (plan.gas()) " in all"
        @for says in &gas { "; " (text(says)) }
    };
    card(severity, &says)
}

fn changes(all: &[Change]) -> Markup {
    let rows = all.iter().flat_map(Change::values).map(|value| {
        [
            cell(&value.title()),
            code(&value.before),
            code(&value.after),
        ]
    });
    let columns = ["variable", "before", "after"];
    html! { @if !all.is_empty() { (table("Storage that would change", columns, rows)) } }
}

fn events(all: &[Event]) -> Markup {
    html! {
        @if !all.is_empty() {
            p { "emits" }
            ul { @for event in all { li { code { (text(&event.what)) } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Evidence, FindingId, Origin, Part};
    use crate::console::decision::tests::plan;

    /// The page of a plan with that replay.
    fn shown(more: impl FnOnce(&mut SimulatedPlan)) -> String {
        let mut simulated = SimulatedPlan {
            plan: plan(),
            verdict: Verdict::Whole,
            decoded: Vec::new(),
            coverage: Coverage::default(),
            warnings: Vec::new(),
            replay: Vec::new(),
        };
        more(&mut simulated);
        page(&PageContext::default(), &simulated).into_string()
    }

    #[test]
    fn warnings_and_what_was_checked_in_part_are_reported() {
        let page = shown(|simulated| {
            let soon = Finding::named(
                Part::Code,
                Severity::Warning,
                FindingId::error("EndsSoon"),
                "it ends in 9 days",
            );
            simulated.warnings.push(soon);
            simulated.coverage.seen(Part::Layout, Origin::Chain);
            let some = Evidence::some(Part::LiveInstances, Origin::NotKnown, "64 of 900");
            simulated.coverage.add(some);
            let none = Evidence::whole(Part::Steps, Origin::NotKnown, "no section");
            simulated.coverage.add(none);
        });
        assert!(page.contains("it ends in 9 days"), "{page}");
        for id in ["absent:steps", "partial:live-instances"] {
            assert!(page.contains(&format!("<code>{id}</code>")), "{page}");
        }
        assert!(!page.contains("complete:layout"), "{page}");
    }
}
