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
        #[cfg(feature = "laboratory")]
        stylus_upgrades_laboratory::COMMANDS,
        #[cfg(feature = "watch")]
        stylus_upgrades_watch::COMMANDS,
        #[cfg(feature = "console")]
        stylus_upgrades_console::COMMANDS,
    ],
    Wings {
        laboratory: cfg_select! {
            feature = "laboratory" => { Some(&stylus_upgrades_laboratory::LABORATORY) }
            _ => { None }
        },
        console: cfg_select! {
            feature = "console" => { Some(&stylus_upgrades_console::CONSOLE) }
            _ => { None }
        },
        watch: cfg_select! {
            feature = "watch" => { Some(&stylus_upgrades_watch::WATCH) }
            _ => { None }
        },
    },
);

// The library beneath it, under one name.
#[cfg(feature = "console")]
pub use stylus_upgrades_console::{console, publish};
pub use stylus_upgrades_core::{
    address, app_error, assess, build, call_tree, checks, children, client, demo, deploy, deployed,
    error, error_catalogue, expect, expiry, export, file_names, functions, governance, history,
    ids, inspect, interface, journal, keys, kill_point, layout, loopback, manifest, migration,
    model, names, options, output, own_database, own_file, plan, program_code, progress, project,
    proxy_code, publication, registry, report, review, secret, simulation, state_folder, steps,
    text, versions,
};
#[cfg(feature = "laboratory")]
pub use stylus_upgrades_laboratory::{census, fuzz, line_coverage, replay, trace};
#[cfg(feature = "watch")]
pub use stylus_upgrades_watch::doctor;
