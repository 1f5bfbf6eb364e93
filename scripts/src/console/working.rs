//! What is answered while a page is being read from the chain.

use super::page::text;
use maud::{Markup, html};

/// How long it takes so far, and what is being read, where that is known. The style sheet shows it only to
/// whoever waits for longer than a moment.
pub fn working(title: &str, seconds: u64, what: Option<&str>) -> Markup {
    html! {
        h1 { (text(title)) }
        section.card role="status" {
            h2 { "Being read" }
            p { "The chain is being read for this page, for " (seconds) " s so far. The page follows by \
                itself." }
            @if let Some(what) = what { p { (text(what)) } }
            p { "No answer for long: the endpoint does not answer, or limits requests. Other pages are \
                answered meanwhile." }
        }
    }
}
