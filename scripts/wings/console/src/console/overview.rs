//! The first page: what there is, what waits, what ends soon.

use super::page::{
    PageContext, address, addresses, card, cell, findings, link, state, table, text, time, weight,
};
use super::policy::tree;
use super::waiting::{hindered, state_of};
use crate::assess::{Finding, Severity};
use crate::governance::{Node, title};
use crate::history::ComparedHistory;
use crate::model::{BlockedBy, Definition, Difference};
use crate::output::shortened;
use crate::review::{Behind, OpenAction, Pending};
use crate::text::{count, grouped};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Characters of what an action does that are shown: its page has a long policy as a whole.
const WORDS_MAX: usize = 200;
/// Versions of which the instances are counted, at most.
const AT_MAX: usize = 20;

/// The content of the page beside open actions.
#[derive(Debug, Default)]
pub struct OverviewPage {
    /// The first definitions whose name contains what somebody looks for.
    pub definitions: Vec<ComparedHistory>,
    /// The number of names that contain that.
    pub matching: usize,
    /// The number of definitions in all.
    pub total: usize,
    /// The things that end soon, or do not run.
    pub warnings: Vec<Finding>,
}

/// Instances by version.
pub fn at_versions(definition: &Definition) -> BTreeMap<&str, usize> {
    let mut at = BTreeMap::new();
    for instance in &definition.instances {
        *at.entry(instance.version.as_str()).or_default() += 1;
    }
    at
}

/// The page; `search` is what somebody looks for.
pub fn overview(
    place: &PageContext,
    shown: &OverviewPage,
    pending: &Pending,
    search: &str,
) -> Markup {
    let is_found = |action: &&OpenAction| fits(action, search);
    let all: Vec<&OpenAction> = pending.actions.iter().filter(is_found).collect();
    let needs = |action: &&&OpenAction| {
        let needed = action.open.readiness.needed();
        place
            .account
            .is_some_and(|account| needed.contains(&account))
    };
    let (mine, others): (Vec<&OpenAction>, Vec<&OpenAction>) =
        all.iter().partition(|action| needs(action));
    let is_ripe = |action: &&&OpenAction| action.open.readiness.blocked_by == BlockedBy::Nothing;
    let ripe = others.iter().filter(is_ripe).count();
    html! {
        h1 { "Overview" }
        @if !place.is_file { (search_field(place, search)) }
        @if place.account.is_some() {
            section {
                h2.mine { "Waiting for you" }
                (actions(place, &mine, match (search, ripe) {
                    ("", 0) => "Nothing waits for this account.",
                    ("", _) => "No approval of this account is missing. Below is what anybody may execute now.",
                    _ => "Nothing that waits for this account fits the search.",
                }))
            }
        }
        section {
            h2 { @if mine.is_empty() { "Open actions" } @else { "Other open actions" } }
            (actions(place, &others, no_other_actions(search, mine.is_empty())))
        }
        section {
            h2 { "Definitions" }
            @if shown.total == 0 { p { "The registry has no definition." } }
            @else if shown.definitions.is_empty() { p { "No name contains what you look for." } }
            @else { (definitions(place, &shown.definitions)) }
            @for compared in &shown.definitions { (differing(&compared.differences)) }
            (rest(shown.definitions.len(), shown.matching, "stylus-upgrades status"))
            p { (link(place, "/definition", &[("name", "")], "The registry itself")) }
        }
        section {
            h2 { "Expiring" }
            @if shown.warnings.is_empty() {
                p { "Nothing that runs expires within 60 days. Of the proxies of one kind and version, only the \
                    first was checked; Checks looks at each." }
            }
            (findings(&shown.warnings))
        }
    }
}

/// The text of an empty list of actions; `is_all` is true if no action stands above it.
fn no_other_actions(search: &str, is_all: bool) -> &'static str {
    match search {
        "" if is_all => "No action is open.",
        "" => "No other action is open.",
        _ if is_all => "No open action fits the search.",
        _ => "No other open action fits the search.",
    }
}

/// Returns true if somebody looks for an action: by its id, by what people call it, or by how it stands here. One that
/// nobody can read is always shown.
fn fits(action: &OpenAction, search: &str) -> bool {
    let Some(headline) = headline_of(action) else {
        return true;
    };
    let names = [headline, action.open.action.to_string()];
    names.iter().any(|name| is_match(name, search))
}

/// Returns true if a name contains what somebody looks for, whatever the case.
pub fn is_match(name: &str, search: &str) -> bool {
    name.to_lowercase().contains(&search.to_lowercase())
}

/// Draws the field where names are looked for. It works without the script.
fn search_field(place: &PageContext, search: &str) -> Markup {
    html! {
        form role="search" action="/" method="get" {
            @if let Some(account) = place.account { input type="hidden" name="account" value=(account); }
            input type="search" name="search" value=(text(search)) aria-label="Search for a definition or an action"
                placeholder="Search for a definition or an action";
            button type="submit" { "Search" }
        }
    }
}

/// Open actions, a row for each; `none` says that there is none.
fn actions(place: &PageContext, all: &[&OpenAction], none: &str) -> Markup {
    let columns = [
        "action",
        "approvals",
        "missing",
        "open until",
        "proposed by",
    ];
    let rows = all.iter().map(|action| {
        let open = &action.open.readiness;
        [
            html! { div.what { (named(place, action)) (notes(action)) } },
            html! {
                (open.approvals) " of " (open.required) ": " (state_of(open))
                @if !action.open.refused.is_empty() { "; refused: " (addresses(place, &action.open.refused)) }
            },
            addresses(place, open.needed()),
            time(open.expires),
            address(place, action.open.proposer),
        ]
    });
    html! {
        @if all.is_empty() { p { (none) } }
        @else {
            (table("Open actions", columns, rows))
            p.quiet { "What checks find stands on the page of each action. None of them ran here." }
        }
    }
}

/// An action by what it does, as a link to its page.
fn named(place: &PageContext, action: &OpenAction) -> Markup {
    html! {
        @match headline_of(action) {
            Some(words) => b { (link(place, "/action", &[("id", &action.open.action.to_string())],
                &shortened(&words, WORDS_MAX))) },
            None => { (weight(Severity::Danger)) " bytes that nobody should approve" },
        }
    }
}

/// Draws what keeps an action from being executed, what contradicts it, and what cannot be read of it.
fn notes(action: &OpenAction) -> Markup {
    html! {
        @if let Some(obstacle) = &action.obstacle { (hindered(obstacle)) }
        @for rival in &action.rivals { p { (weight(Severity::Warning)) " " (text(rival)) } }
        @if let Some(finding) = action.ends() { p { (weight(finding.severity)) " " (text(&finding.message)) } }
        @if let Some(why) = &action.open.unreadable { p { (text(why)) } }
    }
}

/// Actions as a list, each with the policy that decides it where the page knows that.
pub fn with_policies(
    place: &PageContext,
    all: &[&OpenAction],
    policy_of: impl Fn(&OpenAction) -> Option<Node>,
) -> Markup {
    html! {
        @if all.is_empty() { p { "No action is open." } }
        @for action in all {
            @let open = &action.open.readiness;
            div.card {
                p { (named(place, action)) }
                p { (open.approvals) " of " (open.required) " approvals: " (state_of(open))
                    "; open until " (time(open.expires)) ", proposed by " (address(place, action.open.proposer)) }
                @if !action.open.refused.is_empty() { p { "refused: " (addresses(place, &action.open.refused)) } }
                (notes(action))
                @if let Some(policy) = policy_of(action) { (tree(place, &policy, &action.open.refused)) }
            }
        }
    }
}

/// Says what an action does, in the words of its page; `None` where its bytes say nothing. Of a policy with what it
/// becomes.
fn headline_of(action: &OpenAction) -> Option<String> {
    let shown = action.shown.as_ref()?;
    let does = title(&action.open.call);
    Some(match &shown.policy_change {
        Some(change) => format!("{does}: {}", change.becomes),
        None => does,
    })
}

/// Definitions, a row for each.
fn definitions(place: &PageContext, all: &[ComparedHistory]) -> Markup {
    let columns = ["definition", "current", "state", "versions", "instances"];
    let rows = all.iter().map(|compared| {
        let definition = compared.definition();
        let current = match definition.current.as_str() {
            "" => "no version yet",
            current => current,
        };
        [
            html! { b { (link(place, "/definition", &[("name", &definition.name)], &definition.name)) } },
            cell(current),
            state(definition.state.word()),
            cell(&grouped(definition.versions.len())),
            instance_counts(definition),
        ]
    });
    table("Definitions", columns, rows)
}

/// Draws how many instances there are, and at which versions.
fn instance_counts(definition: &Definition) -> Markup {
    let at = at_versions(definition);
    let shown = at.iter().take(AT_MAX);
    let words = shown.map(|(version, instances)| format!("{} at {version}", grouped(*instances)));
    let words: Vec<_> = words.collect();
    html! {
        (count(definition.instances.len(), "instance"))
        @if !words.is_empty() { ": " (text(&words.join(", "))) }
        @if at.len() > AT_MAX { ", " (at.len() - AT_MAX) " more versions" }
        @if let Some(behind) = Behind::of(definition) {
            p { (weight(Severity::Warning)) " " (text(&behind.still())) ": " code { (text(&behind.command())) } }
        }
    }
}

/// Draws how many of a list are shown, where those are not all, and the command that lists all.
pub fn rest(shown: usize, total: usize, command: &str) -> Markup {
    html! {
        @if shown < total {
            p { (grouped(shown)) " of " (grouped(total)) " are shown; all of them: " code { (text(command)) } }
        }
    }
}

/// Draws what the registry's views say otherwise than the events that the endpoint showed.
pub fn differing(all: &[Difference]) -> Markup {
    html! {
        @for difference in all {
            (card(Severity::Danger, &html! { "the endpoint contradicts itself: "
                (text(&difference.what)) " is " (text(&difference.view)) ", the events say " (text(&difference.events)) }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governance::{Call, Display, EndedAction, PendingAction, ShownCall};
    use crate::ids::ActionId;
    use crate::model::Readiness;
    use crate::names::Names;
    use alloy::primitives::Address;
    use alloy::sol_types::SolCall;
    use stylus_upgrades_interface::registry::IRegistry as abi;

    const ANA: Address = Address::with_last_byte(0xa1);
    const BEN: Address = Address::with_last_byte(0xb2);
    const CLEO: Address = Address::with_last_byte(0xc3);

    /// The page for Ben of an action that Ana approved, Cleo refused, and nobody else has to approve.
    fn shown(blocked_by: BlockedBy) -> String {
        let call = abi::setPolicyCall {
            name: "A".into(),
            role: "migrate".into(),
            expression: ANA.to_string(),
        };
        let call = call.abi_encode();
        let (names, says) = (Names::default(), Call::decode(&call).expect("a call"));
        let shown = ShownCall {
            display: Display::of(&call, &names).expect("a call"),
            ends: vec![EndedAction {
                action: ActionId::default(),
                definition: "A".into(),
                what: "register A 3.0".into(),
            }],
            ..ShownCall::default()
        };
        let open = PendingAction {
            action: ActionId::default(),
            definition: "A".into(),
            proposer: ANA,
            call: call.into(),
            says: Some(says),
            unreadable: None,
            readiness: Readiness {
                approvals: 2,
                required: 2,
                approved: vec![ANA],
                missing: vec![BEN],
                blocked_by,
                not_before: 5,
                expires: 9,
            },
            refused: vec![CLEO],
        };
        let pending = Pending {
            registry: Address::ZERO,
            events_unread_from: None,
            actions: vec![OpenAction::new(
                open,
                Some(shown),
                (None, Vec::new()),
                (None, None),
                &names,
            )],
        };
        let place = PageContext {
            account: Some(BEN),
            ..PageContext::default()
        };
        overview(&place, &OverviewPage::default(), &pending, "").into_string()
    }

    #[test]
    fn who_refused_is_named_and_an_action_is_called_as_on_its_page() {
        let page = shown(BlockedBy::Delay);
        let (_, refused) = page.split_once("; refused: ").expect("who refused");
        assert!(refused.contains(&CLEO.to_string()), "{page}");
        assert!(page.contains(">set policy migrate of A</a>"), "{page}");
        let ends = "ends 1 open action, which must be proposed again: register A 3.0 (0x00000000)";
        assert!(page.contains(ends), "{page}");
        assert!(page.contains("data-due=\"5\""), "{page}");
        assert!(page.contains("Nothing waits for this account."), "{page}");
    }

    #[test]
    fn beside_what_anybody_may_execute_nobody_reads_that_nothing_waits() {
        let page = shown(BlockedBy::Nothing);
        for part in [
            "Below is what anybody may execute now.",
            "anybody may execute it now",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for part in ["Nothing waits for this account.", "data-due"] {
            assert!(!page.contains(part), "{part}: {page}");
        }
    }
}
