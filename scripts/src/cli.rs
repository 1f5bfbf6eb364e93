//! The command line of this program.

use crate::PROGRAM;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    stylus_upgrades_core::cli::main(&PROGRAM)
}

/// Runs a command line, its first word being the program's name.
pub fn run(words: Vec<OsString>) -> ExitCode {
    stylus_upgrades_core::cli::run(&PROGRAM, words)
}

/// A test aid: the types of the reports of each command.
#[cfg(feature = "kill-points")]
pub mod reports {
    use crate::PROGRAM;
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use stylus_upgrades_core::cli::reports;

    /// Commands, each with the names of the types that it reports.
    pub fn table() -> BTreeMap<String, Vec<&'static str>> {
        reports::table(&PROGRAM)
    }

    /// The whole command line.
    pub fn command() -> clap::Command {
        reports::command(&PROGRAM)
    }

    /// The name of the command that a command line calls; `None` if it calls none.
    pub fn called(words: &[OsString]) -> Option<String> {
        reports::called(&PROGRAM, words)
    }
}
