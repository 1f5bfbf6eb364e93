//! The command line as clap parses it: what every command takes, and the commands.

use super::long_version::long_version;
use crate::context::Program;
use crate::context::spec::Invocation;
use crate::options::Global;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};

/// Upgradeable contracts for Arbitrum Stylus: build, deploy, govern, upgrade.
#[derive(Debug, Parser)]
#[command(name = "stylus-upgrades", version, long_version = long_version())]
struct Root {
    /// The arguments that every command takes.
    #[command(flatten)]
    global: Global,
}

/// A command line.
pub(super) struct CommandLine {
    /// The arguments that every command takes.
    pub(super) global: Global,
    pub(super) invocation: Box<dyn Invocation>,
}

/// Every command, without the texts around its help.
pub(super) fn tree(program: &Program) -> clap::Command {
    let root = Root::command()
        .subcommand_required(true)
        .arg_required_else_help(true);
    program
        .commands()
        .fold(root, |root, one| root.subcommand(one.clap()))
}

/// Takes over what clap has parsed.
pub(super) fn command_line(
    program: &Program,
    matches: &ArgMatches,
) -> Result<CommandLine, clap::Error> {
    let global = Root::from_arg_matches(matches)?.global;
    let found = matches
        .subcommand()
        .and_then(|(name, args)| Some((program.named(name)?, args)));
    let (command, args) =
        found.ok_or_else(|| clap::Error::new(clap::error::ErrorKind::MissingSubcommand))?;
    Ok(CommandLine {
        global,
        invocation: command.invocation(args)?,
    })
}
