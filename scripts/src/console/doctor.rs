//! What the doctor found.

use super::page::{PageContext, address, findings, text};
use crate::doctor::{Diagnosis, Program};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The page.
pub fn doctor(place: &PageContext, found: &Diagnosis) -> Markup {
    html! {
        h1 { "Doctor" }
        p { "chain " (found.chain.chain_id) ", block " (found.chain.block) ", ArbOS "
            (found.chain.arbos) }
        @if found.findings.is_empty() { p { "Nothing was found." } }
        @if !found.findings.is_empty() { (findings(&found.findings)) }
        section {
            h2 { "Programs" }
            div.wide tabindex="0" role="region" aria-label="Programs" { table {
                thead { tr { th scope="col" { "code" } th scope="col" { "state" }
                    th scope="col" { "days left" } th scope="col" { "needed" } } }
                tbody {
                    @for one in &found.programs { tr {
                        td { (code(place, one)) }
                        td { (one.state.word()) }
                        td { @if let Some(days) = one.days_left { (days) } @else { "–" } }
                        td { @if one.needed { "yes" } @else { "not now" } }
                    } }
                }
            } }
        }
    }
}

/// What the code is for, by whom it is held, and its hash.
fn code(place: &PageContext, program: &Program) -> Markup {
    html! {
        @for account in &program.accounts {
            @let uses: BTreeSet<String> =
                account.uses.iter().map(|one| format!("{} ({})", one.role.name(), one.of)).collect();
            @for one in &uses { b { (text(one)) } br; }
            (address(place, account.address)) br;
        }
        "hash " code.address { (program.codehash) }
    }
}
