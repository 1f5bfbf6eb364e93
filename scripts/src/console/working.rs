//! What is answered while a page is being read from the chain.

use super::page::text;
use maud::{Markup, html};

/// How long it takes so far, and what is being read, where that is known.
pub fn working(seconds: u64, what: Option<&str>) -> Markup {
    html! {
        h1 { "Being read" }
        section.card role="status" {
            p { "The chain is being read for this page, for " (seconds) " s so far. The page follows by \
                itself." }
            @if let Some(what) = what { p { (text(what)) } }
            p { "No answer for long: the endpoint does not answer, or limits requests. Other pages are \
                answered meanwhile." }
        }
    }
}
