//! The command line: the commands of the core and of its wings, in one program.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod cli;
#[cfg(test)]
mod tests;

use stylus_upgrades_core::cli::program;
use stylus_upgrades_core::commands;
use stylus_upgrades_core::context::Program;
use stylus_upgrades_core::context::wings::Wings;

/// The program.
pub static PROGRAM: Program = program(
    &[
        commands::COMMANDS,
        #[cfg(feature = "watch")]
        stylus_upgrades_watch::COMMANDS,
    ],
    Wings {
        #[cfg(feature = "watch")]
        watch: Some(&stylus_upgrades_watch::WATCH),
        ..Wings::NONE
    },
);

// The library beneath it, under one name.
pub use stylus_upgrades_core::{
    address, app_error, assess, build, call_tree, census, checks, children, client, console, demo,
    deploy, error, expect, export, file_names, functions, fuzz, governance, history, ids, inspect,
    interface, journal, keys, kill_point, layout, line_coverage, loopback, manifest, migration,
    model, names, options, output, own_database, own_file, plan, program_code, progress, project,
    publish, registry, report, review, secret, simulation, state_folder, steps, text, trace,
    versions,
};
