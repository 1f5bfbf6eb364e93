//! What is answered while a page is being read from the chain.

use super::page::text;
use maud::{Markup, html};

/// Seconds after which an endpoint that is at fault is likelier than a page with much to read.
const LONG: u64 = 10;

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
            @if seconds >= LONG {
                p { "No answer for long: the endpoint does not answer, or limits requests." }
            }
            p { "Other pages are answered meanwhile." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONG, working};

    #[test]
    fn an_endpoint_is_named_only_after_a_while() {
        for (seconds, is_named) in [(0, false), (LONG - 1, false), (LONG, true)] {
            let said = working("Overview", seconds, None).into_string();
            assert_eq!(said.contains("limits requests"), is_named, "{said}");
            assert!(said.contains("answered meanwhile"), "{said}");
        }
    }
}
