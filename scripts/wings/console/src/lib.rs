//! The console: the commands' reports as pages for a browser of this machine, approvals by its wallet, and what explorers
//! are sent.
//!
//! | module | holds |
//! |---|---|
//! | [`console`] | the pages |
//! | [`publish`] | an implementation's sources, submitted to an explorer |
//! | `commands` | `console`, `status --report`, `verify --publish` |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod commands;
pub mod console;
pub mod publish;

// The modules of the core, under the same names.
use stylus_upgrades_core::{
    app_error, assess, build, census, client, context, error, expect, expiry, export, functions,
    governance, history, ids, inspect, interface, keys, layout, loopback, model, names, options,
    output, own_file, pipeline, plan, progress, publication, registry, review, secret, text,
};

use context::spec::Command;
use context::wings::Console;

/// The commands of this wing, in the order of the help.
pub static COMMANDS: &[&dyn Command] = &[&commands::console::SPEC];

/// The services of this wing for others.
pub static CONSOLE: Console = Console {
    report: |context, file, name| Box::pin(commands::report_page::run(context, file, name)),
    publish: |session, (name, version), interface, args| {
        Box::pin(commands::publish::run(
            session, name, version, interface, args,
        ))
    },
};
