//! Help as it is printed: commands in groups, three examples of each, and the options that every command takes
//! only in `--help`.

use super::tree::{CommandLine, command_line, tree};
use crate::commands::spec::{Group, shown_examples};
use crate::commands::{COMMANDS, named};
use crate::options::place;
use clap::Arg;
use clap::builder::StyledStr;
use std::ffi::OsString;
use std::fmt::Write;

/// Whether a command with that name works with a chain.
pub(super) fn asks_chain(name: &str) -> bool {
    named(name).is_some_and(|one| one.group().asks_chain())
}

/// The whole command line.
pub(super) fn command() -> clap::Command {
    let root = tree().mut_args(of_every_command);
    let root = COMMANDS.iter().fold(root, |root, one| {
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
    .before_help(listed())
    .after_help("Options of every command: stylus-upgrades --help")
}

/// Reads a command line, its first word being the program's name.
pub(super) fn parse<W: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = W>,
) -> Result<CommandLine, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(words)?;
    let line = command_line(&matches);
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
fn listed() -> StyledStr {
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "\n{}:", group.title());
        for one in COMMANDS.iter().filter(|one| one.group() == group) {
            let _ = writeln!(text, "  {:<14} {}", one.name(), one.about());
        }
    }
    // clap adds this command itself
    let _ = writeln!(text, "  {:<14} Print the help of a command", "help");
    text.truncate(text.trim_end().len());
    text.push_str("\n\nOptions:");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maximum number of lines of a short help.
    const SCREEN: usize = 60;

    fn help(command: &str, flag: &str) -> String {
        let words = ["stylus-upgrades", command, flag];
        let words = words.iter().filter(|word| !word.is_empty());
        let tree = super::command();
        let error = tree.try_get_matches_from(words).expect_err("help");
        error.render().to_string()
    }

    #[test]
    fn every_command_stands_in_its_group() {
        let printed = help("", "-h");
        for group in Group::ALL {
            let (_, rest) = printed
                .split_once(&format!("\n{}:\n", group.title()))
                .expect("a title");
            let (listed, _) = rest.split_once("\n\n").expect("another title");
            let listed = listed
                .lines()
                .filter_map(|line| line.split_whitespace().next());
            let of_group = COMMANDS
                .iter()
                .filter(|one| one.group() == group)
                .map(|one| one.name());
            let clap = (group == Group::Shell).then_some("help");
            assert!(listed.eq(of_group.chain(clap)), "{printed}");
        }
        assert!(!printed.contains("--private-key <HEX>"), "{printed}");
        assert!(
            help("", "--help").contains("--private-key <HEX>"),
            "{printed}"
        );
    }

    #[test]
    fn every_command_has_three_examples_that_parse() {
        for one in COMMANDS {
            let name = one.name();
            assert_eq!(one.examples().len(), 3, "{name}");
            for example in one.examples() {
                let words = shlex::split(example).expect("words");
                assert_eq!(words.first().map(String::as_str), Some(name));
                let words = std::iter::once("stylus-upgrades".to_owned()).chain(words);
                if let Err(error) = parse(words) {
                    panic!("{example}: {error}");
                }
            }
            for below in one.clap().get_subcommands() {
                let words = format!("{name} {}", below.get_name());
                let mut examples = one.examples().iter();
                assert!(
                    examples.any(|example| example.starts_with(&words)),
                    "{words}"
                );
            }
        }
    }

    #[test]
    fn the_short_help_of_a_command_is_its_own_options() {
        for one in COMMANDS.iter().filter(|one| one.name() != "node") {
            let command = one.name();
            let printed = help(command, "-h");
            assert!(printed.lines().count() <= SCREEN, "{command}: {printed}");
            let mut examples = one.examples().iter();
            assert!(
                examples.all(|example| printed.contains(example)),
                "{printed}"
            );
            assert!(!printed.contains("--private-key <HEX>"), "{printed}");
            assert!(help(command, "--help").contains("--private-key <HEX>"));
        }
    }
}
