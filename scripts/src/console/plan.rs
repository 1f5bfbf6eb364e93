//! A version tried on a copy of the chain, and where it was asked for, past transactions sent again.

use super::page::{PageContext, address, text, way};
use super::view::{Finding, Plan, Review};
use crate::plan::{Change, Group, Kind, Replay};
use crate::text::{grouped, word};
use maud::{Markup, html};

/// Past transactions that are sent again where a page asks for it.
const REPLAYED: &str = "25";

/// The page.
pub fn page(place: &PageContext, plan: &Plan) -> Markup {
    html! {
        h1 { "Tried on a copy: " (text(&plan.name)) " " (text(&plan.to)) }
        (tried(place, plan))
    }
}

/// The ways from an action to its plan.
pub fn links(place: &PageContext, review: &Review) -> Markup {
    let field = |name: &str| {
        let mut fields = review.display.fields.iter();
        fields.find(|field| field.name == name)
    };
    let version = match review.display.function.as_str() {
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
    html! {
        @if version.is_some() && !place.is_file {
            p.doing {
                a.button href=(to(&[])) { "Try it on a copy" } " "
                a.button href=(to(&[("replay", REPLAYED)])) {
                    "Try it, and replay the newest " (REPLAYED) " transactions" }
            }
        }
    }
}

/// What a copy of the chain said.
pub fn tried(place: &PageContext, plan: &Plan) -> Markup {
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
        @if let Some(replay) = &plan.replay { (replayed(place, replay)) }
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
            @for note in replay.notes.iter().chain(&replay.behind) {
                p.card.unknown { span.weight { "? not checked" } " " (text(note)) }
            }
            @for group in &replay.differences { (group_card(place, group)) }
            @if !replay.movements.is_empty() {
                h3 { "Ether and tokens that are moved otherwise" }
                ul { @for one in &replay.movements { li {
                    (address(place, one.account)) ": "
                    @match one.token { Some(token) => { "token " (address(place, token)) }, None => "wei" }
                    " " (text(&one.before)) " → " (text(&one.after))
                } } }
            }
            @if !replay.storage.is_empty() {
                h3 { "Storage that ends otherwise" }
                ul { @for one in &replay.storage { li {
                    (address(place, one.account)) " "
                    @match &one.name { Some(name) => (text(name)), None => code { (one.slot) } }
                    ": " code { (word(&one.before)) } " → " code { (word(&one.after)) }
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
            p.card.unknown { span.weight { "? not checked" } " it was compared in part only" }
        } @else if replay.differences.is_empty() {
            p.card.good { span.weight { "✓ checked" } " every call did the same" }
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

fn row(change: &Change) -> Markup {
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
