//! Help as it is printed: commands in groups, three examples of each, and the options that every command takes
//! only in `--help`.

use super::tree::Cli;
use crate::commands::examples::shown_examples;
use crate::options::{place, typed};
use crate::output::TypedAs;
use clap::builder::StyledStr;
use clap::{Arg, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::fmt::Write;

/// A title of the program's own help, and the commands under it.
type Group = (&'static str, &'static str);
/// The commands that need no chain that runs already.
const WITHOUT_CHAIN: [Group; 2] = [("Author", "new init check layout"), ("Chain", "node demo")];
/// The commands that work with a chain.
const WITH_CHAIN: [Group; 4] = [
    (
        "Deploy",
        "deploy registry define register create-proxy call send",
    ),
    (
        "Upgrade",
        "plan fuzz migrate upgrade run-migration rollback adopt transfer pause resume",
    ),
    ("Approve", "policy pending approve submit revoke cancel"),
    (
        "Look",
        "status history trace coverage census verify doctor console",
    ),
];
/// The commands about this program.
const SHELL: Group = ("Shell", "completions man help");

/// Whether a command with that name works with a chain.
pub(super) fn asks_chain(name: &str) -> bool {
    let mut names = WITH_CHAIN.iter().flat_map(|(_, names)| names.split(' '));
    names.any(|one| one == name)
}

/// The whole command line.
pub(super) fn command() -> clap::Command {
    let root = Cli::command().mut_args(of_every_command);
    let root = root.mut_subcommands(|one| {
        let name = one.get_name().to_owned();
        let own = |own: clap::Command| {
            let name = format!("{name} {}", own.get_name());
            own.after_help(closing(&name))
        };
        one.mut_subcommands(own).after_help(closing(&name))
    });
    let commands = listed(&root);
    root.help_template(
        "{about-with-newline}\n{usage-heading} {usage}\n{before-help}{options}{after-help}",
    )
    .before_help(commands)
    .after_help("Options of every command: stylus-upgrades --help")
}

/// Reads a command line, its first word being the program's name. Beside it is what may hold a private key.
pub(super) fn parse<W: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = W>,
) -> Result<(Cli, Vec<(TypedAs, String)>), clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(words)?;
    let words = typed(&command, &matches);
    let cli = Cli::from_arg_matches(&matches);
    let mut cli = cli.map_err(|error| error.format(&mut command))?;
    cli.global.place = place(&matches);
    Ok((cli, words))
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

fn closing(command: &str) -> StyledStr {
    let mut text = shown_examples(command);
    text.push_str("\nChain, registry, key, output and the other options of every command: --help");
    text.into()
}

fn groups() -> impl Iterator<Item = Group> {
    WITHOUT_CHAIN.into_iter().chain(WITH_CHAIN).chain([SHELL])
}

fn listed(root: &clap::Command) -> StyledStr {
    let mut text = String::new();
    for (group, names) in groups() {
        let _ = writeln!(text, "\n{group}:");
        for name in names.split(' ') {
            let about = root
                .find_subcommand(name)
                .and_then(clap::Command::get_about);
            let about = about
                .map(ToString::to_string)
                .unwrap_or_else(|| "Print the help of a command".into());
            let _ = writeln!(text, "  {name:<14} {about}");
        }
    }
    text.truncate(text.trim_end().len());
    text.push_str("\n\nOptions:");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::examples::{EXAMPLES, examples};

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
    fn every_command_stands_in_one_group() {
        let root = command();
        let mut names: Vec<&str> = root
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        names.push("help");
        names.sort_unstable();
        let mut listed: Vec<&str> = groups().flat_map(|(_, names)| names.split(' ')).collect();
        listed.sort_unstable();
        assert_eq!(listed, names);
        let printed = help("", "-h");
        assert!(
            groups().all(|(group, _)| printed.contains(&format!("\n{group}:\n"))),
            "{printed}"
        );
        assert!(!printed.contains("--private-key <HEX>"), "{printed}");
        assert!(
            help("", "--help").contains("--private-key <HEX>"),
            "{printed}"
        );
    }

    #[test]
    fn every_command_has_three_examples_that_parse() {
        let root = command();
        let names = root.get_subcommands().map(clap::Command::get_name);
        let names: Vec<&str> = names.collect();
        assert!(names.iter().all(|name| examples(name).len() == 3));
        assert_eq!(EXAMPLES.lines().count(), 3 * names.len());
        let own = |one: &'static str| command().find_subcommand(one).cloned();
        for name in ["layout", "policy", "registry"] {
            for one in own(name).expect("it").get_subcommands() {
                let name = format!("{name} {}", one.get_name());
                assert!(!examples(&name).is_empty(), "{name}");
            }
        }
        for example in EXAMPLES.lines() {
            let words = shlex::split(example).expect("words");
            let words = std::iter::once("stylus-upgrades".to_owned()).chain(words);
            parse(words).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }

    #[test]
    fn the_short_help_of_a_command_is_its_own_options() {
        let root = command();
        let names = root.get_subcommands().map(clap::Command::get_name);
        for command in names.filter(|name| *name != "node") {
            let printed = help(command, "-h");
            assert!(printed.lines().count() <= SCREEN, "{command}: {printed}");
            assert!(
                examples(command)
                    .iter()
                    .all(|example| printed.contains(example)),
                "{printed}"
            );
            assert!(!printed.contains("--private-key <HEX>"), "{printed}");
            assert!(help(command, "--help").contains("--private-key <HEX>"));
        }
    }
}
