//! Whether live code, slots and views are what was recorded.

use super::definition::checks;
use super::page::{failure, text};
use super::view::Verified;
use maud::{Markup, html};

/// The page.
pub fn verify(found: &Verified) -> Markup {
    html! {
        h1 { "Verify" }
        @if let Some(error) = &found.error { (failure(error)) }
        section {
            h2 { "Checks" }
            (checks(&found.checks))
        }
        @if !found.coverage.is_empty() {
            section {
                h2 { "How much could be checked" }
                dl.fields {
                    @for (part, extent) in &found.coverage { dt { (text(part)) } dd { (text(extent)) } }
                }
            }
        }
    }
}
