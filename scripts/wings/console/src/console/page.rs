//! The parts that every page has: the head, the links to the other pages, the account of the wallet, and how an
//! address, a time, a failure look.

use super::assets::{SCRIPT_PATH, STYLE, STYLE_PATH};
use super::identicon::identicon;
use crate::assess::{Finding, Severity, told_once};
use crate::error::Report;
use crate::model::{Block, Instance};
use crate::names::Names;
use crate::output::visible;
use crate::text::utc;
use alloy::primitives::Address;
use form_urlencoded::Serializer;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The warning on every page of a registry that is used by --trust-registry alone.
pub const UNVERIFIED: &str = "The origin of this registry is not verified: it may hold forged approvals, policies \
                              and versions. It is used because of --trust-registry.";

/// The context of a page beside its document.
#[derive(Debug, Clone, Default)]
pub struct PageContext {
    /// Names for addresses.
    pub names: Names,
    /// The chain.
    pub chain_id: u64,
    /// The network's name in the manifest.
    pub network: Option<String>,
    /// The registry.
    pub registry: Address,
    /// The account of the wallet, where it said so.
    pub account: Option<Address>,
    /// The account that the page was opened for, where the wallet has another one.
    pub was: Option<Address>,
    /// The explorer whose pages show transactions.
    pub explorer: Option<String>,
    /// The block that was the newest before the page was drawn.
    pub block: Option<Block>,
    /// True if it stands alone in a file: nothing is loaded, and nothing can be done.
    pub is_file: bool,
    /// True if one look takes thousands of requests: the page is not drawn again by itself.
    pub is_costly: bool,
    /// True if nothing vouches for what the registry stores.
    pub is_unverified: bool,
}

/// A whole page. One that is a file loads nothing and runs nothing.
pub fn page(place: &PageContext, title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text(title)) " – stylus-upgrades" }
                @if place.is_file {
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'";
                    style { (PreEscaped(STYLE)) }
                } @else {
                    link rel="stylesheet" href=(STYLE_PATH);
                    link rel="icon" href="/favicon.ico";
                    script src=(SCRIPT_PATH) type="module" {}
                }
            }
            body data-chain=(place.chain_id) data-registry=(place.registry)
                data-account=(place.account.map(|account| account.to_string()).unwrap_or_default()) {
                @if !place.is_file {
                    a.skip href="#main" { "To the content" }
                    (header(place))
                }
                main #main tabindex="-1" data-block=[place.block.map(|block| block.number)]
                    data-hash=[place.block.map(|block| block.hash)] data-costly[place.is_costly] {
                    (main)
                    @if let Some(block) = place.block {
                        p.drawn { "drawn at block " (block.number) ", " (time(block.time)) }
                    }
                }
            }
        }
    }
}

/// The links to the other pages, the account of the wallet, and the registry.
fn header(place: &PageContext) -> Markup {
    html! {
        header {
            nav aria-label="Pages" {
                @for (path, name) in [("/", "Overview"), ("/doctor", "Checks")] {
                    a href=(url(place, path, &[])) { (name) }
                }
            }
            p.wallet {
                @match place.account {
                    Some(account) => { "wallet " (address(place, account)) },
                    None => { span #no-wallet { "no wallet connected" } },
                }
                // The script shows it where no wallet says that it has the account.
                " " button #connect type="button" hidden[place.account.is_some()] { "Connect a wallet" }
                span #wallets {}
            }
            p.where { "chain " (chain(place)) " · registry " (address(place, place.registry)) }
            (other_account(place))
            @if place.is_unverified { p role="alert" { strong { (UNVERIFIED) } } }
            p #news role="status" {}
        }
    }
}

/// Draws the note that the wallet has another account than the page was opened for.
fn other_account(place: &PageContext) -> Markup {
    let other = place.was.filter(|was| Some(*was) != place.account);
    html! {
        @if let Some((was, account)) = other.zip(place.account) {
            p.notice role="alert" { "The wallet’s account is " (address(place, account)) ", the page was for "
                (address(place, was)) ". It shows now what the wallet’s account may do." }
        }
    }
}

/// The URL of a page: its path and query, and the account of the wallet.
pub fn url(place: &PageContext, path: &str, query: &[(&str, &str)]) -> String {
    let account = place.account.map(|account| account.to_string());
    let account = account.iter().map(|account| ("account", account.as_str()));
    let mut text = Serializer::new(String::new());
    text.extend_pairs(query.iter().copied().chain(account));
    match text.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// A link to another page; in a file only its text.
pub fn link(place: &PageContext, path: &str, query: &[(&str, &str)], label: &str) -> Markup {
    html! {
        @if place.is_file { (text(label)) }
        @else { a href=(url(place, path, query)) { (text(label)) } }
    }
}

/// Text from anywhere: nothing in it turns the direction or hides itself.
pub fn text(from: &str) -> String {
    visible(from).into_owned()
}

/// The chain, by its name where it has one.
fn chain(place: &PageContext) -> Markup {
    let known = match place.chain_id {
        42_161 => Some("Arbitrum One"),
        42_170 => Some("Arbitrum Nova"),
        421_614 => Some("Arbitrum Sepolia"),
        412_346 => Some("of this machine"),
        _ => None,
    };
    let name = place.network.as_deref().or(known);
    html! {
        @if let Some(name) = name { b { (text(name)) } " (" (place.chain_id) ")" }
        @else { (place.chain_id) }
    }
}

/// Digits of an address that are shown at each end.
const DIGITS: usize = 6;

/// An account, with its picture: its name where it has one, and the ends of its address. The script adds a button that
/// copies all of it. A file has no script, and shows all of it.
pub fn address(place: &PageContext, account: Address) -> Markup {
    let named = place.names.short(account);
    let full = account.to_string();
    html! {
        (identicon(account))
        @if named != full { b { (text(&named)) } " " }
        (digits(place, &full))
    }
}

/// The digits of an address or a hash by their ends; all of them are copied. A file has no script, and shows all of them.
pub(super) fn digits(place: &PageContext, full: &str) -> Markup {
    let ends = full.get(..DIGITS + 2).zip(full.get(full.len() - DIGITS..));
    html! {
        @match ends.filter(|_| !place.is_file) {
            Some((first, last)) => code.address.short title=(full) data-copy=(full) { (first) "…" (last) },
            None => code.address data-copy=(full) { (full) },
        }
    }
}

/// A state, in a word and a color.
pub fn state(word: &str) -> Markup {
    html! { span class=(format!("pill {word}")) { (word) } }
}

/// Accounts in a row.
pub fn addresses(place: &PageContext, accounts: &[Address]) -> Markup {
    html! {
        @if accounts.is_empty() { "nobody" }
        @for (at, account) in accounts.iter().enumerate() {
            @if at > 0 { ", " }
            (address(place, *account))
        }
    }
}

/// A time, for people and for programs.
pub fn time(seconds: u64) -> Markup {
    let shown = utc(seconds);
    let exact = shown.replace(" UTC", "Z").replace(' ', "T");
    html! { time datetime=(exact) data-seconds=(seconds) { (shown) } }
}

/// A failure: what was expected, what was found, what to do next.
pub fn failure(error: &Report) -> Markup {
    html! {
        section.card.danger role="alert" {
            h2 { (text(&error.message)) }
            (more(error))
        }
    }
}

/// Draws what somebody has to read, marked by how much it weighs.
pub fn card(severity: Severity, says: &Markup) -> Markup {
    html! {
        p class={ "card " (severity.class()) } { (weight(severity)) " " (says) }
    }
}

/// The mark and the word of a severity.
pub fn weight(severity: Severity) -> Markup {
    html! { span class={ "weight " (severity.class()) } { (severity.mark()) " " (severity.word()) } }
}

/// Draws how many findings there are of each severity, the heaviest first.
pub fn counts(all: &[Finding]) -> Markup {
    html! {
        ul.counts {
            @for (severity, number) in Severity::counted(all) {
                li class={ "pill " (severity.class()) } { (severity.mark()) " " (number) }
            }
        }
    }
}

/// Returns true if a finding asks for a decision. The others are read by who looks for them.
fn is_to_decide(finding: &Finding) -> bool {
    finding.severity >= Severity::Unknown
}

/// Findings, one row for each: those that ask for a decision, and the others folded. What several have in common stands
/// with the last of them.
pub fn findings(all: &[Finding]) -> Markup {
    let told = told_once(all);
    let (heavy, light): (Vec<_>, Vec<_>) = all
        .iter()
        .zip(&told)
        .partition(|(finding, _)| is_to_decide(finding));
    let folded = Severity::counted(light.iter().map(|(finding, _)| *finding));
    let words: Vec<String> = folded.into_iter().rev().map(|(_, words)| words).collect();
    html! {
        (rows(&heavy))
        @if !light.is_empty() { details { summary { (words.join(", ")) } (rows(&light)) } }
    }
}

/// Findings, each with what is told of it.
fn rows(all: &[(&Finding, &Finding)]) -> Markup {
    html! {
        @if !all.is_empty() { ul.cards {
            @for (finding, told) in all {
                li class=(format!("card {}", finding.severity.class())) {
                    h3 { (weight(finding.severity)) " " (finding.part.words()) " " (code(&finding.id.to_string())) }
                    p {
                        (words(&finding.message))
                        @if finding.is_accepted_by_proposer() {
                            " " span.pill.accepted title="the program proposes it only where --accept names this finding" {
                                "proposed in spite of it" }
                        }
                    }
                    (more(&Report::of(*told)))
                }
            }
        } }
    }
}

fn more(report: &Report) -> Markup {
    let named = report.named();
    html! {
        @if !named.is_empty() {
            dl {
                @for (name, value) in named {
                    dt { (name) }
                    dd { (words(value)) }
                }
            }
        }
    }
}

/// Characters of a flag that stays on one line.
const FLAG_MAX: usize = 24;

/// Text from anywhere, for people: no flag in it is broken at its hyphens.
pub fn words(from: &str) -> Markup {
    let shown = text(from);
    let is_flag = |word: &str| word.contains("--") && word.len() <= FLAG_MAX;
    html! {
        @for word in shown.split_inclusive(' ') {
            @if is_flag(word) { span.flag { (word.trim_end()) } @if word.ends_with(' ') { " " } }
            @else { (word) }
        }
    }
}

/// A table. One that is too wide scrolls by itself; on a phone each cell stands below the name of its column.
pub fn table<const N: usize>(
    label: &str,
    columns: [&str; N],
    rows: impl IntoIterator<Item = [Markup; N]>,
) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(label) { table.stack {
            thead { tr { @for column in columns { th scope="col" { (column) } } } }
            tbody { @for row in rows { tr {
                @for (column, cell) in columns.iter().zip(row) { td data-name=(column) { (cell) } }
            } } }
        } }
    }
}

/// Text of a table's cell.
pub fn cell(from: &str) -> Markup {
    html! { (text(from)) }
}

/// The same where each character counts.
pub fn code(from: &str) -> Markup {
    html! { code { (text(from)) } }
}

/// Instances as a table, each by its definition and its number, which counts from `first`.
pub fn instances(place: &PageContext, all: &[Instance], first: usize) -> Markup {
    let columns = ["instance", "address", "version", "kind", "state"];
    let rows = (first..).zip(all).map(|(number, instance)| {
        let query = instance.proxy.to_string();
        let name = format!("{} {number}", instance.definition);
        [
            link(place, "/instance", &[("proxy", &query)], &name),
            address(place, instance.proxy),
            cell(&instance.version),
            cell(instance.kind.word()),
            state(instance.state.word()),
        ]
    });
    table("Instances", columns, rows)
}
