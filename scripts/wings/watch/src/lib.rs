//! The watch: whether everything that a registry and its instances need still runs.
//!
//! | module | holds |
//! |---|---|
//! | [`doctor`] | the examination, and what repairs |
//! | `commands` | `doctor` |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod commands;
pub mod doctor;

// The modules of the core, under the same names.
use stylus_upgrades_core::{
    app_error, assess, client, context, cost, deploy, deployed, error, expiry, governance, history,
    ids, migration, model, names, output, pipeline, progress, questions, registry, report, text,
};

use context::spec::Command;
use context::wings::Watch;

/// The commands of this wing, in the order of the help.
pub static COMMANDS: &[&dyn Command] = &[&commands::doctor::SPEC];

/// The services of this wing for others.
pub static WATCH: Watch = Watch {
    examined: |context| Box::pin(commands::doctor::diagnose(context)),
};
