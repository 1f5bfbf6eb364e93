//! The page of what the doctor found.

use super::page::{PageContext, address, cell, counts, findings, table, text};
use crate::assess::Severity;
use crate::expiry::{Diagnosis, Program};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The page.
pub fn doctor(place: &PageContext, found: &Diagnosis) -> Markup {
    let programs = found.programs.iter().map(|program| {
        let days = program
            .days_left
            .map_or("–".into(), |days| days.to_string());
        let needed = if program.needed { "yes" } else { "not now" };
        [
            code(place, program),
            cell(program.state.word()),
            cell(&days),
            cell(needed),
        ]
    });
    let heaviest = found.findings.iter().map(|finding| finding.severity).max();
    html! {
        h1 { "Checks" }
        section.band.(heaviest.map_or("good", Severity::class)) {
            h2 {
                @match heaviest {
                    Some(Severity::Danger | Severity::Warning) => "Something needs your attention",
                    Some(Severity::Unknown) => "Not everything was checked",
                    Some(Severity::Note | Severity::Good) | None => "Nothing needs your attention",
                }
            }
            (counts(&found.findings))
            p.quiet { "chain " (found.chain.chain_id) ", block " (found.chain.block) ", ArbOS "
                (found.chain.arbos) ", as stylus-upgrades doctor reports it" }
        }
        @if !found.findings.is_empty() { section { h2 { "Findings" } (findings(&found.findings)) } }
        section {
            h2 { "Programs" }
            (table("Programs", ["code", "state", "days left", "needed"], programs))
        }
    }
}

/// Draws what the code is for, by whom it is held, and its hash.
fn code(place: &PageContext, program: &Program) -> Markup {
    html! {
        @for account in &program.accounts {
            @let uses: BTreeSet<String> =
                account.uses.iter().map(|usage| format!("{} ({})", usage.role.name(), usage.of)).collect();
            @for usage in &uses { b { (text(usage)) } br; }
            (address(place, account.address)) br;
        }
        "hash " code.address { (program.codehash) }
    }
}
