//! The laboratory: what an upgrade would do with calls of the past and with calls that nobody has made yet; and what storage
//! and transactions hold.
//!
//! | module | holds |
//! |---|---|
//! | [`census`] | every slot of an instance, proven, and what each one is |
//! | [`fuzz`] | an upgrade tried with calls that nobody has made yet, on copies of one block |
//! | [`line_coverage`] | which lines of a contract ran in transactions |
//! | [`replay`] | past transactions sent again, with an upgrade and without |
//! | [`trace`] | the calls of a transaction |
//! | `fork_pair` | one block twice: as it is, and with an upgrade |
//! | `commands` | `census`, `coverage`, `fuzz`, `trace` |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod census;
mod commands;
mod fork_pair;
pub mod fuzz;
pub mod line_coverage;
pub mod replay;
pub mod trace;

// The modules of the core, under the same names.
use stylus_upgrades_core::{
    app_error, assess, build, call_tree, client, context, cost, error, functions, ids, inspect,
    interface, kill_point, layout, manifest, model, names, options, output, own_database, own_file,
    pipeline, plan, program_code, progress, registry, report, secret, simulation, state_folder,
    text,
};

use context::spec::Command;
use context::wings::Laboratory;
use plan::FuzzRun;
use replay::PastLimits;

/// The commands of this wing, in the order of the help.
pub static COMMANDS: &[&dyn Command] = &[
    &commands::fuzz::SPEC,
    &commands::trace::SPEC,
    &commands::coverage::SPEC,
    &commands::census::SPEC,
];

/// The services of this wing for others.
pub static LABORATORY: Laboratory = Laboratory {
    proven: |client, subject| Box::pin(census::find_proven_block(client, subject)),
    entries: |client, account| Box::pin(census::find_entries(client, account)),
    census: |context, instance| Box::pin(commands::census::take_for_page(context, instance)),
    replay: |client, request, planned, abis, (transactions, blocks)| {
        let limits = PastLimits {
            transactions,
            blocks,
        };
        Box::pin(replay::replay(client, request, planned, abis, limits))
    },
    fuzz: |client, request, instances| {
        Box::pin(async move {
            let report = fuzz::fuzz(client, request, instances).await?;
            let findings = report.findings.iter();
            let findings =
                findings.map(|finding| (report.finding(finding), finding.subject.clone()));
            Ok(FuzzRun {
                findings: findings.collect(),
                summary: report.summary(),
                record: report.record(),
            })
        })
    },
};
