//! Flags of anvil that this node understands and refuses, each with the reason that its help gives.

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};

use super::flags::NodeFlags;

/// The beginning of a refused flag's help.
const REFUSED: &str = "Refused: ";

/// The reason to exit with code 2, if there is one.
pub(super) fn check(given: &ArgMatches) -> Result<(), String> {
    for argument in NodeFlags::command().get_arguments() {
        let help = argument.get_help().map(ToString::to_string);
        let reason = help.as_deref().and_then(|help| help.strip_prefix(REFUSED));
        let is_given =
            given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine);
        if let (true, Some(reason)) = (is_given, reason) {
            let flag = argument.get_long().unwrap_or_default();
            return Err(format!("--{flag}: {reason}"));
        }
    }
    Ok(())
}

/// Refuses rules of Ethereum that a version of ArbOS does not have. Older rules are taken: those that run include them.
pub(super) fn hardfork(named: &str, arbos_version: u64) -> Result<(), String> {
    let here = stylus_chain::hardfork(arbos_version);
    if named == "latest" || stylus_chain::includes_hardfork(named, arbos_version) {
        return Ok(());
    }
    Err(format!(
        "--hardfork {named:?}: expected the rules of ArbOS {arbos_version}, which are those of {here}, or older ones; choose \
         another --arbos-version (cancun below 40, prague below 50, osaka from then on), or leave it out"
    ))
}
