//! A version tried on a copy of the chain, and where it was asked for, past transactions sent again.

use super::action::calls;
use super::page::{PageContext, address, findings, text, way};
use crate::assess::{Coverage, Finding, Severity};
use crate::expect::Asks;
use crate::functions::DecodedCall;
use crate::fuzz::Fuzzed;
use crate::plan::{
    Change, Event, FieldValues, Group, Kind, Plan, Reads, Replay, Verdict, ether, not_tried,
    only_started,
};
use crate::review::Review;
use crate::text::{grouped, shell_word};
use maud::{Markup, html};

/// Past transactions that are sent again where a page asks for it.
const REPLAYED: &str = "25";
/// Blocks that are looked through for them, at most.
pub const REPLAY_BLOCKS: u64 = 1_000;

/// A plan, with what is known beside it.
#[derive(Debug)]
pub struct Tried {
    /// The plan.
    pub plan: Plan,
    /// What the copy showed, whatever the checks before it refuse.
    pub verdict: Verdict,
    /// The migration, in words.
    pub decoded: Vec<DecodedCall>,
    /// How much of each part could be checked.
    pub coverage: Coverage,
    /// What ends soon, or does not run.
    pub warnings: Vec<Finding>,
    /// What past transactions do with the version.
    pub replay: Replayed,
}

/// Past transactions that were sent again.
#[derive(Debug)]
pub enum Replayed {
    /// Nobody asked for it.
    NotAsked,
    /// There was none.
    Nothing,
    /// What came of them.
    Compared(Box<Replay>),
}

/// The page.
pub fn page(place: &PageContext, tried: &Tried) -> Markup {
    html! {
        h1 { "Tried on a copy: " (text(&tried.plan.name)) " " (text(&tried.plan.to)) }
        (calls(&tried.decoded))
        @let found = tried.findings();
        @if !found.is_empty() { (findings(&found)) }
        (outcome(place, tried))
    }
}

impl Tried {
    /// What was found, and what was not checked as a whole.
    pub fn findings(&self) -> Vec<Finding> {
        let mut all: Vec<Finding> = self
            .plan
            .problems
            .iter()
            .chain(&self.warnings)
            .cloned()
            .collect();
        let coverage = self.coverage.findings().into_iter();
        all.extend(coverage.filter(|one| one.severity != Severity::Good));
        all
    }
}

/// The ways from an action to its plan.
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
        way(place, "/plan", &[&query[..], more].concat())
    };
    let checked = review.checked.as_ref();
    let fuzzed = checked.and_then(|checked| checked.fuzzed.as_ref());
    html! {
        @if version.is_some() && !place.is_file {
            p.doing {
                a.button href=(to(&[])) { "Try it on a copy" } " "
                a.button href=(to(&[("replay", REPLAYED)])) {
                    "Try it, and replay the newest " (REPLAYED) " transactions" }
                br; "A replay looks through the newest " (grouped(REPLAY_BLOCKS)) " blocks, at most, with one \
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
        }
    }
}

/// The command that fuzzes it as the newest run did.
fn again(review: &Review, version: &str, fuzzed: Option<&Fuzzed>) -> String {
    let (name, version) = (shell_word(&review.definition), shell_word(version));
    let action = review.action;
    let seed = fuzzed.map_or(String::new(), |fuzzed| format!(" --seed {}", fuzzed.seed));
    format!("stylus-upgrades fuzz {name} {version} --action {action}{seed}")
}

/// What a copy of the chain said.
pub fn outcome(place: &PageContext, tried: &Tried) -> Markup {
    let plan = &tried.plan;
    html! {
        @if let Some(says) = tried.verdict.words() { (succeeds(tried, says)) }
        @for one in plan.expectations.iter().flat_map(Asks::words) { p { "expects " code { (text(&one)) } } }
        @for says in plan.reads.iter().filter_map(Reads::of_others) {
            p.card.note { span.weight { "· note" } " " (text(&says)) }
        }
        @for says in plan.reads.iter().filter_map(Reads::of_calls) {
            p.card.warning { span.weight { "! warning" } " " (text(&says)) }
        }
        @for one in &plan.others {
            section.card.warning {
                h3 { span.weight { "! warning" } " beside registry and instances it changes "
                    (address(place, one.account)) }
                p { (text(&one.words())) }
                (changes(&one.changes))
                (events(&one.events))
            }
        }
        @if plan.untried > 0 {
            (unknown(&not_tried(plan.untried)))
        }
        @if let Some(says) = only_started(&plan.instances) { (unknown(&says)) }
        @for one in &plan.instances {
            h3 { "instance " (address(place, one.proxy)) ": " (text(&one.from)) " → " (text(&one.to)) }
            (changes(&one.changes))
            @if let Some(wei) = one.balance {
                p.card.warning { span.weight { "! warning" } " ether of the instance: " (ether(wei)) }
            }
            (events(&one.events))
        }
        @match &tried.replay {
            Replayed::Compared(replay) => (replayed(place, replay)),
            Replayed::Nothing => (nothing_replayed()),
            Replayed::NotAsked => {},
        }
    }
}

/// That it succeeds: a warning where the code reads how much gas is left, which others choose, and where
/// something was not tried to its end.
fn succeeds(tried: &Tried, says: &str) -> Markup {
    let plan = &tried.plan;
    let gas: Vec<String> = plan.reads.iter().filter_map(Reads::of_gas).collect();
    let is_warned = tried
        .warnings
        .iter()
        .any(|one| one.severity == Severity::Danger);
    let is_good = gas.is_empty() && tried.verdict.is_carried_out() && !is_warned;
    let (class, mark) = match is_good {
        true => ("good", "✓ checked"),
        false => ("warning", "! warning"),
    };
    html! {
        p class=(format!("card {class}")) {
            span.weight { (mark) } " " (says) ", at block " (plan.block) ", with " (plan.gas())
                " gas in all"
            @for says in &gas { "; " (text(says)) }
        }
    }
}

fn changes(all: &[Change]) -> Markup {
    html! {
        @if !all.is_empty() {
            div.wide tabindex="0" role="region" aria-label="Storage that would change" { table.stack {
                thead { tr { th scope="col" { "variable" } th scope="col" { "before" }
                    th scope="col" { "after" } } }
                tbody { @for value in all.iter().flat_map(Change::values) { (row(&value)) } }
            } }
        }
    }
}

fn events(all: &[Event]) -> Markup {
    html! {
        @if !all.is_empty() {
            p { "emits" }
            ul { @for event in all { li { code { (text(&event.what)) } } } }
        }
    }
}

/// What was not looked at.
fn unknown(what: &str) -> Markup {
    html! { p.card.unknown { span.weight { "? not checked" } " " (text(what)) } }
}

/// A replay was asked for, and there was nothing to send again.
fn nothing_replayed() -> Markup {
    let Finding { message, found, .. } = Replay::nothing();
    html! {
        section {
            h2 { "Past transactions, sent again" }
            (unknown(&message))
            @if let Some(found) = found { p { (text(&found)) } }
        }
    }
}

/// What past transactions do with the version.
fn replayed(place: &PageContext, replay: &Replay) -> Markup {
    html! {
        section {
            h2 { "Past transactions, sent again" }
            p { (replay.transactions) " transactions to the instances and " (replay.others)
                " others, from block " (replay.block + 1) " to " (replay.to_block) "; gas "
                (grouped(replay.gas_before)) " before, " (grouped(replay.gas_after)) " with it" }
            (verdict(replay))
            @for one in replay.omitted(&place.names).iter().chain(&replay.notes).chain(&replay.behind) {
                (unknown(one))
            }
            @for group in &replay.differences { (group_card(place, group)) }
            @if !replay.storage.is_empty() {
                h3 { "Storage that ends otherwise" }
                ul { @for one in &replay.storage { li {
                    (address(place, one.account))
                    @for value in one.word.values() {
                        " " (text(&value.title())) ": " code { (text(&value.before)) } " → " code { (text(&value.after)) }
                    }
                    @if one.by_upgrade { ", by the upgrade itself" }
                } } }
            }
        }
    }
}

/// What the replay as a whole shows. Only what was compared, all of it, is told as checked.
fn verdict(replay: &Replay) -> Markup {
    html! {
        @if let Some(why) = &replay.not_done {
            p.card.danger { span.weight { "✗ danger" } " the upgrade does not go through there: "
                (text(why)) }
        } @else if !replay.is_whole() {
            (unknown("it was compared in part only"))
        } @else if replay.differences.is_empty() {
            p.card.good { span.weight { "✓ checked" } " every call that was compared did the same" }
        }
    }
}

/// Calls of one function that differ in the same way.
fn group_card(place: &PageContext, group: &Group) -> Markup {
    let (class, mark, says) = match group.kind {
        Kind::FailsNow => ("danger", "✗ danger", "succeeded, and fails now"),
        Kind::NeedsMoreGas => ("warning", "! warning", "needs more gas than it had"),
        Kind::SucceedsNow => ("note", "· note", "failed, and succeeds now"),
        Kind::OtherReason => ("note", "· note", "fails for another reason"),
        Kind::Returns => ("warning", "! warning", "returns something else"),
        Kind::Emits => ("warning", "! warning", "emits something else"),
        Kind::Gas => ("note", "· note", "takes other gas"),
    };
    html! {
        section class=(format!("card {class}")) {
            h3 { span.weight { (mark) } " " code { (text(&group.function)) } " " (says) }
            p { (group.count) " calls"
                @if let Some(to) = group.to { " of " (address(place, to)) }
                @if let Some(reason) = &group.reason { ": " (text(reason)) } }
            ul { @for one in &group.examples { li {
                code { (text(&one.call)) } ": " (text(&one.before)) " → " (text(&one.after))
                ", transaction " code.address { (one.hash) }
            } } }
        }
    }
}

fn row(value: &FieldValues) -> Markup {
    html! {
        tr {
            td data-name="variable" { (text(&value.title())) }
            td data-name="before" { code { (text(&value.before)) } }
            td data-name="after" { code { (text(&value.after)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Evidence, Origin, Part};
    use crate::console::decision::tests::plan;
    use serde_json::json;

    /// The page of a plan with that replay.
    fn shown(more: impl FnOnce(&mut Tried)) -> String {
        let mut tried = Tried {
            plan: plan(),
            verdict: Verdict::Whole,
            decoded: Vec::new(),
            coverage: Coverage::default(),
            warnings: Vec::new(),
            replay: Replayed::NotAsked,
        };
        more(&mut tried);
        page(&PageContext::default(), &tried).into_string()
    }

    fn replay(left_out: usize, not_compared: usize) -> Replayed {
        let replay = json!({
            "block": 1, "to_block": 3, "transactions": 2, "others": 0, "left_out": left_out,
            "not_compared": not_compared, "not_compared_differ": [],
            "left_out_accounts": [REGISTRY], "not_done": null, "faithful": true,
            "unfaithful": [], "differences": [], "storage": [],
            "gas_before": 1, "gas_after": 1, "notes": [], "behind": [],
        });
        Replayed::Compared(serde_json::from_value(replay).expect("a replay"))
    }

    const REGISTRY: &str = "0x1111111111111111111111111111111111111111";

    const UNKNOWN: &str = "<p class=\"card unknown\"><span class=\"weight\">? not checked</span> ";

    #[test]
    fn what_a_replay_did_not_compare_is_reported_as_not_checked() {
        let page = shown(|tried| tried.replay = replay(3, 2));
        for one in [
            "left out: 3 transactions",
            "2 calls that change the registry",
            "not compared: the framework",
        ] {
            assert!(page.contains(&format!("{UNKNOWN}{one}")), "{one}: {page}");
        }
        assert!(page.contains(REGISTRY), "{page}");
        assert!(
            page.contains("every call that was compared did the same"),
            "{page}"
        );
        assert!(!page.contains("every call did the same"), "{page}");
        let page = shown(|tried| tried.replay = replay(0, 0));
        assert!(!page.contains("left out"), "{page}");
        assert_eq!(page.matches(UNKNOWN).count(), 1, "the registry: {page}");
    }

    #[test]
    fn a_requested_replay_without_transactions_is_reported() {
        let page = shown(|tried| tried.replay = Replayed::Nothing);
        let card = format!("{UNKNOWN}nothing was compared: no transaction to an instance");
        assert!(page.contains(&card), "{page}");
        assert!(!shown(|_| ()).contains(UNKNOWN));
    }

    #[test]
    fn warnings_and_what_was_checked_in_part_are_reported() {
        let page = shown(|tried| {
            let soon = Finding::named(
                Part::Code,
                Severity::Warning,
                "EndsSoon",
                "it ends in 9 days",
            );
            tried.warnings.push(soon);
            tried.coverage.seen(Part::Layout, Origin::Chain);
            let some = Evidence::some(Part::LiveInstances, Origin::NotKnown, "64 of 900");
            tried.coverage.add(some);
            let none = Evidence::whole(Part::Steps, Origin::NotKnown, "no section");
            tried.coverage.add(none);
        });
        assert!(page.contains("it ends in 9 days"), "{page}");
        for one in ["absent:steps", "partial:live-instances"] {
            assert!(page.contains(&format!("<code>{one}</code>")), "{page}");
        }
        assert!(!page.contains("complete:layout"), "{page}");
    }
}
