//! Help as it is printed: commands in groups, three examples of each, and the options that every command takes
//! only in `--help`.

use super::args::Cli;
use clap::builder::StyledStr;
use clap::{Arg, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::fmt::Write;

/// The commands, as the program's own help lists them.
const GROUPS: [(&str, &[&str]); 7] = [
    ("Author", &["new", "init", "check", "layout"]),
    ("Chain", &["node", "demo"]),
    (
        "Deploy",
        &[
            "deploy",
            "registry",
            "define",
            "register",
            "create-proxy",
            "call",
            "send",
        ],
    ),
    (
        "Upgrade",
        &[
            "plan",
            "migrate",
            "upgrade",
            "run-migration",
            "rollback",
            "adopt",
            "transfer",
            "pause",
            "resume",
        ],
    ),
    (
        "Approve",
        &["policy", "pending", "approve", "submit", "revoke", "cancel"],
    ),
    (
        "Look",
        &["status", "history", "trace", "verify", "doctor", "console"],
    ),
    ("Shell", &["completions", "man", "help"]),
];

/// What people type, without the program's name. `node` prints its own help.
const EXAMPLES: [(&str, [&str; 3]); 35] = [
    (
        "new",
        [
            "new counter",
            "new counter --framework-path ../stylus-upgrades",
            "new counter --framework-git https://example.org/stylus-upgrades --framework-rev v0.1.0",
        ],
    ),
    (
        "init",
        [
            "init",
            "init contracts/token",
            "init --yes --framework-path ../stylus-upgrades",
        ],
    ),
    (
        "check",
        [
            "check Counter",
            "check Counter . --against git:main",
            "check Counter --call 'migrate(uint256)' 5 --format github",
        ],
    ),
    (
        "layout",
        [
            "layout show .",
            "layout diff Counter@live .",
            "layout migration git:v1.0 . --drop legacy -o src/migration.rs",
        ],
    ),
    ("demo", ["demo", "demo --keep", "demo --json"]),
    (
        "deploy",
        [
            "deploy . --account ana",
            "deploy counter.wasm --private-key-path key",
            "deploy . --no-activate -e https://rpc.example.org --account ana",
        ],
    ),
    (
        "registry",
        [
            "registry deploy --save --account ana",
            "registry deploy --define 'OR(ana,ben)' --save --account ana",
            "registry descriptors --out clear-signing",
        ],
    ),
    (
        "define",
        [
            "define Counter --migrate ana --account ana",
            "define Counter --migrate 'OutOf(2,ana,ben,cleo)' --account ana",
            "define Counter --migrate 'AND(ana,AFTER(2d))' --create ana --account ana",
        ],
    ),
    (
        "register",
        [
            "register Counter 1.0 . --account ana",
            "register Counter 2.0 . --call 'migrate(uint256)' 5 --account ana",
            "register Counter 2.0 --from 1.1 --call 'migrate(uint256)' 5 --account ana",
        ],
    ),
    (
        "create-proxy",
        [
            "create-proxy Counter 1.0 --save counter --account ana",
            "create-proxy Counter 1.0 --init 'initialize(uint256)' 7 --save counter --account ana",
            "create-proxy Counter 1.0 --kind evm --salt 2 --account ana",
        ],
    ),
    (
        "call",
        [
            "call counter value",
            "call counter 'balanceOf(address) returns (uint256)' 0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E",
            "call counter value --json",
        ],
    ),
    (
        "send",
        [
            "send counter increment --account ana",
            "send counter 'set(uint256)' 5 --account ana",
            "send vault deposit --value 1000 --account ana",
        ],
    ),
    (
        "plan",
        [
            "plan Counter 2.0 .",
            "plan Counter 2.0 . --call 'migrate(uint256)' 5",
            "plan Counter 2.0 --replay 100",
        ],
    ),
    (
        "migrate",
        [
            "migrate Counter 2.0 . --call 'migrate(uint256)' 5 --account ana",
            "migrate Counter 2.0 . --script fix --call 'run()' --account ana",
            "migrate Points 2.0 . --complex points-batches --handler ana --account ana",
        ],
    ),
    (
        "upgrade",
        [
            "upgrade counter 2.0 --account ana",
            "upgrade Counter --account ana",
            "upgrade Counter --max 8 --account ana",
        ],
    ),
    (
        "run-migration",
        [
            "run-migration points --account ana",
            "run-migration token --gather erc721 --from-block 120 --account ana",
            "run-migration points --abort --account ana",
        ],
    ),
    (
        "rollback",
        [
            "rollback Counter --to 1.0 --as 3.0 --account ana",
            "rollback Counter --to 1.0 --as 3.0 --call 'back()' --account ana",
            "rollback Counter --to 1.0 --as 3.0 --script counter-back --call 'back()' --account ana",
        ],
    ),
    (
        "adopt",
        [
            "adopt Token token 2.0 --layout new.json --runs-layout old.json --account ana",
            "adopt Counter counter 1.0 --from old-registry --account ana",
            "adopt Counter counter 1.0 --withdraw --account ana",
        ],
    ),
    (
        "transfer",
        [
            "transfer counter new-registry --account ana",
            "transfer counter new-registry Counter --account ana",
            "transfer counter --remove --account ana",
        ],
    ),
    (
        "pause",
        [
            "pause Counter --account ana",
            "pause Counter --as safe --export pause.json",
            "pause Counter --json --account ana",
        ],
    ),
    (
        "resume",
        [
            "resume Counter --account ana",
            "resume Counter --as safe --export resume.json",
            "resume Counter --json --account ana",
        ],
    ),
    (
        "policy",
        [
            "policy explain Counter",
            "policy update Counter 'OutOf(2,ana,ben,cleo)' --account ana",
            "policy update Counter ana --role pause --account ana",
        ],
    ),
    (
        "pending",
        ["pending", "pending Counter", "pending 0x1f2e3d4c"],
    ),
    (
        "approve",
        [
            "approve 0x1f2e3d4c --account ben",
            "approve 0x1f2e3d4c --source . --account ben",
            "approve 0x1f2e3d4c --offline --out ben.json --account ben",
        ],
    ),
    (
        "submit",
        [
            "submit ana.json ben.json --account cleo",
            "submit typed.json --signature 0x00 --signer ben --account cleo",
            "submit ben.json --source . --account cleo",
        ],
    ),
    (
        "revoke",
        [
            "revoke 0x1f2e3d4c --account ben",
            "revoke ben.json --account ben",
            "revoke 0x1f2e3d4c --as safe --export revoke.json",
        ],
    ),
    (
        "cancel",
        [
            "cancel 0x1f2e3d4c --account ana",
            "cancel 0x1f2e3d4c --as safe --export cancel.json",
            "cancel 0x1f2e3d4c --json --account ana",
        ],
    ),
    (
        "status",
        [
            "status",
            "status counter",
            "status Counter --report counter.html",
        ],
    ),
    (
        "history",
        ["history Counter", "history ''", "history Counter --json"],
    ),
    (
        "trace",
        [
            "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d",
            "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d --flamegraph gas.json",
            "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d --json",
        ],
    ),
    (
        "verify",
        ["verify", "verify Counter --source .", "verify --framework"],
    ),
    (
        "doctor",
        [
            "doctor",
            "doctor --fix --account ana",
            "doctor --watch --every 600",
        ],
    ),
    (
        "console",
        [
            "console --open",
            "console --port 0",
            "console -e https://rpc.example.org",
        ],
    ),
    (
        "completions",
        ["completions bash", "completions zsh", "completions fish"],
    ),
    (
        "man",
        ["man ~/.local/share/man/man1", "man man", "man man --json"],
    ),
];

/// The whole command line.
pub(super) fn command() -> clap::Command {
    let mut root = Cli::command().mut_args(of_every_command);
    for (command, examples) in &EXAMPLES {
        root = root.mut_subcommand(command, |one| one.after_help(closing(examples)));
    }
    let groups = groups(&root);
    root.help_template(
        "{about-with-newline}\n{usage-heading} {usage}\n{before-help}{options}{after-help}",
    )
    .before_help(groups)
    .after_help("Options of every command: stylus-upgrades --help")
}

/// Reads a command line, its first word being the program's name.
pub(super) fn parse<W: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = W>,
) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
}

/// What every command takes stands in its `--help`, apart from its own options. What a command refuses to do
/// without `--accept` concerns its own subject, so that stands in `-h`.
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

fn closing(examples: &[&str]) -> StyledStr {
    let mut text = String::from("Examples:\n");
    for example in examples {
        let _ = writeln!(text, "  stylus-upgrades {example}");
    }
    text.push_str("\nChain, registry, key, output and the other options of every command: --help");
    text.into()
}

fn groups(root: &clap::Command) -> StyledStr {
    let mut text = String::new();
    for (group, names) in GROUPS {
        let _ = writeln!(text, "\n{group}:");
        for name in names {
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
    use clap::ColorChoice;

    /// Lines of a help that is still read in one go.
    const SCREEN: usize = 60;

    fn help(command: &str, flag: &str) -> String {
        let words = ["stylus-upgrades", command, flag];
        let words = words.iter().filter(|word| !word.is_empty());
        let tree = super::command().color(ColorChoice::Never);
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
        let mut listed: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        listed.sort_unstable();
        assert_eq!(listed, names);
        let printed = help("", "-h");
        assert!(
            GROUPS
                .iter()
                .all(|(group, _)| printed.contains(&format!("\n{group}:\n"))),
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
        let without: Vec<&str> = names
            .filter(|name| *name != "node" && !EXAMPLES.iter().any(|(command, _)| command == name))
            .collect();
        assert_eq!(without, Vec::<&str>::new());
        for (command, examples) in EXAMPLES {
            for example in examples {
                assert_eq!(example.split(' ').next(), Some(command));
                let words = shell_words(example);
                let words = std::iter::once("stylus-upgrades".to_owned()).chain(words);
                parse(words).unwrap_or_else(|error| panic!("{example}: {error}"));
            }
        }
    }

    #[test]
    fn the_short_help_of_a_command_is_its_own_options() {
        for (command, examples) in EXAMPLES {
            let printed = help(command, "-h");
            assert!(printed.lines().count() <= SCREEN, "{command}: {printed}");
            assert!(
                examples.iter().all(|example| printed.contains(example)),
                "{printed}"
            );
            assert!(!printed.contains("--private-key <HEX>"), "{printed}");
            assert!(help(command, "--help").contains("--private-key <HEX>"));
        }
    }

    /// The words of an example, where single quotes keep words together.
    fn shell_words(line: &str) -> Vec<String> {
        let parts = line.split('\'').enumerate();
        parts
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    }
}
