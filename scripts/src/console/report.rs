//! A definition in one file: for a pull request, or for whoever audits it.

use super::action::action;
use super::assets::STYLE;
use super::page::{PageContext, UNVERIFIED, text};
use crate::model::Definition;
use crate::review::Review;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What every report begins with, as a comment.
const MARK: &str = "<!-- a report of stylus-upgrades -->\n";

/// Whether a file is a report.
pub fn is_report(content: &[u8]) -> bool {
    content.starts_with(MARK.as_bytes())
}

/// What a report holds.
#[derive(Debug)]
pub struct Report<'a> {
    /// The block that it was read at.
    pub block: u64,
    /// The definition.
    pub definition: &'a Definition,
    /// Its page.
    pub page: &'a Markup,
    /// What is open.
    pub actions: &'a [Review],
}

/// A page that loads nothing and runs nothing.
pub fn html(place: &PageContext, report: &Report<'_>) -> String {
    let name = text(&report.definition.name);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (name) " – stylus-upgrades" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p { "chain " (place.chain_id) ", registry " code { (place.registry) }
                        ", block " (report.block) }
                    @if place.is_unverified { p { strong { (UNVERIFIED) } } }
                    (report.page)
                    @for one in report.actions { hr; (action(place, one)) }
                }
            }
        }
    };
    format!("{MARK}{}", page.into_string())
}
