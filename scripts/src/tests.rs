//! What holds for every command of the program, those of its wings included.

use crate::PROGRAM;
use stylus_upgrades_core::context::spec::{Command, Group};
use stylus_upgrades_core::context::wings::Wing;

fn whole() -> clap::Command {
    (PROGRAM.command)(&PROGRAM)
}

/// Maximum number of lines of a short help.
const SCREEN: usize = 60;

fn help(command: &str, flag: &str) -> String {
    let words = ["stylus-upgrades", command, flag];
    let words = words.iter().filter(|word| !word.is_empty());
    let tree = whole();
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
        let of_group = PROGRAM
            .commands()
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
    for one in PROGRAM.commands() {
        let name = one.name();
        assert_eq!(one.examples().len(), 3, "{name}");
        for example in one.examples() {
            let words = shlex::split(example).expect("words");
            assert_eq!(words.first().map(String::as_str), Some(name));
            let words = std::iter::once("stylus-upgrades".to_owned()).chain(words);
            if let Err(error) = whole().try_get_matches_from(words) {
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
    for one in PROGRAM.commands().filter(|one| one.name() != "node") {
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

/// A program without a wing knows its commands by these names alone.
#[test]
fn the_core_names_the_commands_of_each_wing() {
    let wings: &[(Wing, &[&dyn Command])] = &[
        #[cfg(feature = "console")]
        (Wing::Console, stylus_upgrades_console::COMMANDS),
        #[cfg(feature = "laboratory")]
        (Wing::Laboratory, stylus_upgrades_laboratory::COMMANDS),
        #[cfg(feature = "watch")]
        (Wing::Watch, stylus_upgrades_watch::COMMANDS),
    ];
    for (wing, commands) in wings {
        let names: Vec<&str> = commands.iter().map(|one| one.name()).collect();
        assert_eq!(names, wing.commands(), "{wing:?}");
    }
}

#[test]
fn the_argument_tree_is_consistent() {
    whole().debug_assert();
}

#[test]
#[cfg(feature = "laboratory")]
fn a_hash_that_is_none_is_refused_with_what_one_is() {
    let line = "stylus-upgrades census counter --block-hash 0x12";
    let error = whole().try_get_matches_from(line.split(' '));
    let error = error.expect_err("refused").to_string();
    assert!(error.contains("0x and 64 hexadecimal digits"), "{error}");
}
