//! One action: what it does, who said yes, what was found, and what the account may do.

use super::callers::callers;
use super::calls::calls;
use super::page::{
    PageContext, address, addresses, card, counts, digits, findings, link, text, time, url, weight,
    words,
};
use super::plan::links;
use super::policy::{tree, tree_alone};
use super::slots::slots;
use super::waiting::{hindered, state_of};
use crate::assess::{Finding, Part, Severity};
use crate::functions::DecodedCall;
use crate::governance::{ControlChange, Display, PolicyChange};
use crate::history::Entry;
use crate::ids::{ActionId, TxHash};
use crate::model::{BlockedBy, Readiness, of_whom};
use crate::output::shortened;
use crate::review::{Area, Checked, Review};
use crate::text::count;
use maud::{Markup, html};

/// The page: what to decide first, then why, what changes, who decides, and last what identifies it.
pub fn action(place: &PageContext, review: &Review) -> Markup {
    let of = of_whom(&review.definition);
    let checked = review.checked.as_ref();
    html! {
        h1 { (text(&review.what)) }
        p.quiet { "of " (link(place, "/definition", &[("name", &review.definition)], of))
            ", proposed by " (address(place, review.proposer)) }
        @let found = found(review);
        (band(place, review, &found))
        @if !found.is_empty() { section { h2 { "Findings" } (findings(&found)) } }
        @let shown = &review.shown;
        (what_it_does(&shown.display, &shown.decoded, shown.policy_change.as_ref()))
        (control(shown.control.as_ref()))
        @if let Some(uri) = &shown.published_sources {
            p { "Sources, as the proposer says: " code.address { (text(uri)) } }
        }
        @if let Some(Checked { callers: all, .. }) = checked { (callers(all)) }
        @if let Some(Checked { slots: areas, .. }) = checked {
            @if !shown.facts.is_empty() || !areas.is_empty() { (storage(areas)) }
        }
        section {
            h2 { "Who decides" }
            p { "policy of " (text(&review.policy.role)) ": " code { (text(&review.policy.named)) } }
            @if review.readiness.is_some() { (tree(place, &review.tree, &review.refused)) }
            @else {
                (tree_alone(place, &review.tree))
                @if !review.refused.is_empty() { p { "refused: " (addresses(place, &review.refused)) } }
            }
            @if let Some(rights) = &review.cancel_rights { p { (text(&rights.words(&place.names))) } }
            (timeline(place, &review.entries, Some(review.action)))
        }
        @if review.readiness.is_some() { (links(place, review)) }
        details.panel {
            summary { "Identity: hashes and fields of the call" }
            (display(&review.shown.display))
            p { "action " code.address { (review.action) } }
        }
    }
}

/// Returns what was found, with what a policy of it changes.
fn found(review: &Review) -> Vec<Finding> {
    let checked = review
        .checked
        .as_ref()
        .map_or(&[][..], |checked| &checked.findings);
    with_effects(checked, review.shown.policy_change.as_ref())
}

/// Findings, with those of a change of a policy: one list, which is counted as a whole.
pub fn with_effects(found: &[Finding], change: Option<&PolicyChange>) -> Vec<Finding> {
    let mut all = found.to_vec();
    for effect in change.iter().flat_map(|change| &change.effects) {
        let is_told =
            |finding: &Finding| (&finding.id, &finding.message) == (&effect.id, &effect.message);
        if !all.iter().any(is_told) {
            all.push(effect.clone());
        }
    }
    all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    all
}

/// Draws what an action does: the calls in it, a policy before and after, the policies of a new definition.
pub fn what_it_does(
    display: &Display,
    decoded: &[DecodedCall],
    change: Option<&PolicyChange>,
) -> Markup {
    let is_definition = display.is_definition();
    html! {
        @if is_definition || !decoded.is_empty() || change.is_some() {
            section {
                h2 { "What it does" }
                (calls(decoded))
                @if let Some(change) = change {
                    dl.fields {
                        dt { "policy of " (text(&change.role)) " now" }
                        dd { (text(change.was.as_deref().unwrap_or("not set"))) }
                        dt { "afterwards" } dd { (text(&change.becomes)) }
                    }
                }
                @if is_definition {
                    dl.fields {
                        @for field in &display.fields { dt { (text(&field.name)) } dd { (text(&field.value)) } }
                    }
                }
            }
        }
    }
}

/// Draws the accounts that can replace the code, before and after.
pub fn control(change: Option<&ControlChange>) -> Markup {
    html! {
        @if let Some(change) = change {
            section {
                h2 { "Who controls the code" }
                @for line in change.lines() { p { (text(&line)) } }
            }
        }
    }
}

/// Storage before and after.
fn storage(areas: &[Area]) -> Markup {
    html! {
        section {
            h2 { "Storage before and after" }
            @if areas.is_empty() {
                p { "There is nothing to compare: it brings no version, begins at none, or a layout is \
                     not known. The findings say which." }
            } @else { (slots(areas)) }
        }
    }
}

/// Draws what somebody who has ten seconds reads: how far it is, what was found, whether it was tried, and what the
/// account may do.
fn band(place: &PageContext, review: &Review, found: &[Finding]) -> Markup {
    let Some(open) = &review.readiness else {
        return ended(place, review);
    };
    let heaviest = found.iter().map(|finding| finding.severity).max();
    html! {
        section.band.(heaviest.map_or("note", Severity::class)) {
            h2.state { (open.approvals) " of " (open.required) " approvals: " (state_of(open)) }
            (counts(found))
            (first(review, found))
            (tried(found))
            @if let Some(obstacle) = &review.obstacle { (hindered(obstacle)) }
            dl.fields {
                dt { "approved" } dd { (addresses(place, &open.approved)) }
                @if !open.needed().is_empty() { dt { "missing" } dd { (addresses(place, open.needed())) } }
                @if !review.refused.is_empty() { dt { "refused" } dd { (addresses(place, &review.refused)) } }
                @if let Some(end) = open.delayed_until() {
                    dt { "delay until" }
                    dd { (time(end)) }
                }
                dt { "open until" } dd { (time(open.expires)) }
            }
            @if !place.is_file { (doing(place, review, open)) (files(place, review)) }
        }
    }
}

/// The first danger; where there is none, what the action does in a line.
fn first(review: &Review, found: &[Finding]) -> Markup {
    let mut dangers = found
        .iter()
        .filter(|finding| finding.severity == Severity::Danger);
    html! {
        @match dangers.next() {
            // The trial's own stands below.
            Some(finding) if finding.part == Part::Simulation => {},
            Some(finding) => p { (weight(finding.severity)) " " (words(&finding.message)) },
            None => p { (text(&summarize(review))) },
        }
    }
}

/// Characters of a policy that stand in a line; all of it stands below.
const POLICY_MAX: usize = 120;
/// New functions that are named in a line, at most.
const NEW_MAX: usize = 4;

/// Summarizes what the action does in a line: its version, what it runs, and the functions that are new.
fn summarize(review: &Review) -> String {
    let shown = &review.shown;
    let mut parts = Vec::new();
    let mut fields = shown.display.fields.iter();
    if let Some(version) = fields.find(|field| field.name == "version") {
        parts.push(format!("version {}", version.value));
    }
    if let Some(change) = &shown.policy_change {
        let becomes = shortened(&change.becomes, POLICY_MAX);
        parts.push(format!("{} becomes {becomes}", change.role));
    }
    for call in &shown.decoded {
        let function = call
            .function
            .as_deref()
            .unwrap_or("bytes that are not decoded");
        parts.push(format!("{} {function}", call.what));
    }
    let ways = review.checked.iter().flat_map(|checked| &checked.callers);
    let changes = ways.flat_map(|way| &way.changes);
    let new = changes.filter(|change| change.before.is_none());
    let new = new.filter_map(|change| change.after.as_deref()?.strip_prefix("function "));
    let new: Vec<&str> = new.collect();
    if !new.is_empty() {
        let named: Vec<&str> = new.iter().take(NEW_MAX).copied().collect();
        let more = match new.len().saturating_sub(NEW_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        parts.push(format!("new: {}{more}", named.join(", ")));
    }
    if parts.is_empty() {
        review.what.clone()
    } else {
        parts.join("; ")
    }
}

/// Draws whether it was tried on a copy, in the words of that finding, not of a note beside it. Beside a danger, that
/// no call fails is no tick.
fn tried(found: &[Finding]) -> Markup {
    let all = found
        .iter()
        .filter(|finding| finding.part == Part::Simulation);
    let more = all.clone().count().saturating_sub(1);
    let heaviest = all.max_by_key(|finding| (finding.severity != Severity::Note, finding.severity));
    let has_danger = found
        .iter()
        .any(|finding| finding.severity == Severity::Danger);
    let shown = |finding: &Finding| match finding.severity {
        Severity::Good if has_danger => Severity::Note,
        severity => severity,
    };
    html! {
        @match heaviest {
            Some(finding) => p { (weight(shown(finding))) " " (text(&finding.message))
                @if more > 0 { "; " (count(more, "more finding")) " of the trial below" } },
            None => p { (weight(Severity::Unknown)) " not tried on a copy of the chain" },
        }
    }
}

/// Draws what came of an action that is not open any more. What it activated is a warning while instances run an older
/// version.
fn ended(place: &PageContext, review: &Review) -> Markup {
    let newest = || review.entries.iter().rev();
    let last = |event: &str| newest().find(|entry| entry.event == event);
    let approvals = last("Approved").and_then(|entry| {
        let (_, count) = entry.what.rsplit_once('(')?;
        count.strip_suffix(')')
    });
    let word = match review.shown.display.function.as_str() {
        "migrate" => "activated",
        _ => "executed",
    };
    let is_executed = last("Executed").is_some();
    let behind = review.behind.as_ref();
    html! {
        section.band.good[is_executed && behind.is_none()].warning[is_executed && behind.is_some()] {
            h2 {
                @match (last("Executed"), last("Cancelled")) {
                    (Some(_), _) => { "success " (text(approvals.unwrap_or("by one call"))) " " (word) },
                    (None, Some(_)) => "cancelled",
                    (None, None) if review.ended_by.is_some() => "ended by another action",
                    (None, None) if review.expired.is_some() => "expired",
                    (None, None) => "not open any more: it expired, or another action ended it",
                }
            }
            @if let Some(by) = review.ended_by.as_ref().filter(|_| !is_executed) {
                p { (link(place, "/action", &[("id", &by.action.to_string())], &by.what))
                    " was executed " (time(by.time)) ". If this one is still wanted, propose it again." }
            }
            @if let Some(end) = review.expired.filter(|_| !is_executed) { p { "Its time was over " (time(end)) "." } }
            @if let Some(behind) = behind {
                p { (weight(Severity::Warning)) " current " (text(&behind.current)) "; " (text(&behind.still())) ": "
                    code { (text(&behind.command())) } ", by anybody" }
            }
            @if is_executed && word == "activated" {
                p { "To keep the version in git, run in the project's folder: "
                    code { "stylus-upgrades approve " (review.action) } }
            }
        }
    }
}

fn doing(place: &PageContext, review: &Review, open: &Readiness) -> Markup {
    let Some(account) = place.account else {
        let (action, registry) = (review.action, place.registry);
        let command = format!("stylus-upgrades approve {action} --registry {registry}");
        return html! {
            p {
                "Connect a wallet to see what its account may do here. Without a wallet, run "
                code { (command) } " with --rpc-url, and --keystore or --private-key-path of an approver's key; to refuse \
                 it, revoke in place of approve."
            }
        };
    };
    let id = review.action.to_string();
    let has_danger = dangers_of(review) > 0;
    let step = |operation: &str, label: &str| {
        let query = [("id", id.as_str()), ("do", operation)];
        let is_primary = ["approve", "execute"].contains(&operation) && !has_danger;
        html! { a.button.primary[is_primary] href=(url(place, "/before", &query)) { (label) } " " }
    };
    let is_missing = open.needed().contains(&account);
    let has_approved = open.approved.contains(&account);
    let has_refused = review.refused.contains(&account);
    let is_ended = review
        .obstacle
        .as_ref()
        .is_some_and(|obstacle| obstacle.ends);
    let may_execute = open.blocked_by == BlockedBy::Nothing && !is_ended;
    let waits = open.blocked_by == BlockedBy::Delay;
    // All approvals are there, and a delay runs: who has not approved may still say no.
    let is_left = open.missing.contains(&account);
    let may_refuse = is_left && !is_missing && !has_approved && !has_refused;
    let is_proposer = review.proposer == account;
    let has_part = is_left || has_refused || has_approved || is_proposer;
    html! {
        @if !has_part && !may_execute && !waits {
            p { b { "This account is not an approver of this action." }
                " Its policy names other accounts; they are listed above." }
        }
        (dangers(review))
        @if has_refused { p { b { "This account refused it." } " It can still approve with a transaction." } }
        p.doing {
            @if is_ended {}
            @else if has_refused { (step("approve", "Approve")) }
            @else if is_missing {
                (step("approve", "Approve")) (step("revoke", "Refuse")) (step("sign", "Sign offline"))
            }
            @else if may_execute { (step("execute", "Execute")) }
            @else if waits { button type="button" disabled { "Execute" } span { " from " (time(open.not_before)) " on" } " " }
            @if has_approved { (step("revoke", "Withdraw the approval")) }
            @if may_refuse { (step("revoke", "Refuse")) }
            @if is_proposer { (step("cancel", "Cancel")) }
        }
        @if (is_missing || may_refuse) && !has_refused {
            p.quiet { "Refuse sends a transaction: everybody sees it, and offline signatures of this account for this \
                 action become invalid. The action stays open for the others." }
        }
    }
}

/// Counts the dangers that were found.
fn dangers_of(review: &Review) -> usize {
    let found = review.checked.iter().flat_map(|checked| &checked.findings);
    found
        .filter(|finding| finding.severity == Severity::Danger)
        .count()
}

/// Draws the note that dangers stand below, where some do: above the button that approves.
fn dangers(review: &Review) -> Markup {
    let all = dangers_of(review);
    html! {
        @if all > 0 {
            (card(Severity::Danger, &html! { (count(all, "danger")) " below: read "
                @if all == 1 { "it" } @else { "them" } " first" }))
        }
    }
}

/// Files for the missing approvers that are contracts: a Safe sends the call itself.
fn files(place: &PageContext, review: &Review) -> Markup {
    let id = review.action.to_string();
    html! {
        @for account in review.checked.iter().flat_map(|checked| &checked.contracts) {
            @let safe = account.to_string();
            @let query = [("id", id.as_str()), ("do", "safe"), ("safe", safe.as_str())];
            p { a.button href=(url(place, "/before", &query)) { "File for Safe's Transaction Builder" }
                " for the contract " (address(place, *account)) }
        }
    }
}

/// Draws what a call does, from its very bytes.
pub fn display(display: &Display) -> Markup {
    html! {
        dl.fields {
            dt { "function" } dd { (text(&display.function)) }
            dt { "role" } dd { (text(&display.role)) }
            @for field in &display.fields {
                dt { (text(&field.name)) } dd { (text(&field.value)) }
            }
            dt { "payload" } dd { code.address { (display.payload) } }
        }
    }
}

/// Transactions of a timeline that are shown; those before are folded.
const SHOWN: usize = 4;

/// Events, the newest first, those of one transaction together, with who did it once. Only the newest are unfolded.
/// Events of `own`, the action that the page is about, have no link to it.
pub fn timeline(place: &PageContext, entries: &[Entry], own: Option<ActionId>) -> Markup {
    let mut all: Vec<&[Entry]> = entries
        .chunk_by(|entry, next| entry.tx == next.tx)
        .collect();
    all.reverse();
    let (newest, older) = all.split_at(all.len().min(SHOWN));
    html! {
        (happenings(place, newest, own))
        @if !older.is_empty() {
            details { summary { (count(older.len(), "earlier transaction")) } (happenings(place, older, own)) }
        }
    }
}

fn happenings(place: &PageContext, transactions: &[&[Entry]], own: Option<ActionId>) -> Markup {
    html! {
        ol.timeline {
            @for all in transactions {
                @if let Some(first) = all.first() {
                    @let is_one = all.iter().all(|entry| entry.who == first.who);
                    li {
                        @if is_one { (address(place, first.who)) " " }
                        span.quiet { (time(first.time)) " " (transaction(place, first.tx)) }
                        ul { @for entry in *all { li {
                            @if !is_one { (address(place, entry.who)) " " }
                            (happened(place, entry, own))
                        } } }
                    }
                }
            }
        }
    }
}

/// A transaction: a link to the explorer's page, where an explorer is named; else the ends of its hash.
fn transaction(place: &PageContext, tx: TxHash) -> Markup {
    let is_web = |to: &&String| to.starts_with("https://") || to.starts_with("http://");
    html! {
        @match place.explorer.as_ref().filter(is_web) {
            Some(explorer) => a href={ (explorer) "/tx/" (tx) } rel="noreferrer" { "transaction" },
            None => (digits(place, &tx.to_string())),
        }
    }
}

/// An event of a transaction, with the action that it belongs to.
fn happened(place: &PageContext, entry: &Entry, own: Option<ActionId>) -> Markup {
    html! {
        (text(&entry.what))
        @if let Some(action) = entry.action.filter(|action| Some(*action) != own) {
            " " (link(place, "/action", &[("id", &action.to_string())], "action"))
        }
    }
}

#[cfg(test)]
mod tests;
