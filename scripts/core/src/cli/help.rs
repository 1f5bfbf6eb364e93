//! Help as it is printed: commands in groups, three examples of each, and the options that every command takes
//! only in `--help`.

use super::tree::{CommandLine, command_line, tree};
use crate::context::Program;
use crate::context::spec::{Group, shown_examples};
use crate::options::place;
use clap::Arg;
use clap::builder::StyledStr;
use std::ffi::OsString;
use std::fmt::Write;

/// The whole command line.
pub(super) fn command(program: &'static Program) -> clap::Command {
    let root = tree(program).mut_args(of_every_command);
    let root = program.commands().fold(root, |root, one| {
        root.mut_subcommand(one.name(), |command| {
            let below = |below: clap::Command| {
                let words = format!("{} {}", one.name(), below.get_name());
                let of_it = one
                    .examples()
                    .iter()
                    .filter(|example| example.starts_with(&words));
                let closing = closing(of_it.copied());
                below.after_help(closing)
            };
            let closing = closing(one.examples().iter().copied());
            command.mut_subcommands(below).after_help(closing)
        })
    });
    root.help_template(
        "{about-with-newline}\n{usage-heading} {usage}\n{before-help}{options}{after-help}",
    )
    .before_help(listed(program))
    .after_help("Options of every command: stylus-upgrades --help")
}

/// Reads a command line, its first word being the program's name.
pub(super) fn parse<W: Into<OsString> + Clone>(
    program: &'static Program,
    words: impl IntoIterator<Item = W>,
) -> Result<CommandLine, clap::Error> {
    let mut command = command(program);
    let matches = command.try_get_matches_from_mut(words)?;
    let line = command_line(program, &matches);
    let mut line = line.map_err(|error| error.format(&mut command))?;
    line.global.place = place(&matches);
    Ok(line)
}

/// The options of every command are in its `--help`, apart from its own options. `--accept` is about the subject of
/// a command, so `-h` has it too.
fn of_every_command(argument: Arg) -> Arg {
    if !argument.is_global_set() {
        return argument;
    }
    if argument.get_id() == "accept" {
        return argument.help_heading("Findings");
    }
    let argument = argument.hide_short_help(true);
    match argument.get_help_heading() {
        Some(_) => argument,
        None => argument.help_heading("Options of every command"),
    }
}

fn closing<'a>(examples: impl Iterator<Item = &'a str>) -> StyledStr {
    let mut text = shown_examples(examples);
    text.push_str("\nChain, registry, key, output and the other options of every command: --help");
    text.into()
}

/// The commands, under the titles of their groups.
fn listed(program: &Program) -> StyledStr {
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "\n{}:", group.title());
        for one in program
            .commands()
            .filter(|command| command.group() == group)
        {
            let _ = writeln!(text, "  {:<14} {}", one.name(), one.about());
        }
    }
    // clap adds this command itself
    let _ = writeln!(text, "  {:<14} Print the help of a command", "help");
    text.truncate(text.trim_end().len());
    text.push_str("\n\nOptions:");
    text.into()
}
