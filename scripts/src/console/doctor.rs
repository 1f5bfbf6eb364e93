//! What the doctor found.

use super::page::finding;
use crate::doctor::Diagnosis;
use maud::{Markup, html};

/// The page.
pub fn doctor(found: &Diagnosis) -> Markup {
    html! {
        h1 { "Doctor" }
        p { "chain " (found.chain.chain_id) ", block " (found.chain.block) ", ArbOS "
            (found.chain.arbos) }
        @if found.findings.is_empty() { p { "Nothing was found." } }
        @for one in &found.findings { (finding(one)) }
        section {
            h2 { "Programs" }
            div.wide tabindex="0" role="region" aria-label="Programs" { table {
                thead { tr { th scope="col" { "code hash" } th scope="col" { "state" }
                    th scope="col" { "days left" } th scope="col" { "needed" } } }
                tbody {
                    @for one in &found.programs { tr {
                        td { code.address { (one.codehash) } }
                        td { (one.state.word()) }
                        td { @if let Some(days) = one.days_left { (days) } @else { "–" } }
                        td { @if one.needed { "yes" } @else { "not now" } }
                    } }
                }
            } }
        }
    }
}
