//! A definition in one file: for a pull request, or for whoever audits it.

use super::action::action;
use super::assets::STYLE;
use super::page::{PageContext, UNVERIFIED, text};
use crate::review::Review;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What every report begins with, as a comment.
const MARK: &str = "<!-- a report of stylus-upgrades -->\n";

/// Whether a file is a report.
pub fn is_report(content: &str) -> bool {
    content.starts_with(MARK)
}

/// A page that loads nothing and runs nothing: of a definition as it was read at a block, with what is open.
pub fn html(
    place: &PageContext,
    (name, block): (&str, u64),
    definition: &Markup,
    actions: &[Review],
) -> String {
    let name = text(name);
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
                        ", block " (block) }
                    @if place.is_unverified { p { strong { (UNVERIFIED) } } }
                    (definition)
                    @for one in actions { hr; (action(place, one)) }
                }
            }
        }
    };
    format!("{MARK}{}", page.into_string())
}
