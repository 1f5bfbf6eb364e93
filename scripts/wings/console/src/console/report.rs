//! A definition in one file: for a pull request, or for an auditor.

use super::action::action;
use super::page::{PageContext, UNVERIFIED, page};
use crate::review::Review;
use maud::{Markup, html};

/// The beginning of every report, as a comment.
const MARK: &str = "<!-- a report of stylus-upgrades -->\n";

/// Returns true if a file is a report.
pub fn is_report(content: &str) -> bool {
    content.starts_with(MARK)
}

/// Renders a page that loads nothing and runs nothing: of a definition as it was read at a block, with what is open.
pub fn render_report(
    place: &PageContext,
    name: &str,
    block: u64,
    definition: &Markup,
    actions: &[Review],
) -> String {
    let main = html! {
        p { "chain " (place.chain_id) ", registry " code { (place.registry) } ", block " (block) }
        @if place.is_unverified { p { strong { (UNVERIFIED) } } }
        (definition)
        @for review in actions { hr; (action(place, review)) }
    };
    format!("{MARK}{}", page(place, name, &main).into_string())
}
